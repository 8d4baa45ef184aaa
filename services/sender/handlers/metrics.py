"""The sender's own metrics: a closed list, one line of meaning each."""

from prometheus_client import Counter, Gauge, Histogram

CALLS = Counter(
    "carillon_sender_calls_total",
    "Calls to the provider, by channel and result",
    ["channel", "result"],
)
CALL_SECONDS = Histogram(
    "carillon_sender_call_seconds",
    "How long calls took",
    ["channel"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT = Gauge("carillon_sender_calls_in_flight", "Calls under way", ["channel"])
HELD = Gauge(
    "carillon_sender_commands_held", "Commands read from the queues and not begun", ["channel"]
)
CLAIMED = Counter(
    "carillon_sender_commands_claimed_total", "Commands the ledger gave out for a call", ["channel"]
)
UNCALLED = Counter(
    "carillon_sender_commands_uncalled_total",
    "Commands that ended without a call, by what they met in the ledger or at a gate",
    ["channel", "verdict"],
)
OVERTAKEN = Counter(
    "carillon_sender_outcomes_overtaken_total",
    "Outcomes not recorded because the lease had been taken over",
    ["channel"],
)
FLUSHED = Histogram(
    "carillon_sender_flush_outcomes",
    "Outcomes recorded in one transaction",
    ["channel"],
    buckets=(1, 5, 10, 25, 50, 100, 200, 400),
)
STOPPED = Gauge(
    "carillon_channel_stopped",
    "1 while the provider refuses our token: nothing is sent",
    ["channel"],
)
BREAKER_OPEN = Gauge(
    "carillon_channel_breaker_open", "1 while a run of failures holds calls back", ["channel"]
)
RATE = Gauge(
    "carillon_channel_rate_per_second",
    "Calls a second that this sender allows itself; +Inf while it knows of no limit",
    ["channel"],
)
NOISE = Gauge(
    "carillon_channel_refused_anyway",
    "Share of calls that the provider refuses as too fast whatever the rate, as far as is known",
    ["channel"],
)
DEAD_LETTERS_HELD = Gauge(
    "carillon_sender_dead_letters_held",
    "Envelopes that could not be read and are held because too many were parked already",
)
STALE_CLAIMS = Gauge(
    "carillon_sender_stale_claims",
    "Messages whose sender fell silent during a call, more than ten minutes ago",
)
OVERDUE_RETRIES = Gauge(
    "carillon_sender_overdue_retries", "Messages whose retry was due more than ten minutes ago"
)
