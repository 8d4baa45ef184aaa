"""Every route of the API, as a method: by domain."""
