"""The bench's accounting sees what processes use."""

import os
import subprocess
import sys
import time

import pytest

from tests.bench.processes import database_of, usage


def test_cpu_and_memory_of_this_process_are_seen() -> None:
    before = usage(os.getpid())
    until = time.process_time() + 0.1
    ballast = bytearray(16_000_000)
    while time.process_time() < until:
        ballast[0] += 0
    after = usage(os.getpid())
    assert 0.08 <= after.cpu - before.cpu <= 1
    assert after.memory > 16


def test_a_child_that_has_ended_still_counts() -> None:
    before = usage(os.getpid()).cpu
    subprocess.run([sys.executable, "-c", "sum(range(5_000_000))"], check=True)
    assert usage(os.getpid()).cpu - before >= 0.03


@pytest.mark.parametrize(
    ("title", "database"),
    [
        ("postgres: carillon_sender carillon_sender 127.0.0.1(51234) idle", "sender"),
        ("postgres: postgres postgres 127.0.0.1(51234) SELECT", "postgres"),
        ("postgres: walwriter ", "server"),
        ("postgres: autovacuum worker carillon_stats", "server"),
        ("/usr/lib/postgresql/15/bin/postgres -D data -p 5433", "server"),
    ],
)
def test_sessions_are_told_by_their_titles(title: str, database: str) -> None:
    assert database_of(title) == database
