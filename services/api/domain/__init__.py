"""The rules of clients, mailings and imports: pure, without a clock."""
