"""Texts with places for what is known of a client."""

import random

import pytest

from shared.domain.templates import (
    BadTemplate,
    MissingVariable,
    Recipient,
    TooLong,
    UnusableValue,
    template,
)

OLGA = Recipient(
    name="Olga",
    phone="79001234567",
    timezone="Asia/Omsk",
    operator_code="900",
    tags=("vip", "spring"),
    attributes={
        "city": "Omsk",
        "items": 3,
        "empty": "",
        "blank": " ",
        "none": None,
        "zero": 0,
        "vip": True,
    },
)
NOBODY = Recipient()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Plain { text } 100%", "Plain { text } 100%"),
        ("Hello {{ name }}!\n", "Hello Olga!\n"),
        ("{{ attributes.city|upper }} {{ attributes['city'] }}", "OMSK Omsk"),
        ("{{ attributes.items }}", "3"),
        ("{{ attributes.zero }}", "0"),
        ('{{ attributes.street|default("the street") }}', "the street"),
        ('{{ attributes.empty|default("…") }}{{ attributes.none|d("!") }}', "…!"),
        ("{{ tags|join(', ') }}", "vip, spring"),
        ("{{ name|truncate(3, true, '', 0) }}{{ name|trim }}{{ name|first }}", "OlgOlgaO"),
        ("{{ attributes.zero|round(1, 'floor') }}{{ name|length }}{{ '7'|int(3) }}", "0.047"),
        ("{{ attributes.blank|default('.') }}", "."),
        ("{% if attributes.vip %}Dear {% endif %}{{ name }}", "Dear Olga"),
        ("{% if attributes.other %}a{% elif 'vip' in tags %}b{% else %}c{% endif %}", "b"),
        ("{{ 'yes' if attributes.other is defined else 'no' }}", "no"),
        ("{{ name ~ '!' }}{# said quietly #}", "Olga!"),
        ("{{ '<b>' ~ name }}", "<b>Olga"),
    ],
)
def test_what_a_client_gets(text: str, expected: str) -> None:
    assert template(text).render(OLGA) == expected


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ nmae }}", "Unknown variable 'nmae'"),
        ("{% if nmae %}a{% endif %}", "Unknown variable 'nmae'"),
        ("{{ name", "cannot be read"),
        ("{% if name %}", "cannot be read"),
        ("{% for i in tags %}{{ i }}{% endfor %}", "cannot use for"),
        ("{% set a = 1 %}", "cannot use assign"),
        ("{% include 'x' %}", "cannot use include"),
        ("{{ range(10) }}", "cannot use call"),
        ("{{ name.upper() }}", "cannot use call"),
        ("{{ name * 1000000000 }}", "cannot use mul"),
        ("{{ 9 ** 9 }}", "cannot use pow"),
        ("{{ name|center(1000000000) }}", "filter"),
        ("{{ name|upper(1) }}", "upper cannot take"),
        ("{{ name|default('x', true, 5) }}", "default cannot take"),
        ("{{ name|truncate(long=3) }}", "truncate cannot take"),
        ("{{ name|replace('a', 'b') }}", "filter"),
        ("{{ name.__class__ }}", "Only attributes have parts"),
        ("{{ attributes.city.__class__ }}", "Only attributes have parts"),
        ("{{ attributes[name] }}", "Only attributes have parts"),
        ("{{ name is divisibleby 3 }}", "test"),
        ("{{ self }}", "Unknown variable 'self'"),
        ("{{ attributes }}", "Say which"),
        ("{{ attributes.city ~ attributes }}", "Say which"),
        ("{{ name|truncate(attributes.length) }}", "Only default takes"),
        ("{{ name|truncate(*tags) }}", "Only default takes"),
        ("{{ attributes.age|round(999999999, 'ceil') }}", "Only default takes"),
        ("{{ attributes.age|round(precision=attributes.age) }}", "Only default takes"),
        ("{{ tags|join(tags|join(tags)) }}", "Only default takes"),
        ("{{ tags|join('x')|join('x') }}", "Only tags can be joined"),
        ("{{ tags|join(', ', attribute='upper') }}", "Only tags can be joined"),
        ("{{ name ~ 1e400 }}", "too large"),
        ("{{ name|default(1e400) }}", "too large"),
        ("{% if attributes.age < 1e999 %}a{% endif %}", "too large"),
        ("{{ " + "9" * 65 + " }}", "too large"),
        ("{{ " + "9" * 3_900 + " }}", "too large"),
        ("{{ " + "9" * 5_000 + " }}", "too large"),
        ("{{ name ~ 0x" + "f" * 3_900 + " }}", "too large"),
        (r"{{ name ~ '\ud800' }}", "cannot be sent"),
        (r"{{ name ~ '\x00' }}", "cannot be sent"),
        (r"{{ tags|join('\x1b') }}", "cannot be sent"),
        (r"{{ name|default('\N{NULL}') }}", "cannot be sent"),
        ("{# nothing #}", "says nothing"),
        ("{{ ' ' }}", "says nothing"),
    ],
)
def test_what_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadTemplate, match=why):
        template(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 1000 + "name" + ")" * 1000 + " }}",
        "{{ " + "(" * 11 + "name" + ")" * 11 + " }}",
        "{% if name %}" * 150 + "x" + "{% endif %}" * 150,
        "{{ " + "not " * 900 + "name }}",
        "{{ name" + "|upper" * 600 + " }}",
        "{{ " + "name if " * 400 + "name }}",
        "{{ " + "name|d(" * 300 + "name" + ")" * 300 + " }}",
    ],
)
def test_what_is_nested_too_deeply_is_refused(text: str) -> None:
    with pytest.raises(BadTemplate, match="deeply"):
        template(text)


