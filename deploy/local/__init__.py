"""Carillon without containers: private servers and supervised processes in one folder."""
