"""The demo's clients: spread over all inhabited zones, new ones for every run."""

import csv
import io
from collections.abc import Sequence

OPERATOR_CODES = ("903", "916", "926", "985")
MOST_RUNS = 1_000


def clients_csv(count: int, zones: Sequence[str], tag: str, run: int) -> str:
    """A CSV file of `count` clients, `count / len(zones)` in each zone.

    `run` (0 to 999) sets the phone numbers, so that another run has other clients.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["phone", "operator_code", "tags", "timezone"])
    for number in range(count):
        code = OPERATOR_CODES[number % len(OPERATOR_CODES)]
        phone = f"7{code}{run:03d}{number:04d}"
        writer.writerow([phone, code, f"demo;{tag}", zones[number % len(zones)]])
    return text.getvalue()
