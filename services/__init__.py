"""The four services. They never import one another; they talk through the broker."""
