"""The register's own server with few file descriptors: ``python -m tests.crash.frugal_server PORT DESCRIPTORS``.

Its proxies are none, so that nobody on this machine is exempt.
"""

import os
import resource
import sys

from app.serving import serve
from app.settings import read_settings

port, descriptors = map(int, sys.argv[1:])
os.environ["REGISTER_FORWARDED_ALLOW_IPS"] = "10.0.0.1"
resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
serve(read_settings(), "127.0.0.1", port)
