"""What every service reads from its environment. Read once, in ``wiring.py``."""

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """A service adds its own fields under its own prefix (``API_``, ``SENDER_``, …)."""

    model_config = SettingsConfigDict(extra="ignore", hide_input_in_errors=True)

    rabbitmq_url: SecretStr = Field(validation_alias="RABBITMQ_URL")
    service_token: SecretStr = Field(validation_alias="SERVICE_TOKEN", min_length=16)
    log_level: str = Field(default="INFO", validation_alias="LOG_LEVEL")

    database_url: SecretStr
    # Each query of a service takes milliseconds; ten connections serve thousands a second.
    database_pool: int = 10
    host: str = "127.0.0.1"
    port: int
