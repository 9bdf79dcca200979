"""What validation found, in plain sentences, with places that a caller can find.

A fault in the body has a JSON Pointer (RFC 6901), a fault in the query or a header the parameter's name. No sentence
repeats a value that was sent.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from app.rules.refusals import Fault
from app.web.request_errors import ParameterFault

_SENTENCES = {
    "missing": "Is required.",
    "extra_forbidden": "Is not known here.",
    "string_type": "Must be a text.",
    "int_type": "Must be a whole number.",
    "int_parsing": "Must be a whole number.",
    "int_parsing_size": "Must be a smaller whole number.",
    "int_from_float": "Must be a whole number.",
    "float_type": "Must be a number.",
    "float_parsing": "Must be a number.",
    "finite_number": "Must be a finite number.",
    "bool_type": "Must be true or false.",
    "bool_parsing": "Must be true or false.",
    "list_type": "Must be a list.",
    "tuple_type": "Must be a list.",
    "dict_type": "Must be an object.",
    "model_type": "Must be an object.",
    "model_attributes_type": "Must be an object.",
    "none_required": "Must be null.",
    "string_pattern_mismatch": "Does not have the required form.",
    "date_type": "Must be a day such as 2015-04-01.",
    "union_tag_not_found": "Must be an object with the member that says which kind it is.",
}
_MEASURED = {
    "string_too_short": "Must have at least {min_length} characters.",
    "string_too_long": "Must have at most {max_length} characters.",
    "too_short": "Must have at least {min_length} items.",
    "too_long": "Must have at most {max_length} items.",
    "greater_than_equal": "Must be at least {ge}.",
    "greater_than": "Must be more than {gt}.",
    "less_than_equal": "Must be at most {le}.",
    "less_than": "Must be less than {lt}.",
    "literal_error": "Must be one of {expected}.",
    "enum": "Must be one of {expected}.",
    "union_tag_invalid": "Must be of one of the kinds {expected_tags}.",
}


def sentence(error: Mapping[str, Any]) -> str:
    """One validation error as a plain sentence."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _SENTENCES:
        return _SENTENCES[kind]
    if kind in _MEASURED:
        return _MEASURED[kind].format(**context)
    if kind == "value_error":
        return str(context["error"])
    return f"{error['msg']}."


def pointer(place: Iterable[int | str]) -> str:
    """A place in a document as a JSON Pointer. The empty text means the whole document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


def of_body(errors: Iterable[Mapping[str, Any]]) -> list[Fault]:
    """The errors in the body."""
    return [Fault(pointer(error["loc"][1:]), sentence(error)) for error in errors if error["loc"][0] == "body"]


def of_parameters(errors: Iterable[Mapping[str, Any]]) -> list[ParameterFault]:
    """The errors in the query, headers or cookies."""
    return [
        ParameterFault(str(error["loc"][1]), sentence(error))
        for error in errors
        if error["loc"][0] in {"query", "header", "cookie"}
    ]


def is_about_path(errors: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a part of the path has an impossible value, so that nothing can be at the address."""
    return any(error["loc"][0] == "path" for error in errors)
