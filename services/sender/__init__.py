"""The sender: gives messages to the provider, once, and says what became of each.

Consumes: ``send.<channel>``, ``send.<channel>.urgent``, ``send.<channel>.again`` (envelopes of
commands), ``sender.gates`` (``gate.*``).
Produces: ``delivery.sent``, ``delivery.retrying``, ``delivery.failed``, ``delivery.unknown``,
``delivery.returned``, ``delivery.in_flight``; envelopes to the retry tiers.
Owns: the ledger (one row per message it ever touched) and the gates.
"""
