from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from services.api.domain.signatures import (
    ID,
    SECRET_PREFIX,
    SIGNATURE,
    TIMESTAMP,
    TOLERANCE,
    NotSigned,
    key_of,
    new_secret,
    sign,
    verify,
)

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
BODY = b'{"type":"mailing.finished"}'
KEY, OLD, OTHER = (bytes([number]) * 32 for number in range(3))
SIGNED = sign([KEY], "msg_1", NOW, BODY)


def test_it_is_signed_as_the_convention_says() -> None:
    """The example that stands in the convention's own libraries."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = sign([key_of(secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers == {
        ID: "msg_p5jXN8AQM9LWM0D4loKWxJek",
        TIMESTAMP: "1614265330",
        SIGNATURE: "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_what_is_signed_is_verified() -> None:
    assert verify(SIGNED, [KEY], BODY, NOW) == "msg_1"


@given(
    st.binary(max_size=200),
    st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1),
)
def test_whatever_is_signed_is_verified(body: bytes, id_: str) -> None:
    assert verify(sign([KEY], id_, NOW, body), [KEY], body, NOW) == id_


def test_the_library_that_receivers_have_takes_it() -> None:
    secret = new_secret()
    headers = sign([OLD, key_of(secret)], "msg_1", datetime.now(UTC), BODY)
    assert Webhook(secret).verify(BODY, headers) == {"type": "mailing.finished"}
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)


def test_we_take_what_the_library_has_signed() -> None:
    secret = new_secret()
    signature = Webhook(secret).sign("msg_2", NOW, BODY.decode())
    headers = {ID: "msg_2", TIMESTAMP: str(int(NOW.timestamp())), SIGNATURE: signature}
    assert verify(headers, [key_of(secret)], BODY, NOW) == "msg_2"


@pytest.mark.parametrize("keys", [[OLD, KEY], [KEY, OLD]])
def test_either_secret_will_do_while_it_is_changed(keys: list[bytes]) -> None:
    assert verify(SIGNED, keys, BODY, NOW) == "msg_1"
    assert verify(sign(keys, "msg_1", NOW, BODY), [KEY], BODY, NOW) == "msg_1"
    assert verify(sign(keys, "msg_1", NOW, BODY), [OLD], BODY, NOW) == "msg_1"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({SIGNATURE: ""}, "must have"),
        ({ID: ""}, "must have"),
        ({TIMESTAMP: ""}, "must have"),
        ({TIMESTAMP: "soon"}, "Unix seconds"),
        ({TIMESTAMP: "-5"}, "Unix seconds"),
        ({TIMESTAMP: "1e9"}, "Unix seconds"),
        ({TIMESTAMP: "٣"}, "Unix seconds"),
        ({TIMESTAMP: "9" * 400}, "Unix seconds"),
        ({TIMESTAMP: str(int(NOW.timestamp()) - 1)}, "No signature"),
        ({ID: "msg_2"}, "No signature"),
        ({SIGNATURE: "v1,"}, "No signature"),
        ({SIGNATURE: "v1"}, "No signature"),
        ({SIGNATURE: "v1,not base64"}, "No signature"),
        ({SIGNATURE: "v1,é"}, "No signature"),
        ({SIGNATURE: SIGNED[SIGNATURE].replace("v1,", "v2,")}, "No signature"),
        ({SIGNATURE: SIGNED[SIGNATURE][:-6] + "AAAAA="}, "No signature"),
        ({SIGNATURE: "v1,x " * 16 + SIGNED[SIGNATURE]}, "No signature"),
    ],
)
def test_what_is_refused(change: Mapping[str, str], why: str) -> None:
    with pytest.raises(NotSigned, match=why):
        verify({**SIGNED, **change}, [KEY], BODY, NOW)


def test_another_body_or_another_key_is_refused() -> None:
    with pytest.raises(NotSigned, match="No signature"):
        verify(SIGNED, [KEY], BODY + b" ", NOW)
    with pytest.raises(NotSigned, match="No signature"):
        verify(SIGNED, [OLD, OTHER], BODY, NOW)
    with pytest.raises(NotSigned, match="No signature"):
        verify(SIGNED, [], BODY, NOW)


def test_what_lay_about_too_long_is_refused() -> None:
    second = timedelta(seconds=1)
    assert verify(SIGNED, [KEY], BODY, NOW + TOLERANCE) == "msg_1"
    assert verify(SIGNED, [KEY], BODY, NOW - TOLERANCE) == "msg_1"
    with pytest.raises(NotSigned, match="too old"):
        verify(SIGNED, [KEY], BODY, NOW + TOLERANCE + second)
    with pytest.raises(NotSigned, match="of the future"):
        verify(SIGNED, [KEY], BODY, NOW - TOLERANCE - second)


def test_signatures_of_other_versions_may_stand_beside_ours() -> None:
    beside = {SIGNATURE: f"v1a,abc {SIGNED[SIGNATURE]} v2,xyz"}
    assert verify({**SIGNED, **beside}, [KEY], BODY, NOW) == "msg_1"


def test_secrets() -> None:
    one, other = new_secret(), new_secret()
    assert one != other
    assert len(key_of(one)) == 32
    assert key_of(one) == key_of(one.removeprefix(SECRET_PREFIX))


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_не", "a" * 120, "x y"])
def test_what_is_no_secret(secret: str) -> None:
    with pytest.raises(ValueError, match="A secret"):
        key_of(secret)
