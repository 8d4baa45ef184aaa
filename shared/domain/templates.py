"""Texts with places for what is known of a client: ``Hello {{ name|default("friend") }}!``

Jinja's sandbox, and of its language only what ``template_rules`` allow, which is checked before
anything is sent. What a single client lacks shows only when it is rendered, and then nothing is
sent to them rather than a text with a hole in it, or with nothing at all.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from shared.domain.template_rules import (
    ATTRIBUTES,
    FILTERS,
    TESTS,
    VARIABLES,
    checked_tree,
    named,
)
from shared.domain.template_rules import BadTemplate as BadTemplate

LONGEST_RESULT = 4_000

_MARKS = ("{{", "{%", "{#")

Scalar = str | int | float | bool | None


class MissingVariable(Exception):
    """A client has no value where the template needs one. ``variable``: such as attributes.city."""

    def __init__(self, variable: str) -> None:
        super().__init__(f"The client has no {variable}.")
        self.variable = variable


class UnusableValue(MissingVariable):
    """A client's value is of a kind that the template has no use for: a word, say, where it
    compares numbers. ``variable``: all that the template names, since it may be any of them."""

    def __init__(self, variables: Iterable[str]) -> None:
        named = ", ".join(sorted(variables))
        Exception.__init__(self, f"The template has no use for this client's {named}.")
        self.variable = named


class TooLong(Exception):
    """With this client's values the text is longer than any may be."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """What a template may know of a client. A value that is None or empty counts as not there."""

    name: str | None = None
    phone: str | None = None
    email: str | None = None
    timezone: str | None = None
    operator_code: str | None = None
    tags: Sequence[str] = ()
    attributes: Mapping[str, Scalar] | None = None

    def values(self) -> dict[str, object]:
        known = {each: getattr(self, each) for each in VARIABLES}
        attributes = self.attributes or {}
        return _given(known) | {ATTRIBUTES: _given(attributes)}


def _given(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in values.items() if not _is_nothing(value)}


def _is_nothing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


class _Missing(jinja2.Undefined):
    """Nothing: false, equal to nothing, and no text."""

    def __str__(self) -> str:
        if self._undefined_name is None:  # the first of no tags
            raise jinja2.UndefinedError(self._undefined_hint)
        inside = self._undefined_obj is not jinja2.utils.missing
        name = str(self._undefined_name)
        raise MissingVariable(f"{ATTRIBUTES}.{name}" if inside else name)


class _Environment(ImmutableSandboxedEnvironment):
    def __init__(self) -> None:
        super().__init__(undefined=_Missing, keep_trailing_newline=True, autoescape=False)
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.tests = {name: self.tests[name] for name in TESTS}
        self.globals = {}

    def getattr(self, obj: object, attribute: str) -> object:
        """A client's attribute may be called ``items`` or ``keys``: never the dictionary's own."""
        return self.getitem(obj, attribute)


_ENVIRONMENT = _Environment()

# What goes wrong inside a checked template lies in the values: a word compared with a number.
_BAD_VALUE = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, NameError),
    *(TypeError, ValueError),
    jinja2.TemplateError,
)


@dataclass(frozen=True, slots=True)
class Template:
    """A checked text. ``variables``: those it names, such as ``name`` and ``attributes.city``."""

    text: str
    variables: frozenset[str]
    _compiled: jinja2.Template | None

    @property
    def is_plain(self) -> bool:
        """Whether everybody gets the same."""
        return self._compiled is None

    def render(self, recipient: Recipient) -> str:
        """Raises MissingVariable, UnusableValue, TooLong."""
        if self._compiled is None:
            return self.text
        try:
            rendered = self._compiled.render(recipient.values())
        except _BAD_VALUE:
            raise UnusableValue(self.variables) from None
        if len(rendered) > LONGEST_RESULT:
            raise TooLong
        if not rendered.strip():
            raise MissingVariable(", ".join(sorted(self.variables)))
        return rendered


@lru_cache(maxsize=1024)
def template(text: str) -> Template:
    """Reads a text. Raises BadTemplate."""
    if not any(mark in text for mark in _MARKS):
        return Template(text, frozenset(), None)
    try:
        tree = checked_tree(_ENVIRONMENT, text)
        compiled = _ENVIRONMENT.from_string(text)
    except jinja2.TemplateSyntaxError as error:
        raise BadTemplate(
            f"The template cannot be read: {error.message} (line {error.lineno})."
        ) from None
    variables = frozenset(named(tree))
    if not variables and not compiled.render().strip():
        raise BadTemplate("The template says nothing.")
    return Template(text, variables, compiled)
