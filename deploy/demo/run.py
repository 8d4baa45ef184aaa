"""The demo from its first client to its verdict."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from rich.console import Console
from rich.live import Live

from deploy.demo import screen
from deploy.demo.carillon import Carillon, DemoFailedError, NotYetError
from deploy.demo.clients import MOST_RUNS, clients_csv
from deploy.demo.proof import most_told, plan_lines, proof_lines
from deploy.demo.schedule import Hours, choose_hours
from deploy.demo.simulator import FAULTS, Simulator
from deploy.demo.verdict import Verdict, judge
from shared.domain.zones import inhabited_zones, zone_info

Json = dict[str, Any]
Show = Callable[[Json, datetime], None]

TEXT = (
    'Dear {{ name|default("friend") }}, Carillon rings at your own hour in {{ attributes.city }}.'
)
LOOK_EVERY = 0.5  # seconds between two pictures
LINE_EVERY = 3.0  # seconds between two lines, where there is no terminal
QUIET_FOR = 15.0  # seconds without a line after which it is repeated, as a sign of life
GRACE = timedelta(seconds=60)  # after the mailing's end, for what is in flight to settle


class Demo:
    """One run against a system that is up."""

    def __init__(
        self, carillon: Carillon, simulator: Simulator, console: Console, clients: int
    ) -> None:
        self._carillon = carillon
        self._simulator = simulator
        self._console = console
        self._clients = clients

    def run(self) -> Verdict:
        """Import, mail, watch, compare. Raises DemoFailedError when a step is refused."""
        tag = f"demo-{secrets.token_hex(3)}"
        zones = inhabited_zones()
        self._import(tag, zones)
        before = self._simulator.books()
        with self._trouble():
            now = datetime.now(UTC)
            offsets = {z: now.astimezone(zone_info(z)).utcoffset() or timedelta() for z in zones}
            hours = choose_hours(offsets, now)
            mailing = self._mail(tag, hours)
            statistics = self._watch(mailing["id"], hours.ends_at + GRACE)
        return self._compare(mailing["id"], statistics, before)

    def _import(self, tag: str, zones: tuple[str, ...]) -> None:
        begun = time.monotonic()
        csv_text = clients_csv(self._clients, zones, tag, secrets.randbelow(MOST_RUNS))
        report = self._carillon.import_clients(csv_text)
        if report["state"] != "done" or report["rows_accepted"] != self._clients:
            raise DemoFailedError(f"The import ended as {report}.")
        self._console.print(
            f"Imported {report['rows_accepted']:,} clients of {len(zones)} time zones"
            f" in {time.monotonic() - begun:.1f} s, with the tag {tag}.",
            soft_wrap=True,
        )

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        """Let the provider misbehave, and behave again whatever happens."""
        self._simulator.misbehave(FAULTS)
        shares = {name: value for name, value in FAULTS.items() if name.endswith("_rate")}
        listed = ", ".join(f"{name[:-5]} {share:.1%}" for name, share in shares.items())
        self._console.print(f"The provider misbehaves: {listed}.", soft_wrap=True)
        try:
            yield
        finally:
            self._simulator.misbehave({})

    def _mail(self, tag: str, hours: Hours) -> Json:
        body = {
            "name": f"Demo {tag}",
            "text": TEXT,
            "filter": {"tags": [tag], "operator_codes": None},
            **hours.body(),
        }
        for sentence in plan_lines(self._carillon.preview(body)):
            self._console.print(sentence, soft_wrap=True, highlight=False)
        mailing = self._carillon.create_mailing(body)
        self._console.print(
            f"Mailing {mailing['id']} runs from {hours.starts_at:%H:%M:%S} to"
            f" {hours.ends_at:%H:%M:%S} UTC, by the local clock from {hours.window_from} to"
            f" {hours.window_to} the next day. Zones whose clock reaches {hours.window_from}"
            f" at {hours.opens_at:%H:%M:%S} UTC open while we watch.",
            soft_wrap=True,
        )
        return mailing

    def _watch(self, mailing: object, deadline: datetime) -> Json:
        """Show the mailing until it is finished or the deadline is over."""
        if not self._console.is_terminal:
            return self._follow(mailing, deadline, Lines(self._console).show)
        with Live(console=self._console, auto_refresh=False, transient=True) as live:

            def show(statistics: Json, now: datetime) -> None:
                live.update(screen.frame(statistics, now), refresh=True)

            return self._follow(mailing, deadline, show)

    def _follow(self, mailing: object, deadline: datetime, show: Show) -> Json:
        statistics: Json | None = None
        while (now := datetime.now(UTC)) < deadline:
            try:
                statistics = self._carillon.statistics(mailing)
            except NotYetError:
                pass  # the services are told of a new mailing one after the other
            else:
                show(statistics, now)
                if statistics["state"] in ("finished", "cancelled"):
                    return statistics
            time.sleep(LOOK_EVERY)
        if statistics is None:
            raise DemoFailedError("There were no statistics of the mailing at any time.")
        return statistics

    def _compare(self, mailing: object, statistics: Json, before: Json) -> Verdict:
        messages = self._carillon.messages(mailing)
        after = self._simulator.books()
        verdict = judge(
            statistics,
            {message["id"]: message["status"] for message in messages},
            self._simulator.accepted(),
            calls=after["calls"] - before["calls"],
            repeats_after=_grown(before["repeats_after"], after["repeats_after"]),
        )
        self._console.print(screen.books_table(statistics))
        self._console.print(screen.reasons_table(messages))
        answers = _grown(before["by_answer"], after["by_answer"])
        self._console.print(screen.provider_table(verdict, answers))
        self._prove(most_told(messages))
        for sentence in screen.conclusion(verdict):
            self._console.print(sentence, soft_wrap=True, highlight=False)
        return verdict

    def _prove(self, message: Mapping[str, Any] | None) -> None:
        if message is not None:
            for sentence in proof_lines(self._carillon.proof(message["id"])):
                self._console.print(sentence, soft_wrap=True, highlight=False)


class Lines:
    """Progress where there is no terminal: a line when something changed, at most every 3 s."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._last = ""
        self._last_at = -QUIET_FOR

    def show(self, statistics: Json, now: datetime) -> None:
        news, silent_for = screen.line(statistics, now), time.monotonic() - self._last_at
        if silent_for >= QUIET_FOR or (
            news != self._last and (silent_for >= LINE_EVERY or statistics["state"] == "finished")
        ):
            self._last, self._last_at = news, time.monotonic()
            self._console.print(f"{now:%H:%M:%S} UTC {news}", soft_wrap=True, highlight=False)


def _grown(before: Json, after: Json) -> dict[str, int]:
    """What was counted since `before`."""
    grown = {name: count - before.get(name, 0) for name, count in after.items()}
    return {name: count for name, count in grown.items() if count}
