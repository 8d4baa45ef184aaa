"""What was measured, as tables: medians of the runs of a load, from the figures in JSON."""

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

Json = Mapping[str, Any]
Row = Sequence[str]


class Sheet(NamedTuple):
    title: str
    headings: Row
    rows: Sequence[Row]


# A figure of a run: its name, how it is written, what it says.
FIGURES: tuple[tuple[str, str, str], ...] = (
    ("messages_per_second", ",.0f", "messages a second"),
    ("cpu_in_all", ",.0f", "µs of CPU per message, all processes"),
    ("first_call", ".2f", "s from the first launch to the first call"),
    ("last_call", ".1f", "s from the last launch to the last call"),
    ("books_closed", ".2f", "s from the last call to closed books"),
    ("repeats", ".0f", "messages sent twice"),
    ("imported_per_second", ",.0f", "clients imported a second"),
    ("copied_after", ".1f", "s after the import: the scheduler has them all"),
)
_GROWTH: tuple[tuple[str, str, Callable[[Json], float]], ...] = (
    ("messages/s", ",.0f", lambda run: run["messages_per_second"]),
    ("CPU µs", ",.0f", lambda run: run["cpu_in_all"]),
    ("first call s", ".2f", lambda run: run["first_call"]),
    ("books closed s", ".2f", lambda run: run["books_closed"]),
    ("api MB", ".0f", lambda run: run["memory"]["api"]),
    ("scheduler MB", ".0f", lambda run: run["memory"]["scheduler"]),
    ("stats MB", ".0f", lambda run: run["memory"]["stats"]),
    ("a sender MB", ".0f", lambda run: run["memory"]["sender-1"]),
    ("PostgreSQL MB", ".0f", lambda run: run["memory"]["postgres"]),
    ("RabbitMQ MB", ".0f", lambda run: run["memory"]["rabbitmq"]),
    ("bytes on disk", ".0f", lambda run: sum(run["bytes_per_message"].values())),
)


def of_load(found: Json) -> list[Sheet]:
    """``found``: a load, its runs, and those of the baseline."""
    load, runs, baseline = found["load"], found["runs"], found["baseline"]
    title = f"{described(load)}; median of {len(runs)} run(s)"
    sheets = [
        Sheet(title, ("", ""), [(says, _median(runs, name, form)) for name, form, says in FIGURES]),
        Sheet(
            "Every process",
            ("", "CPU µs per message", "memory MB"),
            [
                (who, _of(runs, "cpu", who, ".1f"), _of(runs, "memory", who, ".0f"))
                for who in runs[0]["cpu"]
            ],
        ),
        _parts(
            runs, "cpu_of_postgres", "PostgreSQL, by whose sessions", "CPU µs per message", ".1f"
        ),
        _parts(runs, "bytes_per_message", "What a message leaves on disk", "bytes", ".0f"),
    ]
    return [*sheets, _compared(runs, baseline)] if baseline else sheets


def of_growth(title: str, loads: Sequence[Json]) -> Sheet:
    return Sheet(
        title,
        ("", *(heading for heading, _, _ in _GROWTH)),
        [
            (
                named(one["load"]),
                *(
                    format(statistics.median(map(value, one["runs"])), form)
                    for _, form, value in _GROWTH
                ),
            )
            for one in loads
        ],
    )


def of_latency(runs: Sequence[Json]) -> Sheet:
    rate = _median(runs, "messages_per_second", ",.0f")
    title = f"While {runs[0]['clients']:,} messages are sent at {rate}/s; {len(runs)} run(s)"
    named_rows = (
        ("an answer of the api, 50 requests a second", "api_p50", "api_p99", "api_worst"),
        ("an urgent message, from its launch to its call", "urgent_p50", "", "urgent_worst"),
        ("age of the statistics", "age_p50", "age_p99", "age_worst"),
    )
    rows = [
        (says, *(_milliseconds(run[name] for run in runs) if name else "" for name in names))
        for says, *names in named_rows
    ]
    rows += [
        (request, "", _milliseconds(run["api_p99_of"][request] for run in runs), "")
        for request in runs[0]["api_p99_of"]
    ]
    refused = _median(runs, "refused", ",.0f")
    return Sheet(f"{title}; {refused} refused", ("ms", "median", "99 %", "worst"), rows)


