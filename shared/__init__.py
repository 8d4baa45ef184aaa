"""What the services share: the words they exchange, the rules two of them need, the plumbing."""