SOUP = (
    *("{{", "}}", "{%", "%}", "{#", "#}", "name", "attributes", "tags", "if", "else", "endif"),
    *("|upper", "|default(", "|join(", "|int", "(", ")", "[", "]", "{", "}", "'", '"', "~", "."),
    *("in", "is", "not", "and", "1", "9" * 50, "1e400", "0x", ",", "-", "*", "\\", r"\ud800", "\n"),
)


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_written_is_refused_or_can_be_sent(seed: int) -> None:
    """Anything else that was raised would stop whoever has it in hand."""
    chance = random.Random(seed)
    for _ in range(200):
        text = "".join(chance.choices(SOUP, k=chance.randint(2, 40)))
        try:
            sent = template(text).render(OLGA)
        except (BadTemplate, MissingVariable, TooLong):
            continue
        assert sent.encode()


def test_what_is_long_need_not_be_deep() -> None:
    text = "{{ name" + " ~ name" * 400 + " }}" + "(" * 100
    assert template(text).render(OLGA) == "Olga" * 401 + "(" * 100


def test_a_client_who_would_get_nothing_at_all_gets_nothing() -> None:
    conditional = template("{% if name %}Dear {{ name }}{% endif %} ")
    assert conditional.render(OLGA) == "Dear Olga "
    with pytest.raises(MissingVariable) as missing:
        conditional.render(NOBODY)
    assert missing.value.variable == "name"


@pytest.mark.parametrize(
    ("text", "variable"),
    [
        ("{{ name }}", "name"),
        ("{{ name|upper }}", "name"),
        ("{{ name ~ '!' }}", "name"),
        ("{{ attributes.city }}", "attributes.city"),
        ("{{ attributes['city']|trim }}", "attributes.city"),
    ],
)
def test_no_text_with_a_hole_in_it(text: str, variable: str) -> None:
    with pytest.raises(MissingVariable) as missing:
        template(text).render(NOBODY)
    assert missing.value.variable == variable


@pytest.mark.parametrize(
    "text",
    [
        "{% if attributes.city > 18 %}grown{% endif %}",  # a word beside a number
        "{% if attributes.age > 18 %}grown{% endif %}",  # nothing beside a number
        "{{ name|round }}",
        "{{ attributes.items|length }}",
        "{{ name|truncate(1) }}",
    ],
)
def test_a_value_without_use_is_the_clients_trouble_and_no_bug(text: str) -> None:
    read = template(text)
    with pytest.raises(UnusableValue) as unusable:
        read.render(OLGA)
    assert unusable.value.variable == ", ".join(sorted(read.variables))


def test_the_first_of_no_tags_names_the_tags() -> None:
    with pytest.raises(MissingVariable) as missing:
        template("{{ tags|first }}").render(NOBODY)
    assert missing.value.variable == "tags"


def test_the_attributes_of_python_are_not_those_of_a_client() -> None:
    with pytest.raises(MissingVariable):
        template("{{ attributes.__class__ }}").render(OLGA)


def test_variables_are_named() -> None:
    named = template("{{ name }} {{ attributes.city|d('') }}{% if attributes['vip'] %}{% endif %}")
    assert named.variables == {"name", "attributes.city", "attributes.vip"}
    assert not named.is_plain
    assert template("Hello").is_plain


def test_a_result_too_long_is_nobodys() -> None:
    with pytest.raises(TooLong):
        template("{{ name }}" * 300).render(Recipient(name="x" * 200))
