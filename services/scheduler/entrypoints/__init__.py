"""How work reaches the scheduler: messages, and the passing of time."""
