"""The rules of planning and emitting: pure, the time is an argument."""
