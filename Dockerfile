# Two stages: the first has pip and builds a folder, the second only carries that folder.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
RUN python -m venv /opt/derivwatch
COPY requirements-build.lock requirements.lock ./
RUN /opt/derivwatch/bin/pip install --no-cache-dir --require-hashes -r requirements-build.lock -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY alerts alerts
COPY bot bot
RUN /opt/derivwatch/bin/pip install --no-cache-dir --no-deps --no-build-isolation .
RUN /opt/derivwatch/bin/pip uninstall --yes setuptools pip

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin derivwatch \
 && install --directory --owner derivwatch --group derivwatch --mode 0700 /data
COPY --from=build /opt/derivwatch /opt/derivwatch
ENV PATH=/opt/derivwatch/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DATA_DIR=/data \
    LOG_FORMAT=json
USER derivwatch
WORKDIR /data
VOLUME /data
# Answered by the bot itself; HTTP_PORT moves it, HTTP_PORT=0 needs `--no-healthcheck`.
HEALTHCHECK --interval=30s --timeout=10s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as web; web.build_opener(web.ProxyHandler({})).open('http://127.0.0.1:' + (os.environ.get('HTTP_PORT') or '8080') + '/healthz', timeout=8)"]
ENTRYPOINT ["derivwatch"]
CMD ["run"]
