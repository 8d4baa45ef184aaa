"""What goes wrong during a mailing: one function for each scenario."""
