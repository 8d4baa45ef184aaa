"""A provider that misbehaves on demand and counts what it accepted.

It speaks the provider contract of the `sms` channel, so the demo and the tests can compare
what the system believes it sent with what arrived.
"""
