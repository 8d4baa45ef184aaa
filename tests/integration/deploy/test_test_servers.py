"""The servers that the other tests stand on."""

import asyncpg
import httpx

from tests.support.servers import PostgresForTests, RabbitMQForTests, Vhost


async def test_each_database_is_new_and_empty(postgres: PostgresForTests) -> None:
    first, second = [await postgres.new_database("Orders-1") for _ in range(2)]

    assert first != second
    connection = await asyncpg.connect(first.replace("+asyncpg", ""))
    tables = await connection.fetchval("select count(*) from pg_tables where schemaname = 'public'")
    await connection.close()
    assert tables == 0


async def test_a_vhost_is_open_to_the_administrator(
    rabbitmq: RabbitMQForTests, vhost: Vhost
) -> None:
    async with httpx.AsyncClient(base_url=vhost.management_url) as api:
        permissions = (await api.get(f"/api/vhosts/{vhost.name}/permissions")).json()

    assert [one["configure"] for one in permissions] == [".*"]
    assert vhost.amqp_url.endswith(f"/{vhost.name}")
    assert rabbitmq.amqp_url != vhost.amqp_url
