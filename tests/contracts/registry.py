"""Every message there is, found by itself, and where its committed files are."""

import json
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

import shared.contracts
from shared.contracts.base import Message
from shared.contracts.delivery import IN_COLUMNS, DeliveryEvents, EventsInColumns, Kind

HERE = Path(__file__).parent


def messages() -> list[type[Message]]:
    """All of ``shared/contracts``, by name: a new one without its files is not overlooked."""
    for module in iter_modules(shared.contracts.__path__):
        import_module(f"{shared.contracts.__name__}.{module.name}")
    return sorted(_subclasses(Message), key=lambda message: message.__name__)


def routing_keys(message: type[Message]) -> list[str]:
    """The keys of events; a command has none, its lane depends on channel and urgency."""
    if message is DeliveryEvents:
        return [f"delivery.{kind}" for kind in get_args(Kind)]
    if message is EventsInColumns:
        return [f"delivery.{kind}" for kind in get_args(Kind) if kind in IN_COLUMNS]
    key = getattr(message, "routing_key", None)
    return [key] if key else []


def version(message: type[Message]) -> int:
    (number,) = get_args(message.model_fields["version"].annotation)
    return int(number)


def file_name(message: type[Message]) -> str:
    """``SendMessages`` → ``send_messages.v1.json``."""
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", message.__name__).lower()
    return f"{snake}.v{version(message)}.json"


def example_file(message: type[Message]) -> Path:
    return HERE / "examples" / file_name(message)


def schema_file(message: type[Message]) -> Path:
    return HERE / "schemas" / file_name(message)


def schema(message: type[Message]) -> dict[str, Any]:
    """What a consumer accepts, under the names on the wire."""
    return message.model_json_schema(by_alias=True, mode="validation")


def as_text(document: Any) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _subclasses(of: type[Message]) -> Iterator[type[Message]]:
    for subclass in of.__subclasses__():
        if subclass.__module__.startswith(shared.contracts.__name__):
            yield subclass
            yield from _subclasses(subclass)
