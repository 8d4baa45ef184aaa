"""The world behind the ports: PostgreSQL, RabbitMQ, the stats service, argon2, JWT."""
