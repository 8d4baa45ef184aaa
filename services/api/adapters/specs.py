"""What a mailing says, as the document that the database holds."""

from typing import Any

from shared.contracts.mailings import MailingSpec


def to_document(spec: MailingSpec) -> dict[str, Any]:
    return spec.model_dump(mode="json", by_alias=True)


def from_document(document: dict[str, Any]) -> MailingSpec:
    return MailingSpec.model_validate(document)
