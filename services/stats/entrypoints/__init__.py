"""Where work comes in: HTTP, the broker, the passing of time."""
