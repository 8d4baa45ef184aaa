"""The demo's clients."""

import csv
import io

from deploy.demo.clients import clients_csv

ZONES = ("Europe/Paris", "Asia/Tokyo", "America/Lima")


def test_every_zone_has_its_share_and_every_client_an_own_valid_number() -> None:
    rows = list(csv.DictReader(io.StringIO(clients_csv(2000, ZONES, "demo-x", run=7))))

    phones = {row["phone"] for row in rows}
    assert len(phones) == len(rows) == 2000
    assert all(len(phone) == 11 and phone.startswith("7") for phone in phones)
    shares = [sum(row["timezone"] == zone for row in rows) for zone in ZONES]
    assert max(shares) - min(shares) <= 1
    assert {row["tags"] for row in rows} == {"demo;demo-x"}
    assert {row["attributes.city"] for row in rows} == {"Paris", "Tokyo", "Lima"}
    assert {row["name"] == "" for row in rows} == {True, False}


def test_another_run_has_other_clients() -> None:
    first, second = (
        {row["phone"] for row in csv.DictReader(io.StringIO(clients_csv(2000, ZONES, "t", run)))}
        for run in (1, 2)
    )

    assert not first & second
