"""Every sentence that a problem may tell is there in Russian, and says the same with its values."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.api.entrypoints.http.languages import faults, speaking
from services.api.entrypoints.http.languages.russian import ANSWERS, RULES, TITLES, WORDS
from services.api.entrypoints.http.languages.speaking import ENGLISH, RUSSIAN, preferred, say

ROOT = Path(__file__).resolve().parents[5]
CATALOGUE = {**RULES, **ANSWERS, **WORDS}
# What these say stands in answers that are no problems, in mail, or in the log of a start.
NO_PROBLEMS = (
    *("domain/explain", "domain/imports/batches", "domain/imports/columns"),
    *("domain/imports/objects", "domain/imports/reading", "domain/imports/records"),
    *("domain/imports/rows", "domain/choices", "domain/parked", "handlers/parked"),
    *("settings", "entrypoints/http/explain", "entrypoints/http/plans_models", "domain/letters"),
    *("entrypoints/http/languages/", "entrypoints/http/permissions", "migrations/"),
)
# What the document of the API says.
DOCUMENTATION = {"summary", "description", "examples", "example"}
# Put together of parts that the catalogue has as a whole.
COMPOSED = {"{} {}."}
_SENTENCE = re.compile(r"[A-Z{'\"].*\s.*[.?]", re.DOTALL)


def template(node: ast.AST) -> str | None:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        parts = (one.value if isinstance(one, ast.Constant) else "{}" for one in node.values)
        return "".join(map(str, parts))
    return None


def left_out(tree: ast.Module) -> set[ast.AST]:
    """Docstrings, documentation, and the parts of what is looked at as a whole."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=values):
                found.update(values)
            case ast.Expr(value=ast.Constant()):
                found.add(node.value)
            case ast.keyword(arg=arg) if arg in DOCUMENTATION:
                found.update(ast.walk(node.value))
            case ast.Dict(keys=keys, values=values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value in DOCUMENTATION:
                        found.update(ast.walk(value))
            case ast.Assign(targets=[ast.Name(id=name)]) if name in _ABOUT:
                found.update(ast.walk(node.value))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found.update(ast.walk(value) if name in _ABOUT else ())
            case ast.Call(func=ast.Name(id="may_be_left_out")):
                found.update(one for arg in node.args for one in ast.walk(arg))
    return found


# Names of documentation, and of examples in it.
_ABOUT = ("_ABOUT", "_BEARER", "_EXAMPLE", "_OUTCOME")


def sentences() -> Iterator[tuple[str, str]]:
    """Where it is said, and what."""
    for folder in ("services/api", "shared/domain"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            where = str(path.relative_to(ROOT))
            if any(part in where for part in NO_PROBLEMS):
                continue
            tree = ast.parse(path.read_text())
            aside = left_out(tree)
            for node in ast.walk(tree):
                said = None if node in aside else template(node)
                if said is not None and _SENTENCE.fullmatch(said):
                    yield where, said


def test_every_sentence_is_there_in_russian() -> None:
    said = list(sentences())
    assert len({one for _, one in said}) > 120  # or the walk sees nothing
    missing = [(where, one) for where, one in said if one not in {*CATALOGUE, *COMPOSED}]
    assert missing == [], "Put them into entrypoints/http/languages/russian.py."


def test_every_fault_of_a_value_is_there_in_russian() -> None:
    told = {re.sub(r"\{\w+\}", "{}", one) for one in faults.SENTENCES.values()}
    assert told - RULES.keys() == set()


@pytest.mark.parametrize("english", CATALOGUE)
def test_a_value_stands_in_its_place(english: str) -> None:
    values = [f"<{n}>" for n in range(english.count("{}"))]
    said = say(english.format(*values), RUSSIAN)
    assert re.search("[а-яё]", said), said
    assert "{" not in said
    russian = CATALOGUE[english]
    for number, value in enumerate(values):
        assert (value in said) is (f"{{{number}" in russian)
    places = set(map(int, re.findall(r"\{(\d+)", russian)))
    assert places <= set(range(len(values)))


def test_the_form_of_a_word_goes_with_its_number() -> None:
    forms = {1: "1 символа", 2: "2 символов", 5: "5 символов", 11: "11 символов", 21: "21 символа"}
    for number, told in forms.items():
        assert told in say(f"This has more than {number} characters.", RUSSIAN)
    rule = (
        "A phone number is 11 digits and begins with 7, such as 79161234567 or +7 (916) 123-45-67"
    )
    for number, told in {1: "1 цифра", 3: "3 цифры", 12: "12 цифр", 22: "22 цифры"}.items():
        assert told in say(f"{rule}; this has {number}.", RUSSIAN)


def test_a_word_of_ours_is_said_in_russian_and_a_callers_is_not() -> None:
    assert say("There is no client 7.", RUSSIAN) == "Клиента 7 нет."
    assert say("There is no tag draft.", RUSSIAN) == "Нет тега draft."
    told = say("Only a draft can be launched; this mailing is running.", RUSSIAN)
    assert told == "Запустить можно только черновик; эта рассылка идёт."
    assert say("Client 7 has this phone already.", RUSSIAN) == "У клиента 7 уже есть этот номер."


def test_what_nobody_has_translated_is_told_as_it_is() -> None:
    assert say("Nobody ever said this.", RUSSIAN) == "Nobody ever said this."
    assert say("Unknown field.", ENGLISH) == "Unknown field."
    assert speaking.title(418, RUSSIAN) == "I'm a Teapot"
    assert speaking.title(404, RUSSIAN) == TITLES[404]


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", ENGLISH),
        ("ru", RUSSIAN),
        ("ru-RU, ru;q=0.9, en;q=0.8", RUSSIAN),
        ("en-US, ru;q=0.9", ENGLISH),
        ("en;q=0.5, RU;q=0.7", RUSSIAN),
        ("de, ru;q=0.3", RUSSIAN),
        ("de, *;q=0.5, ru;q=0.3", ENGLISH),
        ("ru;q=0", ENGLISH),
        ("ru;q=0, *", ENGLISH),
        ("de", ENGLISH),
        ("*", ENGLISH),
        (",;q=,ru ; q=0.1,", RUSSIAN),
        ("ru;q=2", ENGLISH),
    ],
)
def test_the_language_that_is_liked_best(header: str, language: str) -> None:
    assert preferred(header) == language