def of_import(alone: Sequence[Json], with_readers: Sequence[Json]) -> Sheet:
    """One column without others, one with 50 requests a second beside it."""
    figures: tuple[tuple[str, str, Callable[[Json], float]], ...] = (
        ("rows a second", ",.0f", lambda run: run["rows_per_second"]),
        ("s after its end: the scheduler has them all", ".1f", lambda run: run["copied_after"]),
        ("µs of CPU per row, all processes", ".1f", lambda run: run["cpu_in_all"]),
        ("of it the api", ".1f", lambda run: run["cpu"]["api"]),
        ("of it the scheduler", ".1f", lambda run: run["cpu"]["scheduler"]),
        ("of it PostgreSQL", ".1f", lambda run: run["cpu"]["postgres"]),
        ("api, MB", ".0f", lambda run: run["memory"]["api"]),
        ("scheduler, MB", ".0f", lambda run: run["memory"]["scheduler"]),
        ("99 % of the readers wait at most, ms", ".0f", lambda run: run["read_p99"]),
    )
    return Sheet(
        f"Medians of {len(alone)} and {len(with_readers)} run(s)",
        ("", "alone", "50 readers a second beside it"),
        [
            (
                says,
                *(format(statistics.median(map(of, runs)), form) for runs in (alone, with_readers)),
            )
            for says, form, of in figures
        ],
    )


def described(load: Json) -> str:
    senders = "one sender" if load["senders"] == 1 else f"{load['senders']} senders"
    provider = f"takes {load['latency'] * 1000:.0f} ms" if load["latency"] else "answers at once"
    return (
        f"{named(load)}, {load['zones']} zones, {senders} with up to {load['concurrency']} calls at"
        f" once, a provider that {provider}"
    )


def named(load: Json) -> str:
    mailings = "" if load["mailings"] == 1 else f", {load['mailings']} mailings"
    blocked = f", {load['blocked']:,} of them blocked" if load.get("blocked") else ""
    return f"{load['clients']:,} clients{blocked}{mailings}"


def cpu_of(runs: Sequence[Json], who: str) -> float:
    """Of all processes whose names begin so: a service with its replicas."""
    return statistics.median(
        sum(float(cpu) for name, cpu in run["cpu"].items() if name.startswith(who)) for run in runs
    )


def _parts(runs: Sequence[Json], field: str, title: str, unit: str, form: str) -> Sheet:
    return Sheet(
        title, ("", unit), [(who, _of(runs, field, who, form)) for who in sorted(runs[0][field])]
    )


def _compared(ours: Sequence[Json], theirs: Sequence[Json]) -> Sheet:
    names = ("messages_per_second", "cpu_in_all")
    (rate, cost), (their_rate, their_cost) = (
        [statistics.median(run[name] for run in runs) for name in names] for runs in (ours, theirs)
    )
    return Sheet(
        "Beside the usual way, in the same run",
        ("", "messages a second", "CPU µs per message"),
        [
            ("Carillon", f"{rate:,.0f}", f"{cost:,.0f}"),
            ("Django, Celery, Redis", f"{their_rate:,.0f}", f"{their_cost:,.0f}"),
            ("times", f"{rate / their_rate:.1f}", f"1 : {their_cost / cost:.1f}"),
        ],
    )


def _median(runs: Sequence[Json], name: str, form: str) -> str:
    return format(statistics.median(run[name] for run in runs), form)


def _milliseconds(seconds: Iterable[float]) -> str:
    return f"{statistics.median(seconds) * 1000:,.0f}"


def _of(runs: Iterable[Json], field: str, who: str, form: str) -> str:
    return format(statistics.median(run[field].get(who, 0.0) for run in runs), form)
