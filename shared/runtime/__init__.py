"""The only shared I/O: settings, logs, clock, database, broker, health and metrics."""
