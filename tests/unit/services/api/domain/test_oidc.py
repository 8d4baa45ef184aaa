from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.api.domain.failures import Invalid, NotOpen, Unauthorized
from services.api.domain.oidc import (
    Returned,
    Secrets,
    Way,
    challenge_of,
    choose_way,
    person_of,
    request_to,
    subject_of,
    tells_enough,
)
from tests.support.forger import ISSUER, SUBJECT, US, claims

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SECONDS = NOW.timestamp()
MINUTE = timedelta(minutes=1).total_seconds()
PAGES = ("https://desk.example.com/in", "https://api.example.com/docs/oauth2-redirect")


def test_the_challenge_is_that_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_what_is_made_of_a_key_does_not_tell_the_rest() -> None:
    one, other = Secrets.of("one"), Secrets.of("other")
    made = {one.state, one.nonce, one.verifier, other.state, other.nonce, other.verifier}
    assert len(made) == 6
    assert {len(word) for word in made} == {43}
    assert Secrets.of("one") == one


def test_what_the_provider_is_asked() -> None:
    secrets = Secrets.of("key")
    url = request_to("https://id.example.com/auth?theme=dark", US, secrets)
    asked = {name: value for name, [value] in parse_qs(urlsplit(url).query).items()}
    assert asked == {
        "theme": "dark",
        "response_type": "code",
        "client_id": "carillon",
        "redirect_uri": US.callback,
        "scope": "openid email",
        "state": secrets.state,
        "nonce": secrets.nonce,
        "code_challenge": challenge_of(secrets.verifier),
        "code_challenge_method": "S256",
    }
    assert secrets.verifier not in url


def test_a_good_token_says_who_it_is() -> None:
    assert subject_of(claims(NOW, "n"), US, "n", NOW) == SUBJECT
    for good in (
        {"aud": ["carillon"]},
        {"aud": ["carillon", "another"], "azp": "carillon"},
        {"exp": SECONDS - MINUTE + 1},
        {"iat": SECONDS + MINUTE},
        {"iat": SECONDS - 11 * MINUTE},
    ):
        assert subject_of(claims(NOW, "n", **good), US, "n", NOW) == SUBJECT


@pytest.mark.parametrize(
    ("claim", "changed"),
    [
        ("iss", {"iss": f"{ISSUER}/"}),
        ("iss", {"iss": None}),
        ("aud", {"aud": "another"}),
        ("aud", {"aud": []}),
        ("aud", {"aud": None}),
        ("azp", {"azp": "another"}),
        ("azp", {"aud": ["carillon", "another"]}),
        ("exp", {"exp": SECONDS - MINUTE}),
        ("exp", {"exp": None}),
        ("exp", {"exp": "never"}),
        ("exp", {"exp": True}),
        ("exp", {"exp": float("nan")}),
        ("iat", {"iat": SECONDS + MINUTE + 1}),
        ("iat", {"iat": SECONDS - 11 * MINUTE - 1}),
        ("iat", {"iat": None}),
        ("nonce", {"nonce": "another"}),
        ("nonce", {"nonce": None}),
        ("sub", {"sub": None}),
        ("sub", {"sub": 7}),
        ("sub", {"sub": ""}),
        ("sub", {"sub": "a\0"}),
        ("sub", {"sub": "a" * 256}),
    ],
)
def test_a_claim_that_is_wrong_is_named(claim: str, changed: dict[str, Any]) -> None:
    with pytest.raises(Unauthorized, match=f"{claim} is not as it must be"):
        subject_of(claims(NOW, "n", **changed), US, "n", NOW)


def test_whom_the_provider_vouches_for() -> None:
    person = person_of(claims(NOW, "n"), SUBJECT, US)
    assert (person.email, person.groups) == ("ann@example.com", frozenset({"staff"}))
    assert person_of(claims(NOW, "n", groups="staff"), SUBJECT, US).groups == {"staff"}
    assert person_of(claims(NOW, "n", groups=None), SUBJECT, US).groups == frozenset()


@pytest.mark.parametrize(
    "changed",
    [
        {"email": None},
        {"email": "nobody"},
        {"email": "a@b.example\0"},
        {"email": ["ann@example.com"]},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
    ],
)
def test_an_address_that_may_be_anybodys_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(NotOpen):
        person_of(claims(NOW, "n", **changed), SUBJECT, US)


def test_when_more_has_to_be_asked() -> None:
    assert tells_enough(claims(NOW, "n"), US)
    assert not tells_enough(claims(NOW, "n", groups=None), US)


def test_with_what_a_browser_comes_back() -> None:
    assert Returned("s", code="c").check(US) == "c"
    assert Returned("s", code="c", issuer=ISSUER).check(US) == "c"
    for wrong, told in (
        (Returned("s", code="c", issuer="https://other.example.com"), "iss"),
        (Returned("s", error="access_denied"), "access_denied"),
        (Returned("s", error="<script>"), "without a code"),
        (Returned("s"), "without a code"),
    ):
        with pytest.raises(Unauthorized, match=told):
            wrong.check(US)


def test_where_a_log_in_may_end() -> None:
    assert choose_way(PAGES, None, None, None) is None
    assert choose_way(PAGES, None, "ch", "s") == Way(PAGES[0], "ch", "s")
    assert choose_way(PAGES, PAGES[1], "ch", None) == Way(PAGES[1], "ch")
    for page, challenge in (
        ("https://evil.example", "ch"),
        (f"{PAGES[0]}/", "ch"),
        (PAGES[0], None),
    ):
        with pytest.raises(Invalid):
            choose_way(PAGES, page, challenge, None)
    with pytest.raises(Invalid):
        choose_way((), None, "ch", None)


def test_a_page_is_told_its_code_where_servers_do_not_see_it() -> None:
    way = Way(PAGES[0], challenge_of("v"), "a&b")
    assert way.back("c") == f"{PAGES[0]}#code=c&state=a%26b"
    assert Way(PAGES[0], "ch").back("c") == f"{PAGES[0]}#code=c"
    assert way.is_of("v")
    assert not way.is_of("w")
