from ipaddress import ip_address, ip_network

import pytest

from services.api.domain.addresses import is_outside, literal, may_be_called

INSIDE = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.8.8.8"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.168.1.1"),
    *("198.18.0.1", "198.51.100.7", "203.0.113.7", "224.0.0.1", "239.255.255.255", "240.0.0.1"),
    *("255.255.255.255", "::", "::1", "::7f00:1", "::8.8.8.8", "::ffff:127.0.0.1"),
    *("::ffff:169.254.169.254", "::ffff:8.8.8.8", "::ffff:0:127.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::808:808", "64:ff9b:1::a00:1", "2001:0:7f00:1::", "2002:7f00:1::1"),
    *("2002:808:808::1", "100::1", "2001:db8::1", "2001:2::1", "3fff::1", "fc00::1"),
    *("fd00:ec2::254", "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "ff0e::1"),
)
OUTSIDE = (
    *("8.8.8.8", "1.1.1.1", "93.184.216.34", "172.15.255.255", "172.32.0.1", "11.0.0.1"),
    *("192.167.255.255", "223.255.255.255", "100.63.255.255", "100.128.0.1", "169.253.0.1"),
    *("2606:4700:4700::1111", "2a00:1450:4001:81b::200e", "2001:4860:4860::8888"),
)


@pytest.mark.parametrize("address", INSIDE)
def test_nobody_sends_us_inside(address: str) -> None:
    assert not is_outside(ip_address(address))
    assert not may_be_called(ip_address(address), ())


@pytest.mark.parametrize("address", OUTSIDE)
def test_outside_is_the_internet(address: str) -> None:
    assert may_be_called(ip_address(address), ())


@pytest.mark.parametrize(
    ("address", "network", "may"),
    [
        ("10.1.2.3", "10.1.0.0/16", True),
        ("10.2.2.3", "10.1.0.0/16", False),
        ("127.0.0.1", "127.0.0.1/32", True),
        ("127.0.0.2", "127.0.0.1/32", False),
        ("fd00::5", "fd00::/64", True),
        # Who names a network of IPv4 has not named what leads to it by other ways.
        ("::ffff:10.1.2.3", "10.1.0.0/16", False),
        ("64:ff9b::a01:203", "10.1.0.0/16", False),
        ("64:ff9b::808:808", "64:ff9b::/96", True),
        ("8.8.8.8", "10.0.0.0/8", True),
    ],
)
def test_what_is_named_may_be_called(address: str, network: str, may: bool) -> None:
    assert may_be_called(ip_address(address), (ip_network(network),)) is may


def test_a_host_that_is_an_address() -> None:
    assert literal("127.0.0.1") == ip_address("127.0.0.1")
    assert literal("[::1]") == ip_address("::1")
    for name in ("example.com", "localhost", "2130706433", "0x7f.1", "127.1", "0177.0.0.1"):
        assert literal(name) is None
