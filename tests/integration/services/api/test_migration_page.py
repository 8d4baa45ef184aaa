"""The page for those who come from earlier services names routes that there are."""

import re
from pathlib import Path

from fastapi import FastAPI

from services.api.entrypoints.http.common import PREFIX

PAGE = Path(__file__).resolve().parents[4] / "docs" / "migration.md"
ROUTE = re.compile(r"`(GET|POST|PUT|PATCH|DELETE) (/[^`?]*)")


def ours() -> list[tuple[str, str]]:
    """What stands in the second column of the tables."""
    rows = [line.split(" | ") for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    return [route for row in rows if len(row) > 1 for route in ROUTE.findall(row[1])]


def test_every_route_of_ours_is_one(app: FastAPI) -> None:
    paths = app.openapi()["paths"]
    assert len(ours()) > 25
    missing = [
        (method, path)
        for method, path in ours()
        if method.lower() not in paths.get(f"{PREFIX}{path}", {})
    ]
    assert missing == []


def test_the_paths_that_people_come_with_are_named() -> None:
    text = PAGE.read_text()
    for path in (
        "/client/{phone}/",
        "/tag/",
        "/mailing/",
        "/statistic/",
        "/sender/notifications/{id}/statistics",
        "/auth/registration/",
        "/sign-up",
        "/log-in",
    ):
        assert path in text
