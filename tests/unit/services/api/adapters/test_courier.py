"""The way to a receiver, over real sockets of this machine."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from services.api.adapters.courier import MOST_READ, HttpCourier, SystemResolver
from services.api.domain.addresses import Address
from services.api.domain.hook_tries import Trouble
from tests.support.receiver import Receiver, receiving

ONE = (ip_network("127.0.0.1/32"),)
NAME = "hooks.example.com"
HEADERS = {"webhook-id": "msg_1"}
BODY = b'{"type":"events"}'


class Names:
    """A resolver that says something else each time, as the owner of a name may."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self._answers = [[ip_address(one) for one in answer] for answer in answers]
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> Sequence[Address]:
        self.asked.append((host, port))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


def named(receiver: Receiver) -> str:
    """Its URL, under a name."""
    parts = urlsplit(receiver.url)
    return f"{parts.scheme}://{NAME}:{parts.port}{parts.path}"


async def test_it_has_what_was_sent(receiver: Receiver) -> None:
    receiver.status = 204
    async with HttpCourier(ONE) as courier:
        tried = await courier.carry(f"{receiver.url}?key=1", HEADERS, BODY)
    assert (tried.status, tried.trouble) == (204, None)
    [came] = receiver.came
    assert (came.path, came.body) == ("/hook?key=1", BODY)
    assert came.headers["webhook-id"] == "msg_1"
    assert came.headers["content-type"] == "application/json"
    assert "carillon" in came.headers["user-agent"].lower()


async def test_a_connection_is_used_again(receiver: Receiver) -> None:
    names = Names(["127.0.0.1"])
    async with HttpCourier(ONE, names) as courier:
        for _ in range(3):
            assert (await courier.carry(named(receiver), HEADERS, BODY)).is_taken
    assert len(names.asked) == 1


@pytest.mark.parametrize("allowed", [(), (ip_network("10.0.0.0/8"), ip_network("::1/128"))])
async def test_inside_is_called_only_where_it_is_named(
    receiver: Receiver, allowed: tuple[()]
) -> None:
    async with HttpCourier(allowed) as courier:
        for host in ("127.0.0.1", "localhost", "2130706433", "127.1", "0x7f.0.0.1"):
            url = f"http://{host}:{urlsplit(receiver.url).port}/"
            assert (await courier.carry(url, HEADERS, BODY)).trouble is Trouble.NOT_ALLOWED
    assert receiver.came == []


async def test_what_was_looked_at_is_what_is_called(receiver: Receiver) -> None:
    """The name leads elsewhere when it is asked again. Who looks first and connects by the name
    then, would be led there."""
    async with receiving("127.0.0.2", urlsplit(receiver.url).port or 0) as victim:
        receiver.headers = {"Connection": "close"}
        names = Names(["127.0.0.1"], ["127.0.0.2"])
        async with HttpCourier(ONE, names) as courier:
            assert (await courier.carry(named(receiver), HEADERS, BODY)).is_taken
            assert len(names.asked) == 1
            tried = await courier.carry(named(receiver), HEADERS, BODY)
            assert tried.trouble is Trouble.NOT_ALLOWED
        assert len(names.asked) == 2
        assert (len(receiver.came), victim.came) == (1, [])


async def test_of_several_addresses_those_are_called_that_may_be(receiver: Receiver) -> None:
    """Nothing listens at the second; the first may not be called."""
    allowed = (*ONE, ip_network("127.0.0.3/32"))
    names = Names(["127.0.0.2", "127.0.0.3", "127.0.0.1"])
    async with receiving("127.0.0.2", urlsplit(receiver.url).port or 0) as victim:
        async with HttpCourier(allowed, names) as courier:
            assert (await courier.carry(named(receiver), HEADERS, BODY)).is_taken
        assert (len(receiver.came), victim.came) == (1, [])


