"""What a local run consists of."""

from collections.abc import Mapping

import pytest

from deploy.local.plan import Plan, port_names, sender_count
from deploy.local.ways import WayNotUnderstoodError
from deploy.secret_values import SECRETS
from services.api.domain.signatures import key_of

PORTS = {name: 20000 + n for n, name in enumerate(("api", *port_names({"SENDER_REPLICAS": "3"})))}


def plan(**variables: str) -> Plan:
    secrets = {name: f"{name}-secret" for name in SECRETS}
    return Plan({**secrets, "PATH": "/bin", **variables}, PORTS)


def environments(made: Plan) -> dict[str, Mapping[str, str]]:
    return {unit.spec.name: unit.spec.environment for unit in made.units()}


def test_the_simulator_stands_in_until_there_is_a_provider() -> None:
    assert "simulator" in environments(plan())
    assert "simulator" not in environments(plan(SENDER_PROVIDER_URL="https://provider.test"))


def test_each_sender_has_a_name_a_port_and_a_number() -> None:
    senders = {
        name: environment
        for name, environment in environments(plan(SENDER_REPLICAS="3")).items()
        if name.startswith("sender-")
    }

    assert list(senders) == ["sender-1", "sender-2", "sender-3"]
    assert len({environment["SENDER_PORT"] for environment in senders.values()}) == 3
    assert len({environment["SENDER_NODE"] for environment in senders.values()}) == 3


def test_a_process_with_a_way_is_told_it_and_nobody_else_is() -> None:
    made = plan(CARILLON_WAYS="sender-1/postgres=6432,sender-1/amqp=5673,api/amqp=5674")
    found = environments(made)
    amqp, postgres = f":{PORTS['amqp']}/", f":{PORTS['postgres']}/"

    assert ":6432/" in found["sender-1"]["SENDER_DATABASE_URL"]
    assert ":5673/" in found["sender-1"]["RABBITMQ_URL"]
    assert postgres in found["sender-2"]["SENDER_DATABASE_URL"]
    assert amqp in found["sender-2"]["RABBITMQ_URL"]
    assert ":5674/" in found["api"]["RABBITMQ_URL"]
    assert postgres in found["api"]["API_DATABASE_URL"]
    for step in (*made.migrations(), made.topology(), *made.rebuild()):
        assert ":6432/" not in "".join(step.environment.values())
        assert amqp in step.environment["RABBITMQ_URL"]


def test_the_simulator_brings_receipts_that_the_api_takes() -> None:
    found = environments(plan())
    secret = found["simulator"]["SIMULATOR_RECEIPTS_SECRET"]
    assert found["api"]["API_RECEIPT_SECRETS"] == f"simulator={secret}"
    assert key_of(secret)
    address = f":{PORTS['api']}/api/v1/receipts/simulator"
    assert found["simulator"]["SIMULATOR_RECEIPTS_URL"].endswith(address)
    assert found["simulator"]["SIMULATOR_RECEIPTS"] == "false"
    theirs = environments(plan(API_RECEIPT_SECRETS="sms=whsec_x", SIMULATOR_RECEIPTS="true"))
    assert theirs["api"]["API_RECEIPT_SECRETS"].startswith("sms=whsec_x,simulator=")
    assert theirs["simulator"]["SIMULATOR_RECEIPTS"] == "true"
    real = environments(plan(SENDER_PROVIDER_URL="https://sms.example.com"))
    assert "API_RECEIPT_SECRETS" not in real["api"]


@pytest.mark.parametrize("way", ["sender-1=5", "sender-1/redis=5", "/amqp=5", "api/amqp=x"])
def test_a_way_that_cannot_be_understood_is_named(way: str) -> None:
    with pytest.raises(WayNotUnderstoodError, match=way):
        plan(CARILLON_WAYS=f"api/amqp=5, {way}")


def test_a_single_scheduler_has_no_number() -> None:
    environment = environments(plan())["scheduler"]

    assert environment["SCHEDULER_NODE"] == "0"
    assert environments(plan())["api"]["API_SCHEDULER_URL"].endswith(environment["SCHEDULER_PORT"])


def test_each_of_several_schedulers_has_a_name_a_port_and_a_node() -> None:
    two = {"SCHEDULER_REPLICAS": "2"}
    ports = {name: 20000 + n for n, name in enumerate(("api", *port_names(two)))}
    secrets = {name: f"{name}-secret" for name in SECRETS}
    found = environments(Plan({**secrets, **two}, ports))

    replicas = {name: found[name] for name in found if name.startswith("scheduler")}
    assert list(replicas) == ["scheduler-1", "scheduler-2"]
    assert [own["SCHEDULER_NODE"] for own in replicas.values()] == ["0", "1"]
    assert len({own["SCHEDULER_PORT"] for own in replicas.values()}) == 2
    assert found["api"]["API_SCHEDULER_URL"].endswith(replicas["scheduler-1"]["SCHEDULER_PORT"])


@pytest.mark.parametrize("service", ["api", "scheduler", "sender-1", "stats"])
def test_a_service_knows_its_own_secrets_only(service: str) -> None:
    environment = environments(plan())[service]

    own = service.partition("-")[0].upper()
    secrets = [name for name, value in environment.items() if "-secret" in value]
    assert f"{own}_DATABASE_URL" in secrets
    assert all(name.startswith((own, "RABBITMQ_URL", "SERVICE_TOKEN")) for name in secrets)


def test_what_a_person_sets_reaches_its_service_and_no_other() -> None:
    found = environments(plan(SENDER_CALL_TIMEOUT="3", LOG_LEVEL="DEBUG"))

    assert found["sender-1"]["SENDER_CALL_TIMEOUT"] == "3"
    assert "SENDER_CALL_TIMEOUT" not in found["api"]
    assert found["api"]["LOG_LEVEL"] == "DEBUG"


def test_the_topology_step_knows_the_tiers_and_the_administrator() -> None:
    step = plan(SENDER_RETRY_TIERS="1,2").topology()

    assert step.environment["SENDER_RETRY_TIERS"] == "1,2"
    assert "RABBITMQ_ADMIN_PASSWORD-secret" in step.environment["RABBITMQ_MANAGEMENT_URL"]


def test_two_senders_unless_told_otherwise() -> None:
    assert (sender_count({}), sender_count({"SENDER_REPLICAS": "5"})) == (2, 5)
