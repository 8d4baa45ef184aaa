"""What of the broker's events comes to the api: the bindings of its queue of deliveries.

Where nobody is to be told the queue is not bound, and the broker makes no copy of what there is the
most of. Bindings are told anew now and then, for a broker may have lost them with its disk.
"""

from collections.abc import Collection

import aio_pika
from aio_pika.exceptions import AMQPError

from services.api.domain.hook_events import OF_MESSAGE
from services.api.domain.webhooks import EventType
from shared.contracts.topology import API_DELIVERIES, EVENTS
from shared.runtime.broker import CONNECT_TIMEOUT


class BrokerSubscriptions:
    """A connection is opened for each change: there are few, and no more than one says so."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def take(self, events: Collection[EventType]) -> None:
        try:
            async with await aio_pika.connect(self._url, timeout=CONNECT_TIMEOUT) as connection:
                channel = await (await connection.channel()).get_underlay_channel()
                for kind, event in OF_MESSAGE.items():
                    change = channel.queue_bind if event in events else channel.queue_unbind
                    await change(
                        API_DELIVERIES, EVENTS, f"delivery.{kind}", timeout=CONNECT_TIMEOUT
                    )
        # RuntimeError: the channel was closed under what went on.
        except (AMQPError, OSError, RuntimeError) as error:
            raise ConnectionError(type(error).__name__) from error
