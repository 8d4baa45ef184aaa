"""The provider of text messages over HTTP (contract: docs of the provider, design of sending).

Failures to send are told apart by the causes the client gives, not by its exception classes: it
raises ``ConnectError`` for a connection that broke after the request had left, too. Only a cause
named ``client error (Connect)`` proves that nothing left; everything else may have been accepted.
Should a later version word this otherwise, every failure would count as unknown: the safe side.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from pyreqwest.client import Client, ClientBuilder
from pyreqwest.exceptions import DetailedPyreqwestError, PoolTimeoutError, RequestError

from services.sender.domain.answers import classify
from services.sender.domain.failures import ConnectionFailed, OutcomeUnknown, Rejected, Result
from shared.runtime.clock import Clock

# An answer of the contract has thirty bytes; what is longer is not read to its end.
LONGEST_ANSWER = 16 * 1024
POOL_TIMEOUT = 0.1  # seconds; see max_connections: nobody should ever wait
IDLE_TIMEOUT = 30.0  # below what load balancers allow an idle connection, usually 60 s

_NOT_CONNECTED = "client error (Connect)"


def build_client(token: str, *, concurrency: int, timeout: float, connect_timeout: float) -> Client:
    """One client for the life of the process; ``timeout``: seconds for a whole call."""
    return (
        ClientBuilder()
        .timeout(timedelta(seconds=timeout))
        .read_timeout(timedelta(seconds=timeout))
        .connect_timeout(timedelta(seconds=min(connect_timeout, timeout / 2)))
        # The sender's slots are the limit. Twice as many connections leave room for those whose
        # calls are over for us and not yet for the client.
        .max_connections(2 * concurrency)
        .pool_timeout(timedelta(seconds=POOL_TIMEOUT))
        .pool_max_idle_per_host(concurrency)
        .pool_idle_timeout(timedelta(seconds=IDLE_TIMEOUT))
        .error_for_status(enable=False)
        .follow_redirects(enable=False)  # a redirect would carry the token elsewhere
        .no_proxy()
        .default_cookie_store(enable=False)
        .referer(enable=False)
        .gzip(enable=False)
        .brotli(enable=False)
        .zstd(enable=False)
        .deflate(enable=False)
        .min_tls_version("TLSv1.2")
        .user_agent("carillon")
        .default_headers({"Authorization": f"Bearer {token}"})
        .build()
    )


class HttpProvider:
    def __init__(self, client: Client, url: str, clock: Clock) -> None:
        """``url``: where the provider's API begins, without a slash at its end."""
        self._client = client
        self._send_url = f"{url}/v1/send/"
        self._clock = clock

    async def send(self, message_id: int, address: str, text: str) -> Result:
        if not (address.isascii() and address.isdigit()):
            return Rejected(fact="the address is not a phone number")
        body = {"id": message_id, "phone": int(address), "text": text}
        request = self._client.post(f"{self._send_url}{message_id}").body_json(body)
        try:
            async with request.build_streamed() as response:
                answer = await response.body_reader.read(LONGEST_ANSWER)
                return classify(
                    response.status,
                    response.get_header("retry-after"),
                    answer.to_bytes() if answer is not None else b"",
                    self._clock.now(),
                )
        except RequestError as error:
            return failure_of(error)


def failure_of(error: RequestError) -> Result:
    if isinstance(error, PoolTimeoutError) or _NOT_CONNECTED in _causes(error):
        return ConnectionFailed(fact=type(error).__name__)
    return OutcomeUnknown(fact=type(error).__name__)


def _causes(error: DetailedPyreqwestError) -> list[str]:
    return [cause["message"] for cause in error.details["causes"] or ()]


@asynccontextmanager
async def client_lifetime(client: Client) -> AsyncIterator[Client]:
    try:
        yield client
    finally:
        await client.close()
