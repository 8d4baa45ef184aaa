import pytest
from pydantic import ValidationError

from services.api.domain.signatures import new_secret
from services.api.domain.users import Role
from services.api.settings import ApiSettings
from shared.domain.message_id import NODES

ENVIRONMENT = {
    "API_DATABASE_URL": "postgresql+asyncpg://api@localhost/api",
    "API_JWT_SECRET": "a secret that is long enough for HS256",
    "RABBITMQ_URL": "amqp://localhost/",
    "SERVICE_TOKEN": "the-token-of-services",
}


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


def test_what_has_a_good_default_need_not_be_given(environment: pytest.MonkeyPatch) -> None:
    settings = ApiSettings()
    assert (settings.port, settings.root_path, settings.admin_email) == (8000, "", None)


def test_each_can_be_given(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("API_PORT", "9000")
    environment.setenv("API_ROOT_PATH", "/carillon")
    environment.setenv("API_ADMIN_PASSWORD", "correct horse")
    environment.setenv("API_ACCESS_TOKEN_SECONDS", "600")
    settings = ApiSettings()
    assert (settings.port, settings.root_path) == (9000, "/carillon")
    assert settings.access_token_seconds == 600
    assert "horse" not in repr(settings)


@pytest.mark.parametrize("name", ENVIRONMENT)
def test_no_secret_and_no_address_has_a_default(environment: pytest.MonkeyPatch, name: str) -> None:
    environment.delenv(name)
    with pytest.raises(ValidationError):
        ApiSettings()


@pytest.mark.parametrize(
    ("name", "value"), [("API_JWT_SECRET", "short"), ("API_ADMIN_PASSWORD", "short")]
)
def test_a_short_secret_is_refused_and_not_shown(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError) as refusal:
        ApiSettings()
    assert value not in str(refusal.value).replace("too_short", "")


def test_old_keys_are_named_one_after_the_other(environment: pytest.MonkeyPatch) -> None:
    assert ApiSettings().jwt_old_secrets == ()
    environment.setenv("API_JWT_OLD_SECRETS", f"{'a' * 32}, {'b' * 32}")
    settings = ApiSettings()
    assert [one.get_secret_value()[0] for one in settings.jwt_old_secrets] == ["a", "b"]
    assert "aaaa" not in repr(settings)
    environment.setenv("API_JWT_OLD_SECRETS", f"{'a' * 32},short")
    with pytest.raises(ValidationError) as refusal:
        ApiSettings()
    assert "aaaa" not in str(refusal.value)


def test_who_may_register(environment: pytest.MonkeyPatch) -> None:
    assert ApiSettings().registration == "invitation"
    for mode in ("open", "closed"):
        environment.setenv("API_REGISTRATION", mode)
        assert ApiSettings().registration == mode
    environment.setenv("API_REGISTRATION", "everybody")
    with pytest.raises(ValidationError, match="registration"):
        ApiSettings()


def test_mail_needs_a_sender_and_where_links_lead(environment: pytest.MonkeyPatch) -> None:
    assert ApiSettings().smtp_url is None
    environment.setenv("API_SMTP_URL", "smtp://user:sesame@mail.example:587")
    with pytest.raises(ValidationError, match="API_MAIL_FROM and API_PUBLIC_URL") as refusal:
        ApiSettings()
    assert "sesame" not in str(refusal.value)
    environment.setenv("API_MAIL_FROM", "Carillon <carillon@example.com>")
    environment.setenv("API_PUBLIC_URL", "https://carillon.example.com/there/")
    assert ApiSettings().public_url == "https://carillon.example.com/there"
    assert "sesame" not in repr(ApiSettings())


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_SMTP_URL", "http://user:sesame@mail.example"),
        ("API_SMTP_URL", "smtp://"),
        ("API_MAIL_FROM", "carillon"),
        ("API_MAIL_FROM", "a@example.com\nBcc: sesame@example.com"),
        ("API_PUBLIC_URL", "carillon.example.com"),
        ("API_PUBLIC_URL", "https://carillon.example.com/?sesame"),
    ],
)
def test_what_cannot_be_used_for_mail(
    environment: pytest.MonkeyPatch, name: str, value: str
) -> None:
    environment.setenv(name, value)
    with pytest.raises(ValidationError, match=name.removeprefix("API_").lower()) as refusal:
        ApiSettings()
    assert "sesame" not in str(refusal.value)


