"""Pure rules: where a message stands after an event, the books, the pace."""
