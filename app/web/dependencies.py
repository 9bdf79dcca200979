"""What ``create_app`` put around a request: settings, database, past states and clock."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from app.log.notes import LogKey
from app.records.log_tree import LogTree
from app.records.session import Database
from app.settings import Settings

Clock = Callable[[], datetime]


async def settings(request: Request) -> Settings:
    """The settings this application was made with."""
    found: Settings = request.app.state.settings
    return found


async def database(request: Request) -> Database:
    """The database this application was made with."""
    found: Database = request.app.state.database
    return found


async def log_tree(request: Request) -> LogTree:
    """The log's tree that this application holds in memory."""
    found: LogTree = request.app.state.log_tree
    return found


async def log_keys(request: Request) -> Sequence[LogKey]:
    """The public keys of the log, newest first. Empty if nothing is signed."""
    keys = request.app.state.log_keys
    public: Sequence[LogKey] = () if keys is None else keys.public
    return public


async def now(request: Request) -> datetime:
    """The instant of this request (aware, UTC), by the application's clock."""
    clock: Clock = request.app.state.clock
    return clock()


SettingsDep = Annotated[Settings, Depends(settings)]
DatabaseDep = Annotated[Database, Depends(database)]
LogTreeDep = Annotated[LogTree, Depends(log_tree)]
LogKeysDep = Annotated[Sequence[LogKey], Depends(log_keys)]
NowDep = Annotated[datetime, Depends(now)]
