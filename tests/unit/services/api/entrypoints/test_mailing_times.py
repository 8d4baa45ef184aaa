"""The document on the times of a mailing: with an offset, or by the clock of each zone."""

import re
from typing import Any

import pytest
from pydantic import BaseModel

from services.api.domain.mailing_rules import moment
from services.api.entrypoints.http.dead_letters_models import ReplayBody
from services.api.entrypoints.http.mailings_models import MailingPatch, NewMailingBody
from services.api.entrypoints.http.mailings_views import MailingView, RevisionView

MODELS = [NewMailingBody, MailingPatch, MailingView, RevisionView]


def said(model: type[BaseModel], field: str) -> dict[str, Any]:
    schema = model.model_json_schema(mode="serialization")["properties"][field]
    return dict(schema)


def clock() -> str:
    pattern: str = said(MailingView, "ends_at")["anyOf"][1]["pattern"]
    return pattern


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("field", ["starts_at", "ends_at"])
def test_both_are_told_of(model: type[BaseModel], field: str) -> None:
    schema = said(model, field)
    formats = [one["format"] for one in schema["anyOf"]]
    assert (schema["type"], formats) == ("string", ["date-time", "date-time-local"])
    assert "format" not in schema


def test_an_end_that_is_put_off_is_one_too() -> None:
    assert said(ReplayBody, "ends_at")["anyOf"][0]["anyOf"] == said(MailingView, "ends_at")["anyOf"]


@pytest.mark.parametrize(
    "written", ["2027-03-01T10:00", "2028-02-29T23:59:59", "2027-12-31T00:00:00.000001"]
)
def test_by_the_clock(written: str) -> None:
    assert re.search(clock(), written)
    assert moment(written).tzinfo is None


@pytest.mark.parametrize(
    "written",
    ["2027-03-01T10:00Z", "2027-03-01T10:00+03:00", "2027-03-01", "2027-13-01T10:00", "10:00", ""],
)
def test_by_no_clock(written: str) -> None:
    assert re.search(clock(), written) is None
