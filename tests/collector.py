"""An OpenTelemetry collector: takes OTLP over HTTP and nothing that a strict one would refuse."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import uvicorn
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@dataclass
class Collector:
    """What came, and how the next batches are answered."""

    url: str = ""
    status: int = 200
    hangs: bool = False
    released: asyncio.Event = field(default_factory=asyncio.Event)
    spans: list[Span] = field(default_factory=list)
    resources: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    async def take(self, request: Request) -> Response:
        body = await request.body()
        if self.hangs:
            await self.released.wait()
        if self.status != 200:
            return Response(status_code=self.status)
        assert request.headers["content-type"] == "application/x-protobuf"
        batch = ExportTraceServiceRequest.FromString(body)
        assert batch.SerializeToString(deterministic=True), "an empty batch"
        assert not _unknown_fields(batch)
        self.headers.append(dict(request.headers))
        self.bodies.append(body)
        for resource_spans in batch.resource_spans:
            self.resources.append({each.key: each.value.string_value for each in resource_spans.resource.attributes})
            for scope_spans in resource_spans.scope_spans:
                self.spans += scope_spans.spans
        return Response(b"", media_type="application/x-protobuf")

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]

    def children(self, parent: Span) -> list[Span]:
        return [span for span in self.spans if span.parent_span_id == parent.span_id]


def attributes(span: Span) -> dict[str, object]:
    """Return a span's attributes as plain values; lists as lists."""
    found: dict[str, object] = {}
    for each in span.attributes:
        kind = each.value.WhichOneof("value")
        assert kind is not None, each.key
        value = getattr(each.value, kind)
        found[each.key] = [item.string_value for item in value.values] if kind == "array_value" else value
    return found


def _unknown_fields(batch: ExportTraceServiceRequest) -> bool:
    """Whether the batch holds what the schema does not know: it would be longer than what is known of it."""
    known = ExportTraceServiceRequest()
    known.CopyFrom(batch)
    known.DiscardUnknownFields()
    return known.ByteSize() != batch.ByteSize()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def collector() -> AsyncIterator[Collector]:
    """Run a collector on a port of its own."""
    here = Collector()
    application = Starlette(routes=[Route("/v1/traces", here.take, methods=["POST"])])
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        here.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        server = _Server(uvicorn.Config(application, log_config=None, access_log=False, lifespan="off"))
        serving = asyncio.create_task(server.serve([listener]))
        try:
            while not server.started:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)
            yield here
        finally:
            here.released.set()
            server.should_exit = True
            await serving
