"""What a text comes to for the clients who were looked at."""

from services.scheduler.domain.texts import Sample, SampledClient, TextReport, report, sample
from shared.domain.sms import SmsSize
from shared.domain.templates import Recipient, template

HELLO = template("Hello {{ name }} of {{ attributes.city }}")


def client(number: int, name: str | None = "Ann", city: str | None = "Omsk") -> SampledClient:
    recipient = Recipient(name=name, attributes={"city": city})
    return SampledClient(number, "Europe/Moscow", recipient)


def test_a_sample_is_the_text_and_its_size() -> None:
    assert sample(HELLO, client(1)) == Sample(
        1, "Europe/Moscow", "Hello Ann of Omsk", SmsSize("GSM-7", 17, 17, 1)
    )


def test_or_what_the_client_lacks() -> None:
    lacking = sample(HELLO, client(1, city=None))
    assert lacking == Sample(1, "Europe/Moscow", missing="attributes.city")


def test_or_nothing_when_it_would_be_too_long() -> None:
    long = template("{{ name }}" * 5)
    assert sample(long, client(1, name="x" * 1000)) == Sample(1, "Europe/Moscow")


def test_a_plain_text_needs_nobody() -> None:
    found = report(template("Привет " * 11), [])
    assert found == TextReport(SmsSize("UCS-2", 77, 77, 2), longest_parts=2, mean_parts=2)


def test_a_template_is_counted_over_its_samples() -> None:
    names = ("Ann", "Bob", "x" * 150, "x" * 300)
    clients = [client(n, name=name) for n, name in enumerate(names)]
    clients += [client(5, name=None), client(6, city=None), client(7, city="")]
    found = report(HELLO, [sample(HELLO, one) for one in clients])
    assert found == TextReport(
        typical=SmsSize("GSM-7", 164, 164, 2),
        longest_parts=3,
        mean_parts=7 / 4,
        sampled=7,
        missing={"attributes.city": 2, "name": 1},
    )


def test_who_gets_too_long_a_text_is_counted_apart() -> None:
    long = template("{{ name }}" * 5)
    samples = [sample(long, client(n, name=name)) for n, name in enumerate(("x" * 999, "x", None))]
    found = report(long, samples)
    assert (found.too_long, found.missing, found.sampled) == (1, {"name": 1}, 3)


def test_nobody_to_look_at_leaves_the_size_open() -> None:
    assert report(HELLO, []) == TextReport(None, 0, 0.0)
    assert report(None, []) == TextReport(None, 0, 0.0)
