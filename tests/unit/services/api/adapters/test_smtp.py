import pytest

from services.api.adapters.smtp import Server


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example", Server("mail.example", 587, None, None, False, None)),
        ("smtp://localhost:25", Server("localhost", 25, None, None, False, None)),
        ("smtps://mail.example", Server("mail.example", 465, None, None, True, False)),
        (
            "smtp://us%40er:p%3Aw@mail.example:2525",
            Server("mail.example", 2525, "us@er", "p:w", False, True),
        ),
    ],
)
def test_what_a_url_says(url: str, server: Server) -> None:
    """Whoever has a password tells it to no server without TLS."""
    assert Server.of(url) == server
