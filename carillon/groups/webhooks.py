"""Webhooks: who is told of what, and how that went."""

from typing import Unpack

from carillon.bodies import WebhookChanges, WebhookFields, given
from carillon.calls import Call, delete, get, patch, post
from carillon.models.base import Page
from carillon.models.webhooks import Delivery, DeliveryState, MadeWebhook, Webhook
from carillon.operations import C, Group, listing, operation

_WEBHOOK = "/webhooks/{webhook_id}"
_DELIVERIES = f"{_WEBHOOK}/deliveries"


class Webhooks(Group[C]):
    @listing
    def list(self) -> Call[Page[Webhook]]:
        return get("/webhooks", Page[Webhook])

    @operation
    def create(self, **fields: Unpack[WebhookFields]) -> Call[MadeWebhook]:
        """Its secret is told this once."""
        return post("/webhooks", MadeWebhook, fields)

    @operation
    def get(self, webhook_id: int) -> Call[Webhook]:
        return get(_WEBHOOK, Webhook, webhook_id=webhook_id)

    @operation
    def change(self, webhook_id: int, **changes: Unpack[WebhookChanges]) -> Call[Webhook]:
        """``enabled=False`` drops what waits to be sent."""
        return patch(_WEBHOOK, Webhook, changes, webhook_id=webhook_id)

    @operation
    def delete(self, webhook_id: int) -> Call[None]:
        return delete(_WEBHOOK, webhook_id=webhook_id)

    @operation
    def rotate_secret(
        self, webhook_id: int, *, old_good_for_hours: int | None = None
    ) -> Call[MadeWebhook]:
        """Both secrets sign for so long (24); the new one is told this once."""
        body = given(old_good_for_hours=old_good_for_hours)
        return post(f"{_WEBHOOK}/secret", MadeWebhook, body, webhook_id=webhook_id)

    @operation
    def test(self, webhook_id: int) -> Call[Delivery]:
        """Sends a ping at once; what became of it is among the deliveries."""
        return post(f"{_WEBHOOK}/test", Delivery, webhook_id=webhook_id)

    @listing
    def deliveries(
        self, webhook_id: int, *, state: DeliveryState | str | None = None
    ) -> Call[Page[Delivery]]:
        """Newest first."""
        return get(_DELIVERIES, Page[Delivery], query={"state": state}, webhook_id=webhook_id)

    @operation
    def replay(self, webhook_id: int, delivery_id: int) -> Call[Delivery]:
        """The same once more, under the same ids."""
        route = f"{_DELIVERIES}/{{delivery_id}}/replay"
        return post(route, Delivery, webhook_id=webhook_id, delivery_id=delivery_id)
