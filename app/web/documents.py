"""What all documents share: two base classes, and types for days, instants, texts and numbers.

Bodies are validated as parsed JSON in strict mode. No value is converted, unless a type here says so (a day or an
instant from its text, an enum member from its code).
"""

import math
import re
import unicodedata
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema
from pydantic.alias_generators import to_camel

from app.rules.outcomes import ChosenBy
from app.rules.words import Level, Outcome
from app.web import forms

YEARS = range(1900, 2200)
PROSE_LIMIT = 2_000
LONG_PROSE_LIMIT = 10_000
URL_LIMIT = 2_000
ITEMS_LIMIT = 100


class In(BaseModel):
    """A document that comes in: strict, with members in camelCase. Unknown members are refused."""

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=True,
        validate_by_name=False,
    )


class Out(BaseModel):
    """A document that goes out: built by field name, written in camelCase, without defaults."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_alias=False,
        validate_by_name=True,
        serialize_by_alias=True,
    )


def shown_as(schema: str) -> Any:
    """The metadata of a member that is stored as it came in. It is described by the schema it came in with."""
    return Field(json_schema_extra={"x-schema": schema})


# --- days and instants --------------------------------------------------------------------------

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?(Z|[+-][0-9]{2}:[0-9]{2})")


def _day(value: Any) -> Any:
    """A date from its text. The years are limited, so that arithmetic with days cannot overflow."""
    if isinstance(value, str):
        if not _DAY.fullmatch(value) or int(value[:4]) not in YEARS:
            raise ValueError("Must be a day such as 2015-04-01.")
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise ValueError("Is not a day of the calendar.") from None
    if not isinstance(value, date) or isinstance(value, datetime):
        raise ValueError("Must be a day such as 2015-04-01.")  # noqa: TRY004 — a fault of the document
    return value


def _instant(value: Any) -> Any:
    """An aware datetime in UTC from its RFC 3339 text."""
    if isinstance(value, str):
        if not _INSTANT.fullmatch(value) or int(value[:4]) not in YEARS:
            raise ValueError("Must be an instant such as 2015-02-18T09:30:00Z.")
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("Is not an instant of the calendar.") from None
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise ValueError("Must be an instant such as 2015-02-18T09:30:00Z.")
    return value.astimezone(UTC)


Day = Annotated[date, BeforeValidator(_day)]
InstantIn = Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})]
Instant = AwareDatetime
"""An instant that goes out. Pydantic writes one in UTC as the log does: with a Z, and with microseconds only if any."""

# --- codes --------------------------------------------------------------------------------------

T = TypeVar("T")
E = TypeVar("E", bound=StrEnum)
OdsCode = Annotated[str, Field(pattern=forms.ODS_CODE, description="An ODS code: 3 characters to 2020, 5 after.")]
Coded = Annotated[E, Field(strict=False)]
"""An enum member from its code: ``Coded[Level]``. Strict mode alone accepts no code for an enum member."""


def word_of(*words: str) -> Any:
    """The metadata of an outgoing text that is one of these codes. They are described, and not checked again."""
    return Field(json_schema_extra={"enum": [str(word) for word in words]})


LevelOut = Annotated[str, word_of(*Level)]
AppliedLevelOut = Annotated[str, word_of(Level.DELEGATED, Level.JOINT)]
OutcomeOut = Annotated[str, word_of(*Outcome)]
ChosenByOut = Annotated[str, word_of(*ChosenBy)]
Many = Annotated[tuple[T, ...], Field(strict=False, max_length=ITEMS_LIMIT)]
"""A JSON array as a tuple of at most 100 items: ``Many[OdsCode]``."""

# --- texts --------------------------------------------------------------------------------------

# Joiners that writing systems need, and the soft hyphen. Every other format character (directional marks and overrides,
# tags, byte order marks) can make a text look like something else.
_HARMLESS_FORMATS = frozenset("\u200c\u200d\u00ad")
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def is_safe_character(character: str, *, allowed: str = "") -> bool:
    """Whether a character is neither a control character nor a directional or invisible format character."""
    return (
        character in allowed
        or character in _HARMLESS_FORMATS
        or unicodedata.category(character) not in _UNSAFE_CATEGORIES
    )


def _composed(value: Any) -> Any:
    """The text in normal form C. This comes before lengths are counted, because composing can change them."""
    return unicodedata.normalize("NFC", value) if isinstance(value, str) else value


def _check_line(value: str) -> str:
    if not all(map(is_safe_character, value)):
        raise ValueError("Must have no control or directional characters, and no line breaks.")
    return _not_blank(value)


def _check_prose(value: str) -> str:
    if not all(is_safe_character(character, allowed="\n\t") for character in value):
        raise ValueError("Must have no control or directional characters except line feed and tab.")
    return _not_blank(value)


def _not_blank(value: str) -> str:
    if value and not value.strip():
        raise ValueError("Must not be blank.")
    return value


def line(minimum: int, maximum: int) -> Any:
    """The metadata of a one-line text of this length, for ``Annotated[str, *line(1, 80)]``."""
    return Field(min_length=minimum, max_length=maximum), BeforeValidator(_composed), AfterValidator(_check_line)


def prose(minimum: int, maximum: int) -> Any:
    """The metadata of a text of several lines, for ``Annotated[str, *prose(1, 2_000)]``."""
    return Field(min_length=minimum, max_length=maximum), BeforeValidator(_composed), AfterValidator(_check_prose)


Line = Annotated[str, *line(1, 200)]
Prose = Annotated[str, *prose(1, PROSE_LIMIT)]
LongProse = Annotated[str, *prose(1, LONG_PROSE_LIMIT)]


def _check_url(value: str) -> str:
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        raise ValueError("Must be an http or https address.") from None
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password or port == 0:
        raise ValueError("Must be an http or https address, without a user name.")
    return value


Url = Annotated[
    str,
    Field(min_length=1, max_length=URL_LIMIT, pattern=forms.URL),
    AfterValidator(_check_url),
]

# --- numbers ------------------------------------------------------------------------------------


class Shortened(float):
    """The number nearest to one that was sent with more digits than a number here can have."""


def _check_percent(value: Any) -> Any:
    """The number that was sent is the one that is kept, or it is refused."""
    is_number = isinstance(value, float) and math.isfinite(value)
    if is_number and (isinstance(value, Shortened) or round(value, 2) != value):
        raise ValueError("Must have at most two decimals: no more are kept.")
    return value


Percent = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False), BeforeValidator(_check_percent)]
Pounds = Annotated[int, Field(ge=0, le=10**12, description="Whole pounds.")]
