from datetime import UTC, datetime, timedelta

from services.api.adapters.token_uses import LocalTokenUses

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LATER = NOW + timedelta(seconds=1)


def test_the_last_use_of_each_is_noted_until_it_is_written() -> None:
    uses = LocalTokenUses()
    for token_id, at in ((5, NOW), (7, NOW), (5, LATER)):
        uses.note(token_id, at)
    written = uses.noted()
    assert written == {5: LATER, 7: NOW}
    uses.note(7, LATER)  # while it was being written
    uses.forget(written)
    assert uses.noted() == {7: LATER}
