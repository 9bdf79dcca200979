"""What validation found, in plain sentences, with places that a caller can find.

A fault in the body has a JSON Pointer (RFC 6901), a fault in the query or a header the parameter's name. No sentence
repeats a value that was sent.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app.rules.refusals import Fault
from app.web.forms import SENTENCES
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
        return _in_the_singular(_MEASURED[kind].format(**context))
    if kind == "string_pattern_mismatch":
        return SENTENCES[context["pattern"]]
    if kind == "value_error":
        return str(context["error"])
    return f"{error['msg']}."


def _in_the_singular(text: str) -> str:
    """A sentence that counts one thing of a kind."""
    return re.sub(r"\b1 (character|item)s\b", r"1 \1", text)


def pointer(place: Iterable[int | str]) -> str:
    """A place in a document as a JSON Pointer. The empty text means the whole document."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in place)


def of_body(errors: Iterable[Mapping[str, Any]], kind: Any) -> list[Fault]:
    """The errors in the body, which should have been a document of this kind."""
    return of_document(({**each, "loc": each["loc"][1:]} for each in errors if each["loc"][0] == "body"), kind)


def of_document(errors: Iterable[Mapping[str, Any]], kind: Any) -> list[Fault]:
    """The errors in a document that should have been of this kind: a model, or an annotation that holds one."""
    return [Fault(pointer(each["loc"]), sentence(each) + _known_beside(each, kind)) for each in errors]


def _known_beside(error: Mapping[str, Any], kind: Any) -> str:
    """For a member that is not known, those that are known in its place."""
    if error["type"] != "extra_forbidden":
        return ""
    known = _members_at(kind, error["loc"][:-1])
    return f" The members here are {', '.join(known)}." if known else ""


def _members_at(kind: Any, place: Iterable[int | str]) -> list[str]:
    """The members that a model takes at a place in the document. Items of a list have no step of their own."""
    model = _model_in(kind)
    for step in place:
        if isinstance(step, str) and model is not None:
            model = next((_model_in(each.annotation) for each in _fields_of(model) if each.alias == step), None)
    return [] if model is None else [str(each.alias) for each in _fields_of(model)]


def _fields_of(model: type[BaseModel]) -> Iterable[FieldInfo]:
    return model.model_fields.values()


def _model_in(kind: Any) -> type[BaseModel] | None:
    """The model that an annotation holds, if it holds one: in a list, or beside null."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    return next(filter(None, map(_model_in, get_args(kind))), None)


def of_parameters(errors: Iterable[Mapping[str, Any]]) -> list[ParameterFault]:
    """The errors in the query, headers or cookies."""
    return [
        ParameterFault(str(error["loc"][1]), sentence(error))
        for error in errors
        if error["loc"][0] in {"query", "header", "cookie"}
    ]


def of_path(errors: Iterable[Mapping[str, Any]]) -> list[ParameterFault]:
    """The errors in parts of the path, as far as there is a sentence for the form."""
    parts = [error for error in errors if error["loc"][0] == "path"]
    return [ParameterFault(str(each["loc"][1]), sentence(each)) for each in parts if _has_sentence(each)]


def _has_sentence(error: Mapping[str, Any]) -> bool:
    return error["type"] != "string_pattern_mismatch" or error["ctx"]["pattern"] in SENTENCES


def is_about_path(errors: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a part of the path has an impossible value, so that nothing can be at the address."""
    return any(error["loc"][0] == "path" for error in errors)
