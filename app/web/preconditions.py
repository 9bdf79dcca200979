"""Versions in headers: ``ETag`` out, ``If-Match`` and ``If-None-Match`` in (RFC 9110, section 13)."""

import re
from typing import Annotated

from fastapi import Depends, Header
from starlette.requests import Request

from app.rules.versions import Expectation
from app.web import forms
from app.web.request_errors import InvalidHeader
from app.web.requests import remember

HEADER_LIMIT = 1_000
NO_VERSION = 0
_TAG = r'(?:W/)?"[\x21\x23-\x7e]*"'
# Possessive throughout: a malformed list is refused in one pass, wherever its spaces are.
_TAGS = re.compile(rf"[ \t,]*+{_TAG}(?:[ \t]*+,[ \t,]*+(?:{_TAG})?+)*+[ \t]*+")
_EACH = re.compile(_TAG)
# A proxy that compresses marks the tag (``"v3-gzip"``), or makes it weak. The version is the same.
_VERSION = re.compile(r'(?:W/)?"v([1-9][0-9]{0,17})(?:-[a-z0-9]+)*"')


def version_tag(version: int) -> str:
    """The strong entity tag of a version."""
    return f'"v{version}"'


async def expectation(
    request: Request,
    if_match: Annotated[
        str | None,
        Header(description="The `ETag` of the version you looked at. Acts on a record that exists need it."),
    ] = None,
) -> Expectation:
    """What ``If-Match`` says. A malformed header is reported only once the caller is known."""
    del if_match  # declared for the documentation; only the raw headers show a repeated one
    named = request.headers.getlist("if-match")
    if not named:
        return Expectation(None)
    try:
        return read_if_match(", ".join(named))
    except InvalidHeader as refusal:
        remember(request, refusal)
        return Expectation(NO_VERSION)


IfMatchDep = Annotated[Expectation, Depends(expectation)]


OnlyNew = Annotated[
    str | None,
    Header(
        pattern=forms.ONLY_NEW,
        description="`*`: make it new, and never change what exists. Something new needs it, instead of `If-Match`.",
    ),
]


# Acts want to know the version that was looked at, which * does not say: nobody is told to send it.
_FORMS = {
    "If-Match": 'If-Match must be an entity tag in its quotes, such as If-Match: "v7", or several with commas.',
    "If-None-Match": 'If-None-Match must be * or a list of entity tags such as "v7".',
}


def read_if_match(header: str) -> Expectation:
    """The versions that an ``If-Match`` header names.

    A weak tag counts as the strong one, though RFC 9110 (section 13.1.1) lets it match none: a proxy that compresses
    makes every tag weak, and a version is the same in every encoding.

    ``*`` accepts any version, so it shows no version that was looked at: it counts as naming none. Raises InvalidHeader
    if the header is neither ``*`` nor a list of entity tags.
    """
    if header.strip() == "*":
        return Expectation(None)
    versions = [_version(tag) for tag in _tags(header, "If-Match")]
    return Expectation(versions[0], others=frozenset(versions[1:]))


def _version(tag: str) -> int:
    named = _VERSION.fullmatch(tag)
    return int(named[1]) if named else NO_VERSION


def _tags(header: str, name: str) -> list[str]:
    if len(header) > HEADER_LIMIT or not _TAGS.fullmatch(header):
        raise InvalidHeader(_FORMS[name])
    return _EACH.findall(header)


def is_none_match(header: str | None, tag: str | None) -> bool:
    """Whether ``If-None-Match`` names this tag, so that the answer is 304. Uses weak comparison.

    ``tag`` is None if nothing is there yet; no header names that. A malformed header names nothing.
    """
    if header is None or tag is None:
        return False
    if header.strip() == "*":
        return True
    try:
        named = _tags(header, "If-None-Match")
    except InvalidHeader:
        return False
    return tag.removeprefix("W/") in {each.removeprefix("W/") for each in named}
