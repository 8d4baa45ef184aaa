"""What was measured becomes tables and a chart; what people wrote around them stays."""

from pathlib import Path
from typing import Any

from tests.bench.page import BEGIN, END, PROCESSES, chart, figures, write_figures

MACHINE = {
    "processor": "Abacus",
    "cores": 2,
    "memory_mb": 8000,
    "kernel": "6.1",
    "python": "3.11.2",
    "provider": "nginx/1.22.1",
}


def a_load(clients: int, mailings: int = 1) -> dict[str, Any]:
    return {
        "clients": clients,
        "mailings": mailings,
        "zones": 400,
        "senders": 2,
        "concurrency": 100,
        "latency": 0.0,
    }


def a_run(rate: float, cpu: float) -> dict[str, Any]:
    of_each = dict.fromkeys(("api", "scheduler", "stats", "sender-1", "sender-2"), cpu)
    everything = of_each | {"postgres": cpu, "rabbitmq": cpu, "nginx": cpu}
    return {
        "imported_per_second": 1.0,
        "copied_after": 2.0,
        "first_call": 0.25,
        "last_call": 10.0,
        "books_closed": 0.125,
        "messages_per_second": rate,
        "repeats": 0,
        "cpu": everything,
        "cpu_of_postgres": {"sender": cpu},
        "memory": dict.fromkeys(everything, 100.0),
        "bytes_per_message": {"stats": 500.0, "sender": 250.0},
        "cpu_in_all": 8 * cpu,
    }


def chapter(*loads: dict[str, Any]) -> dict[str, Any]:
    return {"on": "2026-01-02", "machine": MACHINE, "loads": list(loads)}


REACH = {
    "load": a_load(50_000),
    "runs": [a_run(5_000, 40), a_run(6_000, 30), a_run(100, 900)],
    "baseline": [{"messages_per_second": 200.0, "cpu_in_all": 8_000.0}],
}


def test_a_load_is_told_by_its_medians_and_beside_the_usual_way() -> None:
    said = figures({"reach": chapter(REACH)})
    assert "| messages a second | 5,000 |" in said
    assert "| sender-1 | 40.0 | 100 |" in said
    assert "| Carillon | 5,000 | 320 |" in said
    assert "| times | 25.0 | 1 : 25.0 |" in said
    assert "2 cores of Abacus, 8 GB" in said


def test_loads_that_grow_stand_one_below_the_other() -> None:
    loads = ({"load": a_load(100_000, n), "runs": [a_run(10, n)], "baseline": []} for n in (1, 20))
    said = figures({"mailings": chapter(*loads)})
    assert "| 100,000 clients | 10 | 8 | 0.25 |" in said
    assert "| 100,000 clients, 20 mailings | 10 | 160 | 0.25 |" in said
    assert "| 750 |" in said


def test_what_people_notice_is_told_in_milliseconds() -> None:
    run = {
        "clients": 200_000,
        "messages_per_second": 5_000.0,
        "refused": 0,
        "api_p99_of": {"GET /mailings": 0.07},
        **dict.fromkeys(("api_p50", "api_p99", "api_worst"), 0.05),
        **dict.fromkeys(("urgent_p50", "urgent_worst"), 0.5),
        **dict.fromkeys(("age_p50", "age_p99", "age_worst"), 1.5),
    }
    said = figures({"latency": {"on": "2026-01-02", "machine": MACHINE, "runs": [run]}})
    assert "| 500 |  | 500 |" in said
    assert "| GET /mailings |  | 70 |  |" in said
    assert "| age of the statistics | 1,500 | 1,500 | 1,500 |" in said


def test_an_import_is_told_alone_and_with_readers_beside_it() -> None:
    def a_run(rate: float) -> dict[str, Any]:
        cpu = {"api": 6.0, "scheduler": 2.0, "postgres": 17.0}
        memory = {"api": 120.0, "scheduler": 110.0}
        figures = {"rows_per_second": rate, "copied_after": 0.1, "cpu_in_all": 25.0}
        return figures | {"read_p99": 80.0, "cpu": cpu, "memory": memory}

    runs = {"runs": [a_run(60_000), a_run(61_000), a_run(9)], "with_readers": [a_run(50_000)]}
    said = figures({"import": {"on": "2026-01-02", "machine": MACHINE} | runs})
    assert "| rows a second | 60,000 | 50,000 |" in said


def test_the_chart_has_a_bar_per_load_in_which_all_senders_are_one_part() -> None:
    said = chart({"reach": chapter(REACH)})
    assert "50,000 clients" in said
    for number, who in enumerate(PROCESSES):
        assert f'class="series serie-{number} ' in said
        assert f">{who}<" in said
    assert ">80<" in said


def test_what_people_wrote_around_the_figures_stays(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"Before\n{BEGIN}\nold\n{END}\nAfter\n")
    write_figures(page, {"reach": chapter(REACH)})
    first = page.read_text()
    write_figures(page, {"reach": chapter(REACH)})
    assert page.read_text() == first
    assert first.startswith(f"Before\n{BEGIN}\n")
    assert first.endswith(f"{END}\nAfter\n")
    assert "old" not in first
