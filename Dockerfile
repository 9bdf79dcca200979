# The register as an image: a virtual environment from the hashed lock, nothing else beside Python.
#
#   docker build -t approvals-register .
#   docker run --rm -v register:/data approvals-register register db upgrade     once for each release
#   docker run --read-only --tmpfs /tmp -v register:/data -p 8000:8000 approvals-register
#
# Settings are REGISTER_ variables (see docs/operating.md); only /data is ever written to.

FROM python:3.11-slim-bookworm AS build
WORKDIR /build
COPY requirements-build.lock requirements.lock ./
RUN python -m pip install --no-cache-dir --require-hashes --no-deps -r requirements-build.lock \
    && python -m venv /opt/register \
    && /opt/register/bin/pip install --no-cache-dir --require-hashes --no-deps -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY migrations migrations
COPY app app
RUN python -m pip wheel --no-cache-dir --no-deps --no-build-isolation --no-index --wheel-dir wheels . \
    && /opt/register/bin/pip install --no-cache-dir --no-deps --no-index wheels/*.whl \
    && /opt/register/bin/pip uninstall --yes pip setuptools

FROM python:3.11-slim-bookworm
ENV PATH=/opt/register/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    REGISTER_DATABASE_URL=sqlite:////data/register.db
RUN install --directory --owner=10001 --group=10001 /data
COPY --from=build /opt/register /opt/register
WORKDIR /data
VOLUME /data
USER 10001:10001
EXPOSE 8000
# The Host is the public one: the register answers to no other name.
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 CMD ["python", "-c", "\
import os, urllib.parse, urllib.request; \
host = urllib.parse.urlsplit(os.environ.get('REGISTER_PUBLIC_URL', 'http://127.0.0.1:8000')).netloc; \
urllib.request.urlopen(urllib.request.Request('http://127.0.0.1:8000/_ping', headers={'Host': host}), timeout=4)"]
CMD ["register", "serve", "--host", "0.0.0.0", "--port", "8000"]
