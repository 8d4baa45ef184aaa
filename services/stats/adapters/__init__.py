"""The database and the broker, behind the ports."""
