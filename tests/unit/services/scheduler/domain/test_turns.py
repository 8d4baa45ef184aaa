"""Turns over several waves: nobody is skipped, nobody is taken twice."""

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.domain.turns import OpenWave, Picked, advances, waves_for_a_turn

ZONES = ("a", "b", "c", "d")


def wave(zone: str, cursor: int = 0, left: int = 10) -> OpenWave:
    return OpenWave(zone, cursor, left, None)


def pick(clients: dict[str, list[int]], waves: list[OpenWave], limit: int) -> list[Picked]:
    """What the store does, in memory."""
    waiting = [
        Picked(w.zone, client, 1, "")
        for w in waves
        for client in clients[w.zone]
        if client > w.cursor
    ]
    return waiting[:limit]


def test_small_zones_share_a_turn() -> None:
    waves = [wave("a", left=3), wave("b", left=3), wave("c", left=10), wave("d", left=3)]
    assert [w.zone for w in waves_for_a_turn(waves, 8)] == ["a", "b", "c"]


def test_a_wave_that_seems_empty_counts_as_one_client() -> None:
    waves = [wave(zone, left=-5) for zone in ZONES]
    assert len(list(waves_for_a_turn(waves, 3))) == 3


def test_whoever_is_one_too_many_keeps_their_wave_open_and_the_later_ones_untouched() -> None:
    waves = [wave("a"), wave("b"), wave("c")]
    picked = [Picked("a", 1, 1, ""), Picked("b", 2, 1, ""), Picked("b", 5, 1, "")]
    done = advances(waves, picked, limit=2)
    assert [(d.zone, d.cursor, d.ended) for d in done] == [("a", 1, True), ("b", 2, False)]


def test_a_wave_that_is_reached_but_not_taken_from_has_not_begun() -> None:
    waves = [wave("a"), wave("b")]
    picked = [Picked("a", 1, 1, ""), Picked("b", 2, 1, "")]
    done = advances(waves, picked, limit=1)
    assert [(d.zone, d.cursor, d.ended) for d in done] == [("a", 1, True)]


def test_a_turn_that_takes_the_last_ends_all_its_waves() -> None:
    waves = [wave("a", cursor=7), wave("b")]
    picked = [Picked("b", 2, 1, ""), Picked("b", 3, 1, "")]
    for limit in (2, 3):
        done = advances(waves, picked, limit)
        assert [(d.zone, d.cursor, d.ended) for d in done] == [("a", 7, True), ("b", 3, True)]


@given(
    st.fixed_dictionaries({z: st.sets(st.integers(1, 99), max_size=12) for z in ZONES}),
    st.integers(1, 7),
    st.integers(0, 12),
)
def test_turn_after_turn_everybody_is_taken_exactly_once(
    members: dict[str, set[int]], limit: int, guess: int
) -> None:
    clients = {zone: sorted(ids) for zone, ids in members.items()}
    open_waves = {zone: wave(zone, left=guess) for zone in ZONES}
    taken: list[tuple[str, int]] = []
    # A full turn takes ``limit``, and one that is not ends a wave.
    for _ in range(sum(map(len, clients.values())) // limit + len(ZONES)):
        if not open_waves:
            break
        waves = list(waves_for_a_turn(open_waves.values(), limit))
        picked = pick(clients, waves, limit + 1)
        taken += [(p.zone, p.client_id) for p in picked[:limit]]
        for done in advances(waves, picked, limit):
            if done.ended:
                del open_waves[done.zone]
            else:
                open_waves[done.zone] = wave(done.zone, done.cursor, guess)
    assert not open_waves
    assert sorted(taken) == sorted((zone, c) for zone, ids in clients.items() for c in ids)