async def test_nobody_is_led_on(receiver: Receiver) -> None:
    async with receiving() as victim, HttpCourier(ONE) as courier:
        receiver.status, receiver.headers = 307, {"Location": victim.url}
        tried = await courier.carry(receiver.url, HEADERS, BODY)
        assert (tried.status, tried.trouble) == (307, Trouble.REDIRECTED)
        assert victim.came == []


async def test_what_takes_too_long_is_broken_off(receiver: Receiver) -> None:
    receiver.delay = 5
    async with HttpCourier(ONE, limit=0.1) as courier:
        tried = await courier.carry(receiver.url, HEADERS, BODY)
    assert tried.trouble is Trouble.TOO_SLOW
    assert 100 <= tried.latency_ms < 2_000


async def test_who_answers_drop_by_drop_has_no_more_time() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while not writer.is_closing():
            writer.write(b".")
            await asyncio.sleep(0.02)

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, HttpCourier(ONE, limit=0.2) as courier:
        tried = await courier.carry(f"http://127.0.0.1:{port}/", HEADERS, BODY)
    assert tried.trouble is Trouble.TOO_SLOW


async def test_of_an_answer_no_more_is_read_than_a_little(receiver: Receiver) -> None:
    receiver.says = b"x" * (64 * MOST_READ)
    async with HttpCourier(ONE) as courier:
        assert (await courier.carry(receiver.url, HEADERS, BODY)).is_taken
        receiver.says = b""
        assert (await courier.carry(receiver.url, HEADERS, BODY)).is_taken


async def test_who_hangs_up_does_not_have_it(receiver: Receiver) -> None:
    receiver.drops = True
    async with HttpCourier(ONE) as courier:
        tried = await courier.carry(receiver.url, HEADERS, BODY)
    assert (tried.status, tried.trouble) == (None, Trouble.BROKEN)


async def test_who_says_something_else_than_http_does_not_have_it() -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example.com ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(babble, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, HttpCourier(ONE) as courier:
        tried = await courier.carry(f"http://127.0.0.1:{port}/", HEADERS, BODY)
    assert tried.trouble is Trouble.BROKEN


async def test_where_nobody_listens() -> None:
    async with HttpCourier(ONE) as courier:
        tried = await courier.carry("http://127.0.0.1:9/", HEADERS, BODY)
    assert (tried.status, tried.trouble) == (None, Trouble.NOT_CONNECTED)


async def test_a_name_that_leads_nowhere() -> None:
    async with HttpCourier(ONE, Names([])) as courier:
        tried = await courier.carry(f"http://{NAME}/", HEADERS, BODY)
    assert tried.trouble is Trouble.NOT_FOUND


async def test_what_the_system_says_of_a_name() -> None:
    resolve = SystemResolver()
    assert await resolve("127.0.0.1", 80) == (ip_address("127.0.0.1"),)
    assert ip_address("127.0.0.1") in await resolve("localhost", 80)
    assert await resolve("a..b", 80) == ()
    assert await resolve("x" * 80 + ".invalid", 80) == ()


async def test_the_certificate_is_asked_for_by_the_name(tmp_path: Path) -> None:
    """Although the connection goes to an address."""
    trusted = certificate(tmp_path, NAME)
    serves = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serves.load_cert_chain(trusted)
    ours = ssl.create_default_context(cafile=trusted)
    async with receiving(tls=serves) as receiver:
        async with HttpCourier(ONE, Names(["127.0.0.1"]), tls=ours) as courier:
            assert (await courier.carry(named(receiver), HEADERS, BODY)).is_taken
            tried = await courier.carry(receiver.url, HEADERS, BODY)
            assert tried.trouble is Trouble.NOT_TRUSTED
        async with HttpCourier(ONE, Names(["127.0.0.1"])) as courier:
            tried = await courier.carry(named(receiver), HEADERS, BODY)
            assert tried.trouble is Trouble.NOT_TRUSTED
    assert len(receiver.came) == 1


def certificate(folder: Path, name: str) -> Path:
    """Of this name, signed by itself, with its key in the same file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    whose = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(whose)
        .issuer_name(whose)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(made.public_bytes(Encoding.PEM) + private)
    return file
