"""What the scheduler does: one module per part of a mailing's way through it."""
