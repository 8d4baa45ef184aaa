"""A task that goes through the clients, and a task per message."""

import requests
from celery import shared_task
from django.conf import settings
from django.utils import timezone

from mailings.models import Client, Mailing, Message

_session = requests.Session()


@shared_task
def start_mailing(mailing_id):
    mailing = Mailing.objects.get(id=mailing_id)
    for client in Client.objects.filter(tag=mailing.tag).iterator():
        message = Message.objects.create(mailing=mailing, client=client)
        send_message.delay(message.id)


@shared_task(bind=True, max_retries=5)
def send_message(self, message_id):
    message = Message.objects.select_related("client", "mailing").get(id=message_id)
    if timezone.now() >= message.mailing.ends_at:
        message.status = "expired"
        message.save(update_fields=["status"])
        return
    body = {"id": message.id, "phone": message.client.phone, "text": message.mailing.text}
    headers = {"Authorization": f"Bearer {settings.PROVIDER_TOKEN}"}
    url = f"{settings.PROVIDER_URL}/v1/send/{message.id}"
    try:
        answer = _session.post(url, json=body, headers=headers, timeout=10)
        answer.raise_for_status()
    except requests.RequestException as error:
        raise self.retry(exc=error, countdown=30) from error
    message.status = "sent" if answer.json().get("code") == 0 else "failed"
    message.sent_at = timezone.now()
    message.save(update_fields=["status", "sent_at"])
