"""POSTs through nginx, each sent when a kept connection is about to be given up: none may be answered 502.

``python -m bench.behind_nginx`` needs nginx on the PATH (Debian: ``apt-get install nginx``). A proxy keeps connections
to us open between requests, nginx for 60 s. If we closed them earlier, a POST that is sent at that very moment would be
lost: nginx answers 502, since it may not send a POST twice. So we keep them for 75 s. Both times are a tenth here. With
another time of ours in seconds (``python -m bench.behind_nginx 6``) it shows what that would do.
"""

import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from time import sleep

import httpx
import uvicorn

from app.main import create_app
from app.serving import KEEP_ALIVE_SECONDS, configuration
from app.settings import read_settings
from app.web.tracing import configure_logging
from bench.servers import REGISTER_PORT, prepared, process, token_of

PORT, NGINX_PORT = REGISTER_PORT, 8175
TENTH = 0.1
NGINX_SECONDS = 60 * TENTH
CONNECTIONS, ROUNDS = 200, 50
EDGE = 0.5
SECONDS_FOR_ANSWER = 20

CONFIGURATION = """
daemon off; worker_processes 1; pid {directory}/nginx.pid; error_log {directory}/error.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi; uwsgi_temp_path {directory}/uwsgi; scgi_temp_path {directory}/scgi;
    upstream register {{
        server 127.0.0.1:{port};
        keepalive {connections}; keepalive_timeout {seconds}s; keepalive_requests 1000000;
    }}
    server {{
        listen 127.0.0.1:{nginx_port};
        keepalive_timeout 600s; keepalive_requests 1000000;
        location / {{
            proxy_pass http://register; proxy_http_version 1.1;
            proxy_set_header Connection ""; proxy_set_header Host 127.0.0.1;
        }}
    }}
}}
"""


def serve(keep_alive: str) -> None:
    """The register with another keep-alive time; it runs until it is ended."""
    settings = read_settings()
    configure_logging(settings.log_level)
    config = configuration(create_app(settings), settings, host="127.0.0.1", port=PORT)
    # uvicorn's annotation says whole seconds; the loop's timer takes any.
    config.timeout_keep_alive = float(keep_alive)  # type: ignore[assignment]
    uvicorn.Server(config).run()


async def _post(client: httpx.AsyncClient, found: Counter[int]) -> None:
    await asyncio.sleep(random.uniform(0, NGINX_SECONDS))  # noqa: S311  no secret
    for _ in range(ROUNDS):
        answer = await client.post("/v1/applications", json={})
        found[answer.status_code] += 1
        await asyncio.sleep(NGINX_SECONDS + random.uniform(-EDGE, EDGE))  # noqa: S311  no secret


async def statuses(token: str) -> Counter[int]:
    """How often each status was answered to a client that sends what cannot be read as an application."""
    found: Counter[int] = Counter()
    limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=600)
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{NGINX_PORT}",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "edge"},
        limits=limits,
        timeout=SECONDS_FOR_ANSWER,
    ) as client:
        await asyncio.gather(*(_post(client, found) for _ in range(CONNECTIONS)))
    return found


def main() -> None:
    """Print the statuses. Ends with 1 if any POST was answered 502."""
    nginx = shutil.which("nginx")
    if nginx is None:
        sys.exit("nginx is not on the PATH: install it.")
    keep_alive = sys.argv[1] if len(sys.argv) > 1 else str(KEEP_ALIVE_SECONDS * TENTH)
    with tempfile.TemporaryDirectory() as scratch, ExitStack() as running:
        directory = prepared(Path(scratch) / "data")
        named = {
            "REGISTER_DATABASE_URL": f"sqlite:///{directory / 'register.db'}",
            "REGISTER_PUBLIC_URL": f"http://127.0.0.1:{PORT}",
            "REGISTER_TOKEN_KEY_FILE": str(directory / "token-key.pem"),
        }
        running.enter_context(process("bench.behind_nginx", "serve", keep_alive, port=PORT, **named))
        written = CONFIGURATION.format(
            directory=scratch, port=PORT, nginx_port=NGINX_PORT, connections=CONNECTIONS, seconds=int(NGINX_SECONDS)
        )
        (Path(scratch) / "nginx.conf").write_text(written, "utf-8")
        started = subprocess.Popen([nginx, "-p", scratch, "-c", f"{scratch}/nginx.conf"])  # noqa: S603  named by us
        running.callback(started.wait)
        running.callback(started.terminate)
        sleep(1)
        found = asyncio.run(statuses(token_of("demo-t5601", directory)))
    print(f"keep-alive {keep_alive} s, nginx {NGINX_SECONDS} s: {dict(found)}")  # noqa: T201  what it is for
    sys.exit(1 if found[httpx.codes.BAD_GATEWAY] else 0)


if __name__ == "__main__":
    serve(sys.argv[2]) if sys.argv[1:2] == ["serve"] else main()
