"""What a template may say: of Jinja's language only what cannot run long or allocate much.

No loops, no calls, no arithmetic, no deep nesting; only filters whose result is never much longer
than what they are given, whatever the values are. So what passes here can be rendered a million
times, and fails, if at all, only for what a single client lacks.
"""

import inspect
import unicodedata
from collections.abc import Iterable, Iterator

import jinja2
import jinja2.filters
from jinja2 import meta, nodes

VARIABLES = ("name", "phone", "email", "timezone", "operator_code", "tags", "attributes")
ATTRIBUTES = "attributes"
FILTERS = (
    *("default", "d", "upper", "lower", "title", "capitalize", "trim", "truncate"),
    *("first", "last", "join", "int", "round", "length", "string"),
)
TESTS = (
    *("defined", "undefined", "none", "string", "number"),
    *("in", "eq", "ne", "lt", "le", "gt", "ge"),
)

# Deeper than anybody writes, and far from where Python's own parser and compiler give up.
DEEPEST_BRACKETS = 10
DEEPEST = 30
# Of a filter's argument: rounding to a million digits would take them all.
LARGEST_NUMBER = 1_000
# Of any number that is written down: more digits than anybody would send.
MOST_DIGITS = 64
# What a word may hold that no screen shows: nothing else can be told from an escape in it.
_LAYOUT = "\n\r\t"

_ALLOWED: tuple[type[nodes.Node], ...] = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Keyword),
    *(nodes.Getattr, nodes.Getitem, nodes.Filter, nodes.Test, nodes.If, nodes.CondExpr),
    *(nodes.Compare, nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Concat),
)
_TOO_DEEP = "The template is nested too deeply."
_TOO_LARGE = "A number in the template is too large."


class BadTemplate(ValueError):
    """The text cannot be a template; the message says why, in a sentence for its author."""


def checked_tree(environment: jinja2.Environment, text: str) -> nodes.Template:
    """Raises BadTemplate, jinja2.TemplateSyntaxError."""
    _check_brackets(token[1:] for token in environment.lex(text))
    try:
        tree = environment.parse(text)
    except RecursionError:
        raise BadTemplate(_TOO_DEEP) from None
    except ValueError:  # Python reads no number of so many digits
        raise BadTemplate(_TOO_LARGE) from None
    _check_depth(tree)
    for node in tree.find_all(nodes.Node):
        _check(node)
    _check_names(tree)
    return tree


def named(tree: nodes.Template) -> Iterator[str]:
    """The variables, each part of the attributes for itself."""
    yield from (name for name in meta.find_undeclared_variables(tree) if name != ATTRIBUTES)
    yield from (f"{ATTRIBUTES}.{_key(part)}" for part in _parts(tree))


def _check_brackets(tokens: Iterable[tuple[str, str]]) -> None:
    depth = 0
    for kind, value in tokens:
        if kind == "operator" and value in ("(", "[", "{"):
            depth += 1
        elif kind == "operator" and value in (")", "]", "}"):
            depth -= 1
        if depth > DEEPEST_BRACKETS:
            raise BadTemplate(_TOO_DEEP)


def _check_depth(tree: nodes.Template) -> None:
    level: list[nodes.Node] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in node.iter_child_nodes()]
    if level:
        raise BadTemplate(_TOO_DEEP)


def _check(node: nodes.Node) -> None:
    if not isinstance(node, _ALLOWED):
        what = type(node).__name__.lower()
        raise BadTemplate(f"A template cannot use {what} (line {node.lineno}).")
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        raise BadTemplate(f"Unknown test {node.name!r}; known: {', '.join(TESTS)}.")
    if isinstance(node, nodes.Const):
        _check_constant(node)
    if isinstance(node, nodes.Filter):
        _check_filter(node)
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        _check_access(node)


def _check_constant(node: nodes.Const) -> None:
    """Escapes in a word can make what no text may hold; a number may be none that can be said."""
    value = node.value
    if isinstance(value, str) and any(map(_is_unspeakable, value)):
        raise BadTemplate(f"A word holds characters that cannot be sent (line {node.lineno}).")
    if isinstance(value, int | float) and not abs(value) < 10**MOST_DIGITS:
        raise BadTemplate(_TOO_LARGE)


def _is_unspeakable(character: str) -> bool:
    """A control character, or half of a pair that stands alone."""
    return unicodedata.category(character) in ("Cc", "Cs") and character not in _LAYOUT


def _check_filter(node: nodes.Filter) -> None:
    if node.name not in FILTERS:
        raise BadTemplate(f"Unknown filter {node.name!r}; known: {', '.join(FILTERS)}.")
    if not _takes_its_arguments(node):
        raise BadTemplate(
            f"The filter {node.name} cannot take these arguments (line {node.lineno})."
        )
    if node.name in ("default", "d"):
        return
    arguments = [*node.args, *(keyword.value for keyword in node.kwargs)]
    if not all(map(_is_modest, arguments)) or node.dyn_args or node.dyn_kwargs:
        raise BadTemplate(
            f"Only default takes more than a word or a number up to {LARGEST_NUMBER};"
            f" {node.name} does not (line {node.lineno})."
        )
    # Joining what was joined would multiply.
    of_tags = isinstance(node.node, nodes.Name) and node.node.name == "tags"
    if node.name == "join" and (not of_tags or len(node.args) > 1 or node.kwargs):
        raise BadTemplate(f"Only tags can be joined, such as tags|join(', ') (line {node.lineno}).")


def _takes_its_arguments(node: nodes.Filter) -> bool:
    """Whether the call is one that the filter's function could take."""
    function = jinja2.filters.FILTERS[node.name]
    value_and_environment = 1 + hasattr(function, "jinja_pass_arg")
    places = [None] * (value_and_environment + len(node.args))
    try:
        inspect.signature(function).bind(*places, **{str(each.key): None for each in node.kwargs})
    except TypeError:
        return False
    return True


def _is_modest(argument: nodes.Node) -> bool:
    if not isinstance(argument, nodes.Const):
        return False
    value = argument.value
    return not isinstance(value, int | float) or 0 <= value <= LARGEST_NUMBER


def _check_access(node: nodes.Getattr | nodes.Getitem) -> None:
    of_attributes = isinstance(node.node, nodes.Name) and node.node.name == ATTRIBUTES
    if not of_attributes or _key(node) is None:
        raise BadTemplate(
            f"Only attributes have parts, such as attributes.city (line {node.lineno})."
        )


def _check_names(tree: nodes.Template) -> None:
    names = [node.name for node in tree.find_all(nodes.Name)]
    unknown = sorted(set(names) - set(VARIABLES))
    if unknown:
        known = ", ".join((*VARIABLES[:-1], f"{ATTRIBUTES}.<name>"))
        raise BadTemplate(f"Unknown variable {unknown[0]!r}; known: {known}.")
    if names.count(ATTRIBUTES) > len(_parts(tree)):
        raise BadTemplate("Say which of the attributes: attributes.city, for one.")


def _parts(tree: nodes.Template) -> list[nodes.Getattr | nodes.Getitem]:
    return [*tree.find_all(nodes.Getattr), *tree.find_all(nodes.Getitem)]


def _key(node: nodes.Getattr | nodes.Getitem) -> str | None:
    if isinstance(node, nodes.Getattr):
        return node.attr
    constant = node.arg
    if isinstance(constant, nodes.Const) and isinstance(constant.value, str):
        return constant.value
    return None
