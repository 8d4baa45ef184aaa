"""Calling back what is on its way: mailings under a new revision, and otherwise as they are.

The gates of that revision stop every command of the ones before, so nothing that was handed out by
a plan which is lost is called any more: it comes back, and the plan that is made anew decides.
"""

from datetime import datetime

from services.api.domain.mailings import SENDING, Mailing, MailingState, Step, next_revision


def recalled(mailing: Mailing, now: datetime) -> Step:
    """Of what is over, or was never launched, nothing is on its way."""
    if mailing.launched_at is None or mailing.state not in SENDING | {MailingState.PAUSED}:
        return Step(mailing)
    return next_revision(mailing, now)
