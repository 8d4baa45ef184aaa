"""Webhooks, for an administrator."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.api.domain.hook_log import DeliveryState
from services.api.domain.rights import Right
from services.api.entrypoints.http.common import (
    ONE_PAGE,
    Cursor,
    Id,
    Limit,
    PageView,
    Who,
    Wired,
    location,
)
from services.api.entrypoints.http.once import holds_a_secret
from services.api.entrypoints.http.permissions import guarded
from services.api.entrypoints.http.webhooks_models import (
    DeliveryView,
    MadeWebhookView,
    RotateBody,
    WebhookBody,
    WebhookPatch,
    WebhookView,
)
from services.api.handlers import webhooks

router = APIRouter(prefix="/webhooks", tags=["webhooks"])

_NEEDS = Right.WEBHOOKS_WRITE
_ONE, _LOG = "/{webhook_id}", "/{webhook_id}/deliveries"


@router.get("", summary="List webhooks", **guarded(_NEEDS))
async def list_webhooks(
    wired: Wired, limit: Limit = ONE_PAGE, cursor: Cursor = None
) -> PageView[WebhookView]:
    """By id."""
    page = await webhooks.list_webhooks(wired, limit, cursor)
    return PageView(items=list(map(WebhookView.of, page.items)), next_cursor=page.next_cursor)


@router.post("", summary="Subscribe to events", status_code=201, **guarded(_NEEDS, also=(409,)))
async def add_webhook(
    body: WebhookBody, request: Request, response: Response, wired: Wired, who: Who
) -> MadeWebhookView:
    """Events are sent to the URL, several in one request, each at least once; within a second or so
    from now on. Every request is signed with the secret, as Standard Webhooks says. 409 when there
    are 50."""
    holds_a_secret(request)
    webhook, secret = await webhooks.add_webhook(wired, body.wanted(), who)
    response.headers["Location"] = location(request, f"/webhooks/{webhook.id}")
    return MadeWebhookView.made(webhook, secret)


@router.get(_ONE, summary="Get a webhook", **guarded(_NEEDS, also=(404,)))
async def get_webhook(webhook_id: Id, wired: Wired) -> WebhookView:
    return WebhookView.of(await webhooks.get_webhook(wired, webhook_id))


@router.patch(_ONE, summary="Change a webhook", **guarded(_NEEDS, also=(404,)))
async def change_webhook(webhook_id: Id, body: WebhookPatch, wired: Wired, who: Who) -> WebhookView:
    return WebhookView.of(await webhooks.change_webhook(wired, webhook_id, who, body.over))


@router.delete(_ONE, summary="Remove a webhook", status_code=204, **guarded(_NEEDS, also=(404,)))
async def remove_webhook(webhook_id: Id, wired: Wired, who: Who) -> None:
    """With its log, and what it is yet to be told."""
    await webhooks.remove_webhook(wired, webhook_id, who)


@router.post(
    f"{_ONE}/secret", summary="Change the secret of a webhook", **guarded(_NEEDS, also=(404,))
)
async def rotate_secret(
    webhook_id: Id, body: RotateBody, request: Request, wired: Wired, who: Who
) -> MadeWebhookView:
    """Until the receiver has the new one, every request is signed with both."""
    holds_a_secret(request)
    webhook, secret = await webhooks.rotate_secret(wired, webhook_id, body.old_good_for(), who)
    return MadeWebhookView.made(webhook, secret)


@router.post(
    f"{_ONE}/test",
    summary="Try out a webhook",
    status_code=202,
    **guarded(_NEEDS, also=(404, 409)),
)
async def test_webhook(webhook_id: Id, wired: Wired, who: Who) -> DeliveryView:
    """An event `ping` is sent at once; what became of it is in the list of deliveries. 409 when the
    webhook is disabled."""
    return DeliveryView.of(await webhooks.test_webhook(wired, webhook_id, who))


@router.get(_LOG, summary="List deliveries of a webhook", **guarded(_NEEDS, also=(404,)))
async def list_deliveries(
    webhook_id: Id,
    wired: Wired,
    state: Annotated[DeliveryState | None, Query()] = None,
    limit: Limit = ONE_PAGE,
    cursor: Cursor = None,
) -> PageView[DeliveryView]:
    """Newest first: requests that were made or are to be. Those that ended go after 14 days
    (`API_WEBHOOK_LOG_DAYS`)."""
    page = await webhooks.list_deliveries(wired, webhook_id, state, limit, cursor)
    return PageView(items=list(map(DeliveryView.of, page.items)), next_cursor=page.next_cursor)


@router.post(
    f"{_LOG}/{{delivery_id}}/replay",
    summary="Send a delivery again",
    status_code=202,
    **guarded(_NEEDS, also=(404, 409)),
)
async def replay_delivery(webhook_id: Id, delivery_id: Id, wired: Wired, who: Who) -> DeliveryView:
    """The same events, under the same ids, at once. 409 as long as it is tried by itself, or when
    the webhook is disabled."""
    replayed = await webhooks.replay_delivery(wired, webhook_id, delivery_id, who)
    return DeliveryView.of(replayed)
