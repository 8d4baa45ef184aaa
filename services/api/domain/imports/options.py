"""What an upload says beside its file: how to read it, and whether to write anything."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from services.api.domain.failures import FieldFault, Invalid
from services.api.domain.fields import shown

# As many as a header can use.
MOST_MAPPED = 100


class Delimiter(StrEnum):
    COMMA = "comma"
    SEMICOLON = "semicolon"
    TAB = "tab"


CHARACTER: Mapping[Delimiter, str] = {
    Delimiter.COMMA: ",",
    Delimiter.SEMICOLON: ";",
    Delimiter.TAB: "\t",
}


@dataclass(frozen=True, slots=True)
class Options:
    """``dry_run``: everything is checked and counted, nothing is written.

    ``guess_timezone``: of whom the file tells no zone, it is guessed from the number;
    ``default_timezone``: taken as a guess where the number does not tell it either.

    ``delimiter``: None: the one that cuts the header into the most cells; ``names``: what a column
    of the file is here, by its name in the file; empty: it is passed over.
    """

    dry_run: bool = False
    delimiter: Delimiter | None = None
    names: Mapping[str, str] = field(default_factory=dict)
    guess_timezone: bool = False
    default_timezone: str | None = None

    @property
    def is_about_columns(self) -> bool:
        return bool(self.names) or self.delimiter is not None


def names_from(pairs: Iterable[str]) -> dict[str, str]:
    """``Телефон:phone`` and the like; the last colon counts. Raises Invalid."""
    names: dict[str, str] = {}
    for pair in pairs:
        theirs, colon, ours = pair.rpartition(":")
        theirs = theirs.strip()
        if not colon or not theirs:
            raise _wrong(f"{shown(pair)!r} is not NAME:FIELD, such as Телефон:phone.")
        if theirs in names:
            raise _wrong(f"The column {shown(theirs)!r} is named twice.")
        names[theirs] = ours.strip()
    if len(names) > MOST_MAPPED:
        raise _wrong(f"At most {MOST_MAPPED} columns are mapped.")
    return names


def _wrong(reason: str) -> Invalid:
    return Invalid(FieldFault("map", reason))
