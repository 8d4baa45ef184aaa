"""What the commands of webhooks ask, and what they print."""

from services.api.entrypoints.http import webhooks_models as models
from tests.unit.carillon.cli.conftest import Run, Stub
from tests.unit.carillon.cli.test_commands import example, page

HOOK = "https://crm.example.com/carillon"


def test_a_secret_is_printed_alone_and_once(run: Run, stub: Stub) -> None:
    made = example(models.MadeWebhookView)
    stub.says("POST /webhooks", made)
    words = "--event mailing.finished --event message.failed --department 3"
    told = run("webhooks", "create", "CRM", HOOK, *words.split())
    assert told.stdout == f"{made['secret']}\n"
    assert stub.body == {
        "name": "CRM",
        "url": HOOK,
        "events": ["mailing.finished", "message.failed"],
        "department_id": 3,
    }
    stub.says("POST /webhooks/4/secret", made)
    assert run("webhooks", "rotate", "4", "--hours", "1").stdout == f"{made['secret']}\n"
    assert stub.body == {"old_good_for_hours": 1}
    assert run("webhooks", "create", "CRM", HOOK).exit_code == 2
    assert run("webhooks", "create", "CRM", HOOK, "--event", "mailing.lost").exit_code == 2


def test_what_was_delivered_is_shown_and_sent_again(run: Run, stub: Stub) -> None:
    delivery = example(models.DeliveryView)
    stub.says("GET /webhooks/4/deliveries", page(delivery))
    [_, line] = run("webhooks", "deliveries", "4", "--state", "pending").stdout.splitlines()
    assert line.split()[:7] == ["917", "pending", "12", "message.failed", "3", "500", "refused"]
    assert stub.last.url.params["state"] == "pending"
    stub.says("POST /webhooks/4/deliveries/917/replay", delivery)
    assert "917" in run("webhooks", "replay", "4", "917").stdout
    stub.says("POST /webhooks/4/test", delivery)
    assert "917" in run("webhooks", "test", "4").stdout


def test_one_is_turned_off_and_on_and_removed(run: Run, stub: Stub) -> None:
    webhook = example(models.WebhookView)
    stub.says("PATCH /webhooks/4", webhook)
    for command, enabled in (("disable", False), ("enable", True)):
        assert run("webhooks", command, "4").stdout == ""
        assert stub.body == {"enabled": enabled}
    stub.says("GET /webhooks", page(webhook))
    [_, line] = run("webhooks", "list").stdout.splitlines()
    assert line.split()[:3] == ["4", "CRM", HOOK]
    assert "enabled" in line
    stub.says("DELETE /webhooks/4", None)
    assert run("webhooks", "remove", "4").exit_code == 0
