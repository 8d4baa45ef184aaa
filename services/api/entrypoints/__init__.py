"""How the world asks: over HTTP, by messages, by the passing of time."""
