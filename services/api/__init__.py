"""The gateway: what users see of Carillon, over REST.

Consumes: ``progress.*``, and whatever lies in ``send.dead``. Produces: ``client.*``, ``mailing.*``,
``gate.*``, and what is put back from among the dead, all through the outbox.
Owns: users, clients, tags, mailings, imports, the outbox, the audit, parked messages.
"""
