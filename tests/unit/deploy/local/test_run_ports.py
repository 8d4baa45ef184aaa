"""Ports that stay the same from run to run."""

from deploy.local.run_ports import choose


def test_ports_of_the_last_run_are_kept() -> None:
    kept = choose(["a", "b"], {"a": 1, "b": 2}, lambda _: True, lambda _: [])

    assert kept == {"a": 1, "b": 2}


def test_a_port_that_is_taken_is_replaced_and_a_name_no_longer_wanted_is_forgotten() -> None:
    asked: list[int] = []

    def fresh(count: int) -> list[int]:
        asked.append(count)
        return [90, 91][:count]

    chosen = choose(["a", "b", "c"], {"a": 1, "b": 2, "z": 9}, lambda port: port != 2, fresh)

    assert chosen == {"a": 1, "b": 90, "c": 91}
    assert asked == [2]
