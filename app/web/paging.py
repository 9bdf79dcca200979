"""Reading a list page by page: how many rows, where to go on, and what follows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Request

from app.web.queries import CursorDep, LimitDep, next_link, query_digest, read_cursor, write_cursor
from app.web.request_errors import InvalidParameter, ParameterFault

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page. ``next_cursor`` and ``link_next`` are None on the last one."""

    rows: list[Row]
    limit: int
    has_more: bool
    next_cursor: str | None
    link_next: str | None

    def members(self) -> dict[str, Any]:
        """What every list says about its page, by field name."""
        return {"limit": self.limit, "next_cursor": self.next_cursor, "has_more": self.has_more}


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page of a list a request asks for."""

    request: Request
    limit: int
    cursor: str | None

    @property
    def wanted(self) -> int:
        """How many rows to read: one more than a page has. The extra row shows that another page follows."""
        return self.limit + 1

    def after(self, *readers: Callable[[str], Any]) -> list[str] | None:
        """The sort key of the last row already read. None on the first page.

        Each part of the key has a reader that checks it. Raises InvalidParameter if the cursor does not belong to this
        query.
        """
        position = read_cursor(self.cursor, query_digest(self.request), shape=(str,) * len(readers))
        try:
            for read, part in zip(readers, position or (), strict=False):
                read(part)
        except ValueError:
            fault = ParameterFault("cursor", "Is not a cursor of this query; start again without one.")
            raise InvalidParameter("The cursor does not fit.", parameters=[fault]) from None
        return position

    def cut(self, rows: Iterable[Row], key: Callable[[Row], Sequence[str]]) -> Page[Row]:
        """The page from the ``wanted`` rows. ``key`` gives a row's sort key."""
        found = list(islice(rows, self.wanted))
        page, has_more = found[: self.limit], len(found) > self.limit
        cursor = write_cursor(key(page[-1]), query_digest(self.request)) if has_more else None
        return Page(page, self.limit, has_more, cursor, next_link(self.request, cursor))


def instant(text: str) -> datetime:
    """An aware instant from a part of a key. Raises ValueError."""
    at = datetime.fromisoformat(text)
    if at.tzinfo != UTC:
        raise ValueError("not in UTC")
    return at


async def paging(request: Request, limit: LimitDep, cursor: CursorDep) -> Paging:
    """The ``limit`` and ``cursor`` of a request."""
    return Paging(request, limit, cursor)


PagingDep = Annotated[Paging, Depends(paging)]
