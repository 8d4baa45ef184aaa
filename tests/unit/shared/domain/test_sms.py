"""How long a text is as an SMS: borders that bills are made of."""

import pytest

from shared.domain.sms import SmsSize, sms_size


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("a" * 160, ("GSM-7", 160, 160, 1)),
        ("a" * 161, ("GSM-7", 161, 161, 2)),
        ("a" * 306, ("GSM-7", 306, 306, 2)),
        ("a" * 307, ("GSM-7", 307, 307, 3)),
        ("€" * 80, ("GSM-7", 80, 160, 1)),
        ("€" * 81, ("GSM-7", 81, 162, 2)),
        # An escaped character is never cut in two: one septet of the first part stays empty.
        ("a" * 152 + "€" + "b" * 152, ("GSM-7", 305, 306, 3)),
        ("Àé£¥ÄÖÑÜ§¿äöñüà\n", None),
        ("я" * 70, ("UCS-2", 70, 70, 1)),
        ("я" * 71, ("UCS-2", 71, 71, 2)),
        ("я" * 134, ("UCS-2", 134, 134, 2)),
        ("я" * 135, ("UCS-2", 135, 135, 3)),
        ("😀" * 35, ("UCS-2", 35, 70, 1)),
        ("😀" * 36, ("UCS-2", 36, 72, 2)),
        ("a" * 69 + "я", ("UCS-2", 70, 70, 1)),
        ("`", ("UCS-2", 1, 1, 1)),
    ],
)
def test_parts(text: str, size: tuple[str, int, int, int] | None) -> None:
    if size is None:
        assert sms_size(text).encoding == "UCS-2"  # À is not in the alphabet, è is
        assert sms_size(text.replace("À", "è")).encoding == "GSM-7"
    else:
        assert sms_size(text) == SmsSize(*size)  # type: ignore[arg-type]
