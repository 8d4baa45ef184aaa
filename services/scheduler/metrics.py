"""The scheduler's own metrics."""

from prometheus_client import Counter, Gauge, Histogram

COMMANDS = Counter("carillon_commands_total", "Commands handed to the senders")
ENVELOPES = Counter("carillon_envelopes_total", "Envelopes of commands handed to the senders")
QUEUE_DEPTH = Gauge("carillon_send_queue_envelopes", "Envelopes waiting at the entrance", ["queue"])
# Of waves that waited for their opening; one that is open when it is planned opens with its plan.
OPENING_DELAY = Histogram(
    "carillon_wave_opening_delay_seconds",
    "From a wave's opening to its being opened",
    buckets=(0.01, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300),
)
LEADING = Gauge("carillon_scheduler_leading", "1 while this replica leads")
PACE = Gauge(
    "carillon_senders_pace_commands_per_second",
    "Commands the senders of a channel took per second when they were last kept busy",
    ["channel"],
)
# ``what``: unpublished_batches; held_messages (due for five minutes); waves (that should have
# opened or closed five minutes ago); unfinished_mailings (all is emitted, and nothing waits at the
# scheduler). Only the replica that leads tells.
STANDING_STILL = Gauge(
    "carillon_scheduler_standing_still", "Things that should have moved on by now", ["what"]
)
STANDING_STILL_FOR = Gauge(
    "carillon_scheduler_standing_still_seconds", "How long the first of them has stood", ["what"]
)
ASKED = Counter(
    "carillon_messages_asked_after_total",
    "Messages whose end was not heard of, and after which the senders were asked",
)
