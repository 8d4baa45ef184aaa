"""Every message on the broker, and the topology it travels through: names only, no I/O.

A message is a frozen model with a version, a committed example and a frozen JSON schema
(``tests/contracts``). Consumers ignore fields they do not know, so adding an optional field
keeps the version; anything else needs the next one.
"""
