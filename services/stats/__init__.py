"""stats: where every message stands, and books that balance at every moment.

Consumes: every ``delivery.*``, ``progress.planned``, ``progress.emitted``.
Produces: ``progress.finished``.
Owns: the current status per message, the calls to the provider and the grounds they were made on,
rollups per mailing and zone.
"""
