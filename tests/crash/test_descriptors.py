"""The real server with hardly any file descriptors: it goes on, and says so once."""

import json
import socket
from contextlib import ExitStack

from tests.crash.conftest import Serve
from tests.crash.server import Server

DESCRIPTORS = 300
CALLERS = 400


def test_when_descriptors_run_out_old_connections_make_room_and_the_log_has_one_line(
    sqlite_world_url: str, serve: Serve
) -> None:
    server = serve(sqlite_world_url)
    server.start("tests.crash.frugal_server", str(server.port), str(DESCRIPTORS))

    with ExitStack() as stack:
        statuses = []
        for number in range(CALLERS):
            address = f"127.0.0.{2 + number % 20}"
            caller = socket.create_connection(("127.0.0.1", server.port), source_address=(address, 0))
            stack.enter_context(caller).sendall(b"GET /_ping HT")
            if number % 20 == 0:
                statuses.append(answer_to_somebody_else(server))

    assert statuses == [200] * (CALLERS // 20)
    server.stop()
    lines = [json.loads(line) for line in server.log.read_text().splitlines()]
    assert [line["event"] for line in lines if line["level"] != "info"] == ["too many connections"]


def answer_to_somebody_else(server: Server) -> int:
    """What the good client is told, which reads a list of the database."""
    with socket.create_connection(("127.0.0.1", server.port), source_address=("127.0.0.50", 0)) as good:
        good.settimeout(10)
        good.sendall(f"GET /v1/rounds HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n".encode())
        return int(good.recv(12).split(b" ")[1])
