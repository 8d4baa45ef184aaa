"""What is wrong with a value, in sentences of ours: pydantic's own are written for programmers."""

from collections.abc import Mapping
from typing import Any

# By the type of the error; a place is named as pydantic names the value.
SENTENCES: Mapping[str, str] = {
    "missing": "Field required.",
    "extra_forbidden": "Unknown field.",
    "string_type": "This must be a string.",
    "string_too_short": "This has fewer than {min_length} characters.",
    "string_too_long": "This has more than {max_length} characters.",
    "string_pattern_mismatch": "This does not have the form that is asked for.",
    "string_unicode": "This is no text that can be kept.",
    "int_type": "This must be a whole number.",
    "int_parsing": "This must be a whole number.",
    "int_parsing_size": "This number is too large.",
    "int_from_float": "This must be a whole number.",
    "float_type": "This must be a number.",
    "float_parsing": "This must be a number.",
    "finite_number": "This must be a finite number.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be true or false.",
    "greater_than": "This must be greater than {gt}.",
    "greater_than_equal": "This must be at least {ge}.",
    "less_than": "This must be less than {lt}.",
    "less_than_equal": "This must be at most {le}.",
    "enum": "This must be one of: {expected}.",
    "literal_error": "This must be one of: {expected}.",
    "list_type": "This must be a list.",
    "dict_type": "This must be an object.",
    "model_type": "This must be an object.",
    "model_attributes_type": "This must be an object.",
    "too_short": "This has fewer than {min_length} elements.",
    "too_long": "This has more than {max_length} elements.",
    "datetime_type": "This must be a date and time.",
    "datetime_parsing": "This must be a date and time.",
    "datetime_from_date_parsing": "This must be a date and time.",
    "date_type": "This must be a date.",
    "date_parsing": "This must be a date.",
    "date_from_datetime_parsing": "This must be a date.",
    "timezone_aware": "An offset is needed, such as Z or +03:00.",
    "recursion_loop": "This is nested too deeply.",
}


def sentence(error: Mapping[str, Any]) -> str:
    """Of one of pydantic's errors; its own words for what is not foreseen here."""
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    told = SENTENCES.get(error["type"])
    return f"{error['msg']}." if told is None else told.format(**error.get("ctx", {}))
