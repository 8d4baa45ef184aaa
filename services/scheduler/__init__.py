"""Decides who gets which message when, and hands the commands out at that moment.

Consumes ``client.*``, ``mailing.*``, ``policy.*`` (in order, one leader) and ``delivery.returned``.
Produces ``SendMessages``; ``delivery.planned/queued/suppressed/expired/cancelled/unknown``,
and ``delivery.sent/failed`` of what a person has resolved;
``progress.planned/started/emitted``.
Owns a copy of the directory, mailings as launched, waves, messages, unpublished batches.
"""
