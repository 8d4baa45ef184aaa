from datetime import UTC, datetime, timedelta

import pytest

from services.api.domain.logins import (
    Come,
    Door,
    Knock,
    Limit,
    LoginLimits,
    Wait,
    judge,
    subscriber,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMITS = LoginLimits(
    here=Limit(5, timedelta(minutes=15)),
    account=Limit(50, timedelta(hours=1)),
    address=Limit(100, timedelta(minutes=15)),
)


class Knocker:
    """Somebody who keeps trying in vain."""

    def __init__(self) -> None:
        self.busy: dict[Door, datetime] = {}
        self.now = NOW

    def knock(self, *, known: bool = False) -> Come | Wait:
        decision = judge(LIMITS, self.busy, known=known, now=self.now)
        if isinstance(decision, Come):
            self.busy |= decision.busy
        return decision

    def let_in(self, times: int) -> int:
        return sum(isinstance(self.knock(), Come) for _ in range(times))

    def elsewhere(self, *same: Door) -> None:
        """The next try is another one's at every door but these."""
        self.busy = {door: busy for door, busy in self.busy.items() if door in same}


def test_the_first_tries_come_through_and_then_one_each_pause() -> None:
    knocker = Knocker()
    assert knocker.let_in(10) == 5
    assert knocker.knock() == Wait(Door.HERE, 180)
    knocker.now += timedelta(seconds=179.5)
    assert knocker.knock() == Wait(Door.HERE, 1)
    knocker.now += timedelta(seconds=0.5)
    assert knocker.let_in(10) == 1


def test_knocking_at_a_shut_door_makes_nobody_wait_longer() -> None:
    knocker = Knocker()
    knocker.let_in(5)
    before = dict(knocker.busy)
    assert knocker.let_in(1_000) == 0
    assert knocker.busy == before


def test_after_a_quiet_span_all_tries_are_there_again_and_no_more() -> None:
    knocker = Knocker()
    knocker.let_in(5)
    knocker.now += timedelta(hours=20)
    assert knocker.let_in(10) == 5


def test_an_account_has_a_door_for_all_addresses_together() -> None:
    knocker = Knocker()
    for _ in range(50):
        assert isinstance(knocker.knock(), Come)
        knocker.elsewhere(Door.ACCOUNT)
    assert knocker.knock() == Wait(Door.ACCOUNT, 72)


def test_who_is_known_at_an_address_is_let_in_there_whatever_strangers_do() -> None:
    knocker = Knocker()
    knocker.busy[Door.ACCOUNT] = NOW + timedelta(hours=1)
    before = knocker.busy[Door.ACCOUNT]
    assert isinstance(knocker.knock(), Wait)
    assert isinstance(knocker.knock(known=True), Come)
    assert knocker.busy[Door.ACCOUNT] == before


def test_being_known_does_not_open_the_other_doors() -> None:
    for door, busy in ((Door.HERE, 15), (Door.ADDRESS, 15)):
        knocker = Knocker()
        knocker.busy[door] = NOW + timedelta(minutes=busy)
        decision = knocker.knock(known=True)
        assert isinstance(decision, Wait)
        assert decision.door is door


def test_an_address_has_a_door_for_all_accounts_together() -> None:
    knocker = Knocker()
    for _ in range(100):
        assert isinstance(knocker.knock(), Come)
        knocker.elsewhere(Door.ADDRESS)
    assert knocker.knock() == Wait(Door.ADDRESS, 9)


def test_the_door_that_is_shut_longest_is_told() -> None:
    knocker = Knocker()
    knocker.busy = {
        Door.HERE: NOW + timedelta(minutes=15),
        Door.ACCOUNT: NOW + timedelta(hours=1, minutes=10),
    }
    assert knocker.knock() == Wait(Door.ACCOUNT, 672)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::2", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_an_address_is_counted_as_whose_it_is(address: str, counted: str) -> None:
    assert subscriber(address) == counted


def test_who_comes_for_no_account_passes_the_door_of_their_address_only() -> None:
    comer = Knock.at_address("203.0.113.7")
    assert same(comer, Knock.of("ann@example.com", "203.0.113.7")) == {Door.ADDRESS}
    assert list(comer.digests) == [Door.ADDRESS]
    busy = {door: NOW + timedelta(hours=1) for door in (Door.HERE, Door.ACCOUNT)}
    decision = judge(LIMITS, busy, known=False, now=NOW, at=comer.digests)
    assert isinstance(decision, Come)
    assert list(decision.busy) == [Door.ADDRESS]
    busy[Door.ADDRESS] = NOW + timedelta(minutes=15)
    assert isinstance(judge(LIMITS, busy, known=False, now=NOW, at=comer.digests), Wait)


def test_digests_tell_doors_apart_and_nothing_else() -> None:
    ann = Knock.of("Ann@example.com", "203.0.113.7")
    assert ann == Knock.of("ann@EXAMPLE.com", "203.0.113.7")
    elsewhere = Knock.of("ann@example.com", "203.0.113.8")
    bob = Knock.of("bob@example.com", "203.0.113.7")
    assert len(set(ann.digests.values())) == 3
    assert same(ann, elsewhere) == {Door.ACCOUNT}
    assert same(ann, bob) == {Door.ADDRESS}
    assert b"example" not in b"".join(ann.digests.values())


def same(one: Knock, other: Knock) -> set[Door]:
    return {door for door in one.digests if one.digests[door] == other.digests[door]}
