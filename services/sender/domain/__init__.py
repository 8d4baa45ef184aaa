"""What the sender decides, without a clock and without I/O."""
