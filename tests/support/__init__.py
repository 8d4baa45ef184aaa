"""What tests of every service share: servers and small helpers, never fixtures of one service."""
