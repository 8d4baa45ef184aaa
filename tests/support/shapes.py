"""JSON schemas reduced to what two of them must have in common to speak of the same JSON: names,
types, formats, words, and what may be null. Bounds and descriptions are left out."""

from collections.abc import Mapping
from typing import Any

Json = Mapping[str, Any]
Shape = Any


def shape(schema: Json, names: Json) -> Shape:
    """``names``: where what a ``$ref`` names is found, by its last part."""
    if "$ref" in schema:
        return shape(names[schema["$ref"].rsplit("/", 1)[-1]], names)
    if "anyOf" in schema:
        return _any_of([shape(one, names) for one in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return frozenset(schema.get("enum", [schema.get("const")]))
    match schema.get("type"):
        case "object" if "properties" in schema:
            fields = schema["properties"].items()
            return {name: shape(one, names) for name, one in fields}
        case "object":
            values = schema.get("additionalProperties", True)
            return ("map", shape(values, names) if isinstance(values, Mapping) else "any")
        case "array":
            return ("list", shape(schema.get("items", {}), names))
        case kind:
            return " ".join(filter(None, [kind or "any", schema.get("format")]))


def differences(here: Shape, there: Shape, where: str = "") -> list[str]:
    """What has to be said of two shapes that are not the same."""
    if here == there:
        return []
    if isinstance(here, dict) and isinstance(there, dict):
        missing = [f"{where}.{name} is missing" for name in there.keys() - here.keys()]
        added = [f"{where}.{name} is not there" for name in here.keys() - there.keys()]
        inner = [
            one
            for name in here.keys() & there.keys()
            for one in differences(here[name], there[name], f"{where}.{name}")
        ]
        return sorted(missing + added + inner)
    if isinstance(here, tuple) and isinstance(there, tuple) and here[0] == there[0]:
        return differences(here[1], there[1], f"{where}[]")
    return [f"{where} is {here}, not {there}"]


def _any_of(shapes: list[Shape]) -> Shape:
    """Something or null, mostly; else all of them, in an order that says nothing."""
    others = [one for one in shapes if one != "null"]
    alone = others[0] if len(others) == 1 else ("any of", sorted(map(repr, others)))
    return ("or null", alone) if len(others) < len(shapes) else alone
