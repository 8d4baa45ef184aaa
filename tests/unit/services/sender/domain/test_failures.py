import pytest

from services.sender.domain.failures import (
    ConnectionFailed,
    Failure,
    OutcomeUnknown,
    Rejected,
    ServerError,
    Throttled,
    Unauthorized,
)


@pytest.mark.parametrize(
    ("failure", "reason", "retryable", "uses_attempt", "perhaps_accepted", "trips_breaker"),
    [
        (ConnectionFailed(), "connection_failed", True, True, False, True),
        (OutcomeUnknown(), "outcome_unknown", True, True, True, True),
        (ServerError(), "server_error", True, True, False, True),
        (Throttled(), "throttled", True, False, False, False),
        (Unauthorized(), "unauthorized", True, False, False, False),
        (Rejected(), "rejected", False, True, False, False),
    ],
)
def test_facts_of_each_class(
    failure: Failure,
    reason: str,
    retryable: bool,
    uses_attempt: bool,
    perhaps_accepted: bool,
    trips_breaker: bool,
) -> None:
    assert failure.reason == reason
    assert failure.retryable == retryable
    assert failure.uses_attempt == uses_attempt
    assert failure.perhaps_accepted == perhaps_accepted
    assert failure.trips_breaker == trips_breaker


def test_sentence_names_the_facts() -> None:
    assert Rejected().sentence == "The provider refused the message."
    with_facts = Rejected(http_status=200, fact="code 17").sentence
    assert with_facts == "The provider refused the message. (HTTP 200, code 17)"
