"""The gateway: what users see of Carillon, over REST.

Consumes: ``progress.*``. Produces: ``client.*``, ``mailing.*``, ``gate.*``, all through the outbox.
Owns: users, clients, tags, mailings, imports, the outbox.
"""
