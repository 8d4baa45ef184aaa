"""What a method asks for, before anything is sent."""

from datetime import UTC, datetime

from carillon.calls import get, patch
from carillon.models.clients import Client, Tag
from carillon.models.mailings import Mailing, MailingState


def test_a_name_in_a_path_stays_one_name() -> None:
    assert get("/tags/{tag}", Tag, tag="a/b c?é").path == "/tags/a%2Fb%20c%3F%C3%A9"


def test_what_is_not_asked_is_not_sent() -> None:
    query = {"tag": None, "state": MailingState.RUNNING, "dry": False, "n": 3}
    assert get("/x", Client, query=query).parameters == {
        "state": "running",
        "dry": "false",
        "n": "3",
    }


def test_null_is_sent_as_such_and_what_is_left_out_is_not() -> None:
    assert patch("/clients/{id}", Client, {"name": None}, id=1).json() == b'{"name":null}'


def test_times_keep_what_they_say_of_their_zone() -> None:
    local = datetime.fromisoformat("2027-03-01T10:00")
    body = {"starts_at": local, "ends_at": datetime(2027, 3, 2, tzinfo=UTC)}
    assert patch("/mailings/1", Mailing, body).json() == (
        b'{"starts_at":"2027-03-01T10:00:00","ends_at":"2027-03-02T00:00:00Z"}'
    )


def test_more_can_be_asked() -> None:
    call = get("/clients", Client, query={"tag": "vip"})
    assert call.asking(limit=2, cursor=None).parameters == {"tag": "vip", "limit": "2"}
    assert call.parameters == {"tag": "vip"}
