# One image for the server. `--build-arg ENGINES=0` leaves the engines that need no key out (some 450 MB less).

FROM python:3.12-slim AS packages
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.txt /tmp/requirements.txt
RUN pip install -r /tmp/requirements.txt

# Only what fetches the engines is copied here, so that a change elsewhere does not fetch them again.
FROM packages AS engines
ARG ENGINES=1
WORKDIR /build
COPY app/__init__.py app/errors.py app/
COPY app/engines app/engines
COPY app/cli/__init__.py app/cli/engines.py app/cli/
RUN mkdir /opt/models \
    && if [ "$ENGINES" = 1 ]; then \
        python -m app.cli.engines install whisper-base fxtranslate kokoro --models-dir /opt/models; \
    fi

FROM python:3.12-slim
ARG ENGINES=1
# Named only: Debian keeps one version of each in a release, and an older one cannot be had.
# hadolint ignore=DL3008
RUN if [ "$ENGINES" = 1 ]; then \
        apt-get update \
        && apt-get install -y --no-install-recommends apertium apertium-es-pt apertium-eng-spa apertium-fr-es \
            apertium-spa-ita apertium-es-gl apertium-spa-cat \
        && rm -rf /var/lib/apt/lists/*; \
    fi \
    && useradd --uid 10001 --no-create-home --home-dir /srv/puente puente \
    && install --directory --owner puente /data /data/recordings
COPY --from=packages /opt/venv /opt/venv
COPY --from=engines /opt/models /opt/models
WORKDIR /srv/puente
COPY alembic.ini ./
COPY migrations migrations
COPY app app
RUN /opt/venv/bin/python -m compileall -q app
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    MODELS_DIR=/opt/models DATABASE_URL=sqlite:////data/puente.db JOURNAL_DIR=/data/journal \
    RECORDING_DIR=/data/recordings
USER 10001
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]
# The same application as `uvicorn app.main:app`, with the socket and log options that it wants. Calls that are going on
# when SIGTERM comes are ended in order, so whoever stops the container gives it time.
CMD ["python", "-m", "app", "serve", "--host", "0.0.0.0", "--port", "8000"]