def test_other_origins_are_named_or_there_are_none(environment: pytest.MonkeyPatch) -> None:
    assert ApiSettings().cors_origins == ()
    environment.setenv("API_CORS_ORIGINS", "https://a.example, http://127.0.0.1:5173")
    assert ApiSettings().cors_origins == ("https://a.example", "http://127.0.0.1:5173")


@pytest.mark.parametrize(
    "origin",
    ["*", "null", "a.example", "https://a.example/", "https://*.example", "https://", "ftp://a"],
)
def test_what_is_no_origin_is_refused(environment: pytest.MonkeyPatch, origin: str) -> None:
    environment.setenv("API_CORS_ORIGINS", origin)
    with pytest.raises(ValidationError, match="origin"):
        ApiSettings()


def test_test_messages_have_ids_of_a_node_of_their_own(environment: pytest.MonkeyPatch) -> None:
    assert ApiSettings().node == NODES - 1
    for node in ("-1", str(NODES)):
        environment.setenv("API_NODE", node)
        with pytest.raises(ValidationError, match="node"):
            ApiSettings()


OPENID = {
    "API_OIDC_ISSUER": "https://id.example.com/realm",
    "API_OIDC_CLIENT_ID": "carillon",
    "API_PUBLIC_URL": "https://carillon.example.com",
}


def test_a_provider_and_what_its_groups_are_here(environment: pytest.MonkeyPatch) -> None:
    more = {
        "API_OIDC_ROLES": "staff = manager, cn=ops=admin",
        "API_OIDC_LAUNCHERS": "press, ops",
        "API_OIDC_DEFAULT_ROLE": "viewer",
        "API_OIDC_AFTER": "https://desk.example.com/in",
    }
    for name, value in (OPENID | more).items():
        environment.setenv(name, value)
    settings = ApiSettings()
    assert settings.oidc_roles == {"staff": Role.MANAGER, "cn=ops": Role.ADMIN}
    assert settings.oidc_launchers == ("press", "ops")
    assert settings.oidc_default_role is Role.VIEWER
    assert settings.oidc_after == ("https://desk.example.com/in",)
    assert (settings.oidc_join, settings.oidc_link_by_email) == (True, False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("API_OIDC_ISSUER", "http://id.example.com"),
        ("API_OIDC_ISSUER", "https://id.example.com?realm=7"),
        ("API_OIDC_ISSUER", "https://me:too@id.example.com"),
        ("API_OIDC_CLIENT_ID", None),
        ("API_PUBLIC_URL", None),
        ("API_OIDC_SCOPES", "email"),
        ("API_OIDC_ROLES", "staff=king"),
        ("API_OIDC_ROLES", "staff"),
        ("API_OIDC_AFTER", "https://desk.example.com/#in"),
        ("API_OIDC_AFTER", "javascript:alert(1)"),
    ],
)
def test_a_provider_that_cannot_be_used_is_told(
    environment: pytest.MonkeyPatch, name: str, value: str | None
) -> None:
    for given, its_value in OPENID.items():
        environment.setenv(given, its_value)
    ApiSettings()
    if value is None:
        environment.delenv(name)
    else:
        environment.setenv(name, value)
    with pytest.raises(ValidationError):
        ApiSettings()


def test_each_provider_has_its_secret_and_two_while_it_is_changed(
    environment: pytest.MonkeyPatch,
) -> None:
    assert ApiSettings().receipt_secrets == {}
    first, second = new_secret(), new_secret()
    environment.setenv("API_RECEIPT_SECRETS", f"sms={first}, sms={second},other={first}")
    found = ApiSettings().receipt_secrets
    named = {name: [one.get_secret_value() for one in each] for name, each in found.items()}
    assert named == {"sms": [first, second], "other": [first]}
    assert first not in repr(ApiSettings())


@pytest.mark.parametrize(
    "value", ["sms", "sms=", "sms=short", "=whsec_", "SMS Ltd={0}", "sms={0},sms={0},sms={0}"]
)
def test_a_secret_that_is_none_is_refused_and_not_shown(
    environment: pytest.MonkeyPatch, value: str
) -> None:
    secret = new_secret()
    environment.setenv("API_RECEIPT_SECRETS", value.format(secret))
    with pytest.raises(ValidationError) as refusal:
        ApiSettings()
    assert secret not in str(refusal.value)
