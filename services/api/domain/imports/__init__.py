"""Imports: bytes become records, records become rows, rows become clients. All pure."""
