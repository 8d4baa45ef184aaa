"""The sender's ports on PostgreSQL, RabbitMQ and HTTP."""
