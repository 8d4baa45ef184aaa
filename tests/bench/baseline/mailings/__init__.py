"""Clients, mailings, messages."""
