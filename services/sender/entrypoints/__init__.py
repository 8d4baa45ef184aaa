"""What sets the sender to work: messages, and its own loops."""
