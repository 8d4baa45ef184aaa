"""The closed list of metric names that are not one service's own."""

from prometheus_client import REGISTRY, Counter

DEAD_LETTERS = Counter(
    "carillon_dead_letters_total",
    "Messages a consumer could not understand and parked in send.dead",
    ["queue"],
)
RETRIED_IN_PLACE = Counter(
    "carillon_handler_retries_total",
    "Times a consumer tried a message again because its database or broker was away",
    ["queue"],
)

__all__ = ["DEAD_LETTERS", "REGISTRY", "RETRIED_IN_PLACE"]
