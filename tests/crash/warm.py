"""What every process of the register does first, done once before they are forked: see ``processes``.

Reading all rooms, also those that a command reads only when it is called; mapping classes to tables; working out
the routes. Nothing here starts a thread, opens a connection or knows a setting: a fork would share it.
"""

from importlib import import_module
from pkgutil import walk_packages

from sqlalchemy.orm import configure_mappers

import app
from app.main import create_app
from app.settings import Settings

NOT_READ = "app.__main__"
# Read by name, when a server starts and when a schema is compared.
BY_NAME = (
    "alembic.autogenerate",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
)

for found in walk_packages(app.__path__, "app."):
    if found.name != NOT_READ:
        import_module(found.name)
for name in BY_NAME:
    import_module(name)
configure_mappers()
create_app(Settings()).openapi()
