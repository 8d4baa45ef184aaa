"""What the scheduler reads from its environment."""

from pydantic import Field, HttpUrl
from pydantic_settings import SettingsConfigDict

from shared.domain.message_id import NODES
from shared.runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="SCHEDULER_")

    port: int = 8001
    # Part of every message id: replicas that run at the same time need different ones.
    node: int = Field(default=0, ge=0, lt=NODES)
    # A hundred share one broker message; fewer for a provider so slow that an envelope would
    # occupy a sender for seconds.
    commands_per_envelope: int = Field(default=100, ge=1, le=500)
    # Seconds that a mailing may go without finishing once all of it is emitted and nothing waits
    # for a window; then the senders are asked after its messages. Longer than all retries of one
    # together (43 minutes as they are set), so that nobody is asked after whoever is on the way.
    ask_after: float = Field(default=3600.0, gt=0)
    # Days for which texts that were perhaps said are kept when their mailing has finished; 0: for
    # ever (services/scheduler/handlers/forgetting.py).
    retain_texts_days: int = Field(default=0, ge=0)
    # Where the copy of the directory can be had anew, and what became of messages; any sender does.
    api_url: HttpUrl = HttpUrl("http://127.0.0.1:8000")
    sender_url: HttpUrl = HttpUrl("http://127.0.0.1:8002")
