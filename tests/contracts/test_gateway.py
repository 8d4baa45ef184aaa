"""What the gateway documents of the statistics is what stats answers, and what it adds itself."""

from typing import get_type_hints

import pytest
from pydantic import BaseModel

from services.api.entrypoints.http import messages_models, statistics_models
from services.stats.entrypoints import message_view, statistics_view, views


@pytest.mark.parametrize(
    ("documented", "answered", "added"),
    [
        (
            messages_models.MessageProof,
            message_view.MessageDetail,
            {"phone", "name", "mailing_name", "test", "template"},
        ),
        (messages_models.Attempt, message_view.CallView, set()),
        (messages_models.Opening, message_view.Window, set()),
        (statistics_models.MailingStatistics, statistics_view.MailingStatistics, {"state"}),
        (statistics_models.ZoneStatistics, statistics_view.ZoneStatistics, set()),
        (statistics_models.MessageView, views.MessageView, {"phone", "name"}),
        (statistics_models.CountedMailing, views.OverviewItem, {"name", "state"}),
        (statistics_models.Total, views.Totals, set()),
    ],
)
def test_every_field_is_there(
    documented: type[BaseModel], answered: type[object], added: set[str]
) -> None:
    assert set(documented.model_fields) == _fields(answered) | added


def test_the_examples_are_what_they_are_examples_of() -> None:
    [example] = messages_models.MessageProof.model_json_schema()["examples"]
    assert set(example) == set(messages_models.MessageProof.model_fields)
    messages_models.MessageProof.model_validate(example)


def _fields(answered: type[object]) -> set[str]:
    """Of a model, or of a dictionary with a type."""
    return set(
        answered.model_fields if issubclass(answered, BaseModel) else get_type_hints(answered)
    )
