"""Whom to look at when not everybody can be looked at."""

from collections.abc import Mapping


def spread(clients: Mapping[str, int], most: int) -> dict[str, int]:
    """How many to take from each zone, ``most`` in all, in proportion to its clients.

    Everybody when there are no more than ``most``. The seats that fractions leave over go to the
    greatest fractions.
    """
    total = sum(clients.values())
    if total <= most:
        return {zone: number for zone, number in clients.items() if number}
    shares = {zone: divmod(number * most, total) for zone, number in clients.items()}
    seats = {zone: whole for zone, (whole, _) in shares.items()}
    over = most - sum(seats.values())
    for zone in sorted(shares, key=lambda zone: (-shares[zone][1], zone))[:over]:
        seats[zone] += 1
    return {zone: number for zone, number in seats.items() if number}
