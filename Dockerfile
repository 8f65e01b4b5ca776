# The image of the service: Python, the locked dependencies of the service, and nothing that trains models.
#
#   docker build --tag slipway:0.1.0 .
#   docker build --tag slipway:0.1.0-gpu --build-arg LOCK=gpu --build-arg BASE_IMAGE=<CUDA 13 with cuDNN 9> .
#   mkdir keys && slipway keys new me --keys keys/keys.json && chmod 0644 keys/keys.json
#   docker run --rm --read-only --volume "$PWD/models:/models:ro" --volume "$PWD/keys:/etc/slipway:ro" \
#       --env SLIPWAY_KEYS=/etc/slipway/keys.json --publish 127.0.0.1:8000:8000 slipway:0.1.0
#
# With a software bill of materials and provenance, for scanners: docker buildx build --sbom=true --provenance=mode=max …
# Behind a mirror, pass its configuration to the build: --secret id=pip.conf,src=… --secret id=uv.toml,src=…
ARG BASE_IMAGE=python:3.13-slim

FROM ${BASE_IMAGE} AS base
# CUDA images come without Python; the Python images skip this step. Their package versions are the base image's choice.
# hadolint ignore=DL3008
RUN command -v python3 >/dev/null \
    || (apt-get update \
        && apt-get install --yes --no-install-recommends python3 python3-venv \
        && rm -rf /var/lib/apt/lists/*)


FROM base AS build
# The lock to install: base (onnxruntime for the CPU) or gpu (onnxruntime-gpu).
ARG LOCK=base
WORKDIR /src
COPY requirements/bootstrap.txt requirements/dev.txt requirements/${LOCK}.txt requirements/
RUN --mount=type=cache,target=/root/.cache/pip --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    python3 -m venv /build \
    && /build/bin/pip install --require-hashes -r requirements/bootstrap.txt \
    && python3 -m venv --without-pip /opt/slipway \
    && /build/bin/pip --python /opt/slipway/bin/python install --no-compile --require-hashes -r "requirements/${LOCK}.txt"

COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY training training
COPY loadtests loadtests
# The build backend is checked against the hashes of the development lock. Byte code is compiled here, once, because
# the root of the running container is read-only; unchecked hashes keep it valid whatever the files' times are.
RUN --mount=type=secret,id=uv.toml,target=/etc/uv/uv.toml \
    /build/bin/uv build --wheel --require-hashes --build-constraints requirements/dev.txt --out-dir /dist \
    && /build/bin/pip --python /opt/slipway/bin/python install --no-compile --no-deps --no-index /dist/*.whl \
    && /opt/slipway/bin/python -m compileall -q --invalidation-mode unchecked-hash /opt/slipway/lib


FROM base AS service
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="slipway" \
      org.opencontainers.image.description="Serves versioned ONNX models of tabular data over HTTP." \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/slipway /opt/slipway
# A container has its own network, so the server listens on all addresses of it, and therefore starts only with
# SLIPWAY_KEYS, or with SLIPWAY_INSECURE=true where something in front of it decides who may call.
ENV PATH=/opt/slipway/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    ORT_DISABLE_TELEMETRY=1 \
    SLIPWAY_HOST=0.0.0.0 \
    SLIPWAY_PORT=8000 \
    SLIPWAY_MODELS=/models \
    SLIPWAY_LOG_FORMAT=json
USER 65532:65532
WORKDIR /
EXPOSE 8000
# Liveness, not readiness: whoever restarts unhealthy containers must not restart one that waits for its models.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import http.client, os, sys; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['SLIPWAY_PORT']), timeout=2); c.request('GET', '/health/live'); sys.exit(c.getresponse().status != 200)"]
# Exec form: the server is process 1 and gets the signals itself.
ENTRYPOINT ["slipway"]
CMD ["serve"]
