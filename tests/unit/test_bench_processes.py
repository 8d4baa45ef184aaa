"""The bench's accounting sees what processes use."""

import os
import time

from tests.bench.processes import usage


def test_cpu_and_memory_of_this_process_are_seen() -> None:
    before = usage(os.getpid())
    until = time.process_time() + 0.1
    ballast = bytearray(16_000_000)
    while time.process_time() < until:
        ballast[0] += 0
    after = usage(os.getpid())
    assert 0.08 <= after.cpu - before.cpu <= 1
    assert after.memory > 16
