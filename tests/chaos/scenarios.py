"""The named scenarios, those of the same ground together."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos.extent import Extent
from tests.chaos.happenings import networks, others, processes, servers
from tests.chaos.sites import Ground
from tests.chaos.trouble import Trouble


@dataclass(frozen=True)
class Scenario:
    """``lasts``: seconds that the mailing would take undisturbed; the provider is slow enough.
    ``paced``: it is also emitted in the same time and not ahead, so batch follows batch."""

    name: str
    lasts: float
    happens: Callable[[Trouble, Extent], Awaitable[None]]
    paced: bool = False
    ground: Ground = Ground.HOUSE


SCENARIOS = {
    one.name: one
    for one in (
        Scenario("random-kills", 20.0, processes.random_kills),
        Scenario("kills-of-api", 15.0, processes.kills_of_api),
        Scenario("kills-of-scheduler", 15.0, processes.kills_of("scheduler"), paced=True),
        Scenario("kills-of-sender", 15.0, processes.kills_of("sender")),
        Scenario("kills-of-stats", 15.0, processes.kills_of("stats")),
        Scenario("batch-cut-off", 8.0, processes.batch_cut_off, paced=True),
        Scenario("outcomes-cut-off", 8.0, processes.outcomes_cut_off, paced=True),
        Scenario("rolling-restart", 20.0, processes.rolling_restart),
        Scenario("rabbitmq-killed", 8.0, servers.rabbitmq_killed),
        Scenario("postgres-killed", 8.0, servers.postgres_killed),
        Scenario("rabbitmq-paused", 8.0, servers.rabbitmq_paused),
        Scenario("postgres-paused", 8.0, servers.postgres_paused),
        Scenario("memory-alarm", 8.0, servers.memory_alarm, paced=True),
        Scenario("disk-alarm", 8.0, servers.disk_alarm, paced=True),
        Scenario("provider-in-turns", 20.0, others.provider_in_turns),
        Scenario("newer-version", 8.0, others.newer_version, paced=True),
        Scenario("network-cut", 12.0, networks.network_cut, paced=True, ground=Ground.LINES),
        Scenario("network-silent", 12.0, networks.network_silent, paced=True, ground=Ground.LINES),
        Scenario("network-slow", 12.0, networks.network_slow, paced=True, ground=Ground.LINES),
        Scenario("clock-jumps", 30.0, others.clock_jumps, paced=True, ground=Ground.CLOCKS),
    )
}
