"""The JSON of clients."""

from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, StrictBool
from pydantic.config import JsonDict

from services.api.domain import fields, phones
from services.api.domain.clients import Client, Profile
from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.guesses import zone_of
from services.api.domain.imports.rows import NO_ZONE
from services.api.entrypoints.http.common import Body, Instant, may_be_left_out
from services.api.entrypoints.http.problems import validated

Phone = Annotated[
    str,
    AfterValidator(phones.phone),
    Field(
        description="In any usual spelling, kept as 7 and ten digits; of +7 only.",
        examples=["79161234567", "+7 (916) 123-45-67"],
    ),
]
Zone = Annotated[
    str,
    AfterValidator(fields.timezone),
    Field(description="A name of the tz database, or an offset from UTC.", examples=["UTC+3"]),
]
Guess = Annotated[
    StrictBool,
    Field(
        description="Where no `timezone` is given: from the number, if that tells one. It is marked"
        " as guessed, and never replaces one that was given."
    ),
]
OperatorCode = Annotated[
    str,
    AfterValidator(fields.operator_code),
    Field(description="Digits 2 to 4 of the phone when not given.", examples=["916"]),
]
TagName = Annotated[str, AfterValidator(fields.tag), Field(examples=["vip"])]
Tags = Annotated[list[TagName], AfterValidator(lambda tags: list(fields.tags(tags)))]
Email = Annotated[str, AfterValidator(fields.email), Field(examples=["ann@example.com"])]
Name = Annotated[str, AfterValidator(fields.name), Field(examples=["Ann"])]
Attributes = Annotated[
    dict[str, JsonValue],
    AfterValidator(fields.attributes),
    Field(description="Strings, numbers, true, false, null.", examples=[{"city": "Omsk"}]),
]

_EXAMPLE: JsonDict = {
    "phone": "79161234567",
    "timezone": "Europe/Moscow",
    "tags": ["vip", "new"],
    "email": "ann@example.com",
    "name": "Ann",
    "attributes": {"city": "Moscow"},
}


class ClientBody(Body):
    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    phone: Phone
    timezone: Zone | None = None
    guess_timezone: Guess = False
    operator_code: OperatorCode | None = None
    tags: Tags = Field(default_factory=list)
    email: Email | None = None
    name: Name | None = None
    attributes: Attributes = Field(default_factory=dict)

    def profile(self, before: Profile | None = None) -> Profile:
        """Raises Invalid when it has no zone. ``before``: a zone that was given there is not
        replaced by a guess."""
        zone, guessed = self._zone(before)
        return Profile(
            phone=self.phone,
            operator_code=self.operator_code or phones.operator_code_of(self.phone),
            timezone=zone,
            timezone_guessed=guessed,
            tags=tuple(self.tags),
            email=self.email,
            name=self.name,
            attributes=fields.attributes(self.attributes),
        )

    def _zone(self, before: Profile | None) -> tuple[str, bool]:
        """And whether it is a guess."""
        if self.timezone is not None:
            return self.timezone, False
        if not self.guess_timezone:
            raise Invalid(FieldFault("timezone", NO_ZONE))
        if before is not None and not before.timezone_guessed:
            return before.timezone, False
        return _guessed(self.phone), True


def _guessed(phone: str) -> str:
    try:
        return zone_of(phone)
    except ValueError as error:
        raise Invalid(FieldFault("timezone", str(error))) from None


class ClientPatch(Body):
    """Only what is to change. Null clears a field that may be empty."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"timezone": "Asia/Omsk"}]})

    phone: Phone | None = may_be_left_out()
    timezone: Zone | None = may_be_left_out()
    guess_timezone: Guess = False
    operator_code: OperatorCode | None = None
    tags: Tags | None = may_be_left_out()
    email: Email | None = None
    name: Name | None = None
    attributes: Attributes | None = may_be_left_out()

    def after(self, before: Profile) -> Profile:
        """Raises Invalid. What was guessed stays marked until somebody says it; a new guess is made
        when it is asked for."""
        after = validated(ClientBody, self._over(before)).profile()
        if self.timezone is not None or not before.timezone_guessed:
            return after
        zone = _guessed(after.phone) if self.guess_timezone else before.timezone
        return after._replace(timezone=zone, timezone_guessed=True)

    def _over(self, profile: Profile) -> dict[str, Any]:
        """The fields of a ClientBody: the present ones, with those given put over them."""
        present = {
            "phone": profile.phone,
            "timezone": profile.timezone,
            "operator_code": _chosen_code(profile),
            "tags": list(profile.tags),
            "email": profile.email,
            "name": profile.name,
            "attributes": profile.attributes,
        }
        return present | self.model_dump(exclude_unset=True, exclude={"guess_timezone"})


class ClientView(BaseModel):
    id: int
    revision: int
    phone: str
    operator_code: str
    timezone: str
    timezone_guessed: bool
    tags: list[str]
    email: str | None
    name: str | None
    attributes: dict[str, JsonValue]
    blocked: bool = Field(description="They are sent nothing: see `policies/blocks`.")
    created_at: Instant
    updated_at: Instant

    @classmethod
    def of(cls, client: Client) -> "ClientView":
        profile = client.profile
        return cls(
            id=client.id,
            revision=client.revision,
            phone=profile.phone,
            operator_code=profile.operator_code,
            timezone=profile.timezone,
            timezone_guessed=profile.timezone_guessed,
            tags=list(profile.tags),
            email=profile.email,
            name=profile.name,
            attributes=dict(profile.attributes),
            blocked=client.blocked,
            created_at=client.created_at,
            updated_at=client.updated_at,
        )


def _chosen_code(profile: Profile) -> str | None:
    """None for a code that is only the phone's own: it follows when the phone changes."""
    own = phones.operator_code_of(profile.phone)
    return None if profile.operator_code == own else profile.operator_code
