"""How long a text is as an SMS, in the units it is billed by."""

from dataclasses import dataclass
from typing import Literal

import smsutil


@dataclass(frozen=True, slots=True)
class SmsSize:
    """``units``: septets of GSM-7, where ``€[]{}\\^|~`` take two, or 16-bit units of UCS-2, where
    an emoji takes two. One part holds 160 or 70; each of several holds 153 or 67."""

    encoding: Literal["GSM-7", "UCS-2"]
    characters: int
    units: int
    parts: int


def sms_size(text: str) -> SmsSize:
    """GSM-7 (3GPP TS 23.038) where its alphabet has every character, else UCS-2 for all."""
    split = smsutil.split(text)
    return SmsSize(
        encoding="GSM-7" if split.encoding == "gsm0338" else "UCS-2",
        characters=len(text),
        units=sum(
            part.bytes if split.encoding == "gsm0338" else part.bytes // 2 for part in split.parts
        ),
        parts=len(split.parts),
    )
