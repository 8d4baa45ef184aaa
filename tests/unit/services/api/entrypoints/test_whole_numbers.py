"""A whole number is one however it is written, as JSON Schema counts; nothing else is."""

from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.api.entrypoints.http.common import BodyId
from services.api.entrypoints.http.invitations import Days
from services.api.entrypoints.http.mailings_models import Minutes
from services.api.entrypoints.http.trials_models import TrialsBody
from services.api.entrypoints.http.webhooks_models import Hours

KINDS = [BodyId, Days, Hours, Minutes]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("written", ["7", "7.0", "0.7e1"])
def test_a_whole_number(kind: Any, written: str) -> None:
    taken = TypeAdapter(kind).validate_json(written)
    assert (taken, type(taken)) == (7, int)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("written", ["7.5", '"7"', "true", "-1.0", "1e400", "NaN", "null"])
def test_what_is_none(kind: Any, written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_json(written)


@pytest.mark.parametrize("written", ["0", "9223372036854775808", "1e300"])
def test_what_is_no_id(written: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(BodyId).validate_json(written)


def test_one_that_may_be_left_out() -> None:
    model: type[BaseModel] = TrialsBody
    taken = model.model_validate({"phones": ["79161234567"], "client_id": 12.0})
    assert taken.model_dump()["client_id"] == 12
