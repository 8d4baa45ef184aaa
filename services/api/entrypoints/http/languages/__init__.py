"""Problems in the language that the caller likes best."""
