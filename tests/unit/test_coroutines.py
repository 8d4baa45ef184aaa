"""What answers requests runs in the event loop: a plain function would go through a thread, and on
a full machine each hop there and back is a wait of its own."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ENTRYPOINTS = sorted(ROOT.glob("services/*/entrypoints/**/*.py"))
METHODS = {"get", "post", "put", "patch", "delete"}


def plain_functions(tree: ast.Module) -> list[str]:
    """Routes, and what they depend on, that are not coroutines."""
    wanted = {
        node.args[0].id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "Depends"
        and node.args
        and isinstance(node.args[0], ast.Name)
    }
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [
        one.name for one in functions if one.name in wanted or any(map(_routes, one.decorator_list))
    ]


def _routes(decorator: ast.expr) -> bool:
    made_by = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(made_by, ast.Attribute) and made_by.attr in METHODS


@pytest.mark.parametrize("path", ENTRYPOINTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_requests_are_answered_by_coroutines(path: Path) -> None:
    assert plain_functions(ast.parse(path.read_text())) == []


def test_a_plain_function_would_be_noticed() -> None:
    seen = "def a(): ...\nD = Depends(a)\n@router.get('/')\ndef b(): ...\nasync def c(): ...\n"
    assert plain_functions(ast.parse(seen)) == ["a", "b"]
