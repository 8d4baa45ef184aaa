"""What the api reads from its environment."""

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from shared.domain.message_id import NODES
from shared.runtime.settings import ServiceSettings


class ApiSettings(ServiceSettings):
    model_config = SettingsConfigDict(env_prefix="API_", populate_by_name=True)

    port: int = 8000
    # Part of the id of every test message: replicas that run at the same time need different ones,
    # and none that a scheduler has; those count from the other end.
    node: int = Field(default=NODES - 1, ge=0, lt=NODES)
    # The path under which a reverse proxy shows us, such as /carillon; it strips it, we write it.
    root_path: str = ""

    # The first administrator, made at start when nobody has this address. An existing user keeps
    # the password they have: the environment must not undo a change made in the application.
    admin_email: str | None = None
    admin_password: SecretStr | None = Field(default=None, min_length=8)

    # Signs the tokens. HMAC-SHA256 wants a key as long as its hash.
    jwt_secret: SecretStr = Field(min_length=32)
    access_token_seconds: int = Field(default=3600, gt=0)
    refresh_token_seconds: int = Field(default=14 * 24 * 3600, gt=0)

    stats_url: str = "http://127.0.0.1:8003"
    scheduler_url: str = "http://127.0.0.1:8001"

    # Decompressed bytes of one import: some ten million plain rows.
    import_max_bytes: int = 1 << 30
    # Imports worked through side by side, so that a small one need not wait for a large one.
    import_workers: int = 2
