"""The demo's clients: spread over all inhabited zones, new ones for every run."""

import csv
import io
from collections.abc import Sequence

OPERATOR_CODES = ("903", "916", "926", "985")
# Every fifth client has no name: the text must do without.
NAMES = ("Olga", "Amina", "Chen", "Lucía", None)
MOST_RUNS = 1_000


def clients_csv(count: int, zones: Sequence[str], tag: str, run: int) -> str:
    """A CSV file of `count` clients, `count / len(zones)` in each zone.

    `run` (0 to 999) sets the phone numbers, so that another run has other clients.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["phone", "operator_code", "tags", "timezone", "name", "attributes.city"])
    for number in range(count):
        code = OPERATOR_CODES[number % len(OPERATOR_CODES)]
        phone = f"7{code}{run:03d}{number:04d}"
        zone = zones[number % len(zones)]
        name = NAMES[number % len(NAMES)]
        writer.writerow([phone, code, f"demo;{tag}", zone, name, _city(zone)])
    return text.getvalue()


def _city(zone: str) -> str:
    """``America/Argentina/Buenos_Aires`` → ``Buenos Aires``."""
    return zone.rpartition("/")[2].replace("_", " ")
