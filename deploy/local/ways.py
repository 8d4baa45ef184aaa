"""Ways to the servers: processes that reach one through something that stands in between.

Such as a connection pooler, a proxy, or a tunnel. ``sender-1/postgres=6432`` makes that sender,
and nobody else, look for PostgreSQL at port 6432; several are separated by commas. Everything that
is not a service's process (health checks, migrations, the topology) goes to the server itself.
"""

SERVERS = ("postgres", "amqp")


class WayNotUnderstoodError(ValueError):
    """CARILLON_WAYS is not ``process/postgres=port`` or ``process/amqp=port``, comma-separated."""


def read_ways(text: str) -> dict[tuple[str, str], int]:
    """By process and server: the port at which that process reaches that server."""
    return dict(map(_read_way, filter(None, (way.strip() for way in text.split(",")))))


def _read_way(way: str) -> tuple[tuple[str, str], int]:
    who, _, port = way.partition("=")
    process, _, server = who.partition("/")
    if not process or server not in SERVERS or not port.isdecimal():
        raise WayNotUnderstoodError(f"{way!r}: {WayNotUnderstoodError.__doc__}")
    return (process, server), int(port)
