"""Where we may be sent by somebody who names an address: into the internet, and nowhere else.

Whoever may subscribe could otherwise have the api call what only the api can reach: its database's
host, a cloud's metadata at 169.254.169.254, itself. A name says nothing, for whoever owns it says
where it leads, and may say something else a moment later. So what counts is the address that is
connected to, looked at when it is.
"""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

# Of IPv6 only this is handed out. What carries an IPv4 address in it (compatible, mapped, NAT64)
# lies beyond, but for Teredo and 6to4.
_HANDED_OUT = ip_network("2000::/3")
# Beside what ``ipaddress`` knows as not global, which differs from one Python to the next.
_NOWHERE: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24"),
            *("192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
            *("224.0.0.0/4", "240.0.0.0/4"),
            *("2001::/32", "2001:2::/48", "2001:10::/28", "2001:20::/28", "2001:db8::/32"),
            *("2002::/16", "3fff::/20"),
        ),
    )
)


def is_outside(address: Address) -> bool:
    """Whether it is an address of the internet."""
    if isinstance(address, IPv6Address) and address not in _HANDED_OUT:
        return False
    return address.is_global and not address.is_multicast and not _is_in(address, _NOWHERE)


def may_be_called(address: Address, named: Collection[Network]) -> bool:
    """``named``: networks into which we may go although they are not outside."""
    return is_outside(address) or _is_in(address, named)


def literal(host: str) -> Address | None:
    """The address that a host of a URL is; None when it is a name, which has yet to be resolved."""
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


def _is_in(address: Address, networks: Collection[Network]) -> bool:
    return any(address.version == network.version and address in network for network in networks)
