"""The scheduler's edges: its database, the broker, the api."""
