"""What a new revision of a mailing changes, and what it leaves as it was.

Whoever has a row keeps it, so nobody is contacted twice whatever changes. What is to be decided is
who is looked at once more:

* **waves.** One that has not ended goes on behind the last client it took. It starts over, which
  passes over everybody with a row, when other people than before are meant. One that ended because
  no window was left starts over when the hours change: there may be one now. One that was taken to
  its end stays ended; who came after it was taken gets nothing.
* **messages that we ended ourselves.** They come back when the reason may be gone, and are judged
  again.
"""

from dataclasses import dataclass
from datetime import datetime

from services.scheduler.domain.returned import NOT_IN_AUDIENCE
from services.scheduler.domain.waves import TOO_LATE, WINDOW_PASSED, Phase, Rest
from shared.contracts.mailings import MailingChanged, MailingSpec

TEMPLATE_VARIABLE_MISSING = "template_variable_missing"
TEXT_TOO_LONG = "text_too_long"
# The api checks every text; one that passed its check and not ours must stop no other mailing.
BAD_TEMPLATE = "bad_template"

_HOURS = ("starts_at", "ends_at", "timing", "window", "holidays", "max_lateness")


@dataclass(frozen=True, slots=True)
class Change:
    """``hours``: when; ``people``: to whom; ``text``: what. ``freezes``: the audience is to be
    taken down now."""

    hours: bool = False
    people: bool = False
    text: bool = False
    freezes: bool = False


@dataclass(frozen=True, slots=True)
class KeptWave:
    """What matters of a wave as it stands when a new revision comes."""

    phase: Phase
    rest: Rest
    begun_at: datetime | None


def change_of(old: MailingChanged | None, new: MailingChanged) -> Change:
    """``old``: the revision the plan was made for; None for a mailing that is new to us."""
    if old is None:
        return Change(freezes=is_frozen(new.spec))
    before, after = old.spec, new.spec
    return Change(
        hours=any(getattr(before, field) != getattr(after, field) for field in _HOURS),
        people=_other_people(before, after),
        text=before.text != after.text,
        freezes=is_frozen(after) and not is_frozen(before),
    )


def is_frozen(spec: MailingSpec) -> bool:
    return spec.audience == "frozen"


def _other_people(before: MailingSpec, after: MailingSpec) -> bool:
    """The filter of a frozen audience has done its work."""
    if before.audience != after.audience:
        return True
    return not is_frozen(after) and before.filter != after.filter


def starts_over(change: Change, wave: KeptWave) -> bool:
    had_no_window = wave.phase is Phase.ENDED and wave.rest == "expired"
    return change.people or (change.hours and had_no_window)


def stays_ended(change: Change, wave: KeptWave) -> bool:
    return wave.phase is Phase.ENDED and not starts_over(change, wave)


def reasons_gone(change: Change, new: MailingChanged) -> frozenset[str]:
    """Why messages were ended that now deserve another look."""
    if new.state == "cancelled":
        return frozenset()
    return frozenset(
        (WINDOW_PASSED, TOO_LATE) * change.hours
        + (NOT_IN_AUDIENCE,) * change.people
        + (TEMPLATE_VARIABLE_MISSING, TEXT_TOO_LONG, BAD_TEMPLATE) * change.text
    )
