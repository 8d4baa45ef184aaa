"""What a mailing's text comes to for the clients who were looked at: its size, what is missing."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from shared.domain.sms import SmsSize, sms_size
from shared.domain.templates import MissingVariable, Recipient, Template, TooLong


@dataclass(frozen=True, slots=True)
class SampledClient:
    """A client as a template may know them; ``timezone`` is where they live now."""

    client_id: int
    timezone: str
    recipient: Recipient


@dataclass(frozen=True, slots=True)
class Sample:
    """What one client would get: the text and its size, or what of theirs it lacks."""

    client_id: int
    timezone: str
    text: str | None = None
    size: SmsSize | None = None
    missing: str | None = None


@dataclass(frozen=True, slots=True)
class TextReport:
    """``typical`` is the size in the middle; None when nobody could be rendered for.

    ``missing`` counts, by variable, those of the ``sampled`` who lack it; ``too_long`` those for
    whom the text would be. ``mean_parts`` is over all who get a text.
    """

    typical: SmsSize | None
    longest_parts: int
    mean_parts: float
    sampled: int = 0
    missing: Mapping[str, int] = field(default_factory=dict)
    too_long: int = 0


def sample(template: Template, client: SampledClient) -> Sample:
    try:
        text = template.render(client.recipient)
    except MissingVariable as lacking:
        return Sample(client.client_id, client.timezone, missing=lacking.variable)
    except TooLong:
        return Sample(client.client_id, client.timezone)
    return Sample(client.client_id, client.timezone, text, sms_size(text))


def report(template: Template | None, samples: Sequence[Sample]) -> TextReport:
    """A plain text needs no samples: everybody gets the same. None is a text nobody can be sent."""
    if template is not None and template.is_plain:
        size = sms_size(template.text)
        return TextReport(size, size.parts, size.parts)
    sizes = sorted((one.size for one in samples if one.size), key=lambda size: size.units)
    missing = Counter(one.missing for one in samples if one.missing is not None)
    return TextReport(
        typical=sizes[len(sizes) // 2] if sizes else None,
        longest_parts=max((size.parts for size in sizes), default=0),
        mean_parts=fmean(size.parts for size in sizes) if sizes else 0.0,
        sampled=len(samples),
        missing=dict(missing.most_common()),
        too_long=len(samples) - len(sizes) - missing.total(),
    )
