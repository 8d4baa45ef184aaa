"""Nothing secret is compared with ``==``: the time it takes tells how much of a guess was right."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(
    file for folder in ("services", "shared", "deploy") for file in (ROOT / folder).rglob("*.py")
)
_SECRET = re.compile(r"token|secret|password|signature|credential|api_?key", re.IGNORECASE)
# What is about a token and is none: which use it is for.
_HARMLESS = {"TokenUse.ACCESS", "TokenUse.REFRESH"}


def comparisons(source: str) -> Iterator[str]:
    """Those for equality, or membership, in which something is called like a secret."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            equal = (ast.Eq, ast.NotEq)
            named = {name for side in sides for name in _names(side)} - _HARMLESS
            if any(isinstance(op, equal) for op in node.ops) and any(map(_SECRET.search, named)):
                yield ast.unparse(node)


def _names(side: ast.expr) -> Iterator[str]:
    if isinstance(side, ast.Name | ast.Attribute):
        yield ast.unparse(side)
    elif isinstance(side, ast.Call):
        yield from (name for part in (side.func, *side.args) for name in _names(part))
    elif isinstance(side, ast.Subscript):
        yield ast.unparse(side)


def test_a_comparison_of_secrets_would_be_noticed() -> None:
    assert list(comparisons("if given == self._token: pass"))
    assert list(comparisons("ok = digest(password) != settings['password']"))
    assert not list(comparisons("ok = hmac.compare_digest(given, token)"))
    assert not list(comparisons("if use == TokenUse.ACCESS: pass"))


@pytest.mark.parametrize("module", MODULES, ids=lambda file: str(file.relative_to(ROOT)))
def test_secrets_are_compared_in_constant_time(module: Path) -> None:
    assert not list(comparisons(module.read_text()))
