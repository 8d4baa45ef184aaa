"""A mailing to 2,000 clients in every inhabited time zone, through a provider that misbehaves.

Only the public REST interface is used, and the simulator's control endpoints: what the demo
shows, anybody can do.
"""
