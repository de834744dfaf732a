"""`/docs`: what OpenAPI says, in a browser.

The page's program comes from a public mirror, so the browser is told its version and its hash, and to run nothing else:
people type keys into this page.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from fastapi import APIRouter, Depends, Response

from app.api.security import anybody

router = APIRouter(include_in_schema=False)

_MIRROR = "https://cdn.jsdelivr.net/npm/swagger-ui-dist@5.35.0"


@dataclass(frozen=True, slots=True)
class _Asset:
    """A file of the npm package swagger-ui-dist, and its SHA-384: ``npm pack``, then ``openssl dgst -sha384``."""

    name: str
    integrity: str

    @property
    def attributes(self) -> str:
        return f'"{_MIRROR}/{self.name}" integrity="{self.integrity}" crossorigin="anonymous"'


_PROGRAM = _Asset("swagger-ui-bundle.js", "sha384-gjRm0bEPMeTmMh5jT2cHccIwCUZSTd8YC+j0d0sXw0MdGEfScduGpSyF3ZSSLkX9")
_STYLE = _Asset("swagger-ui.css", "sha384-WlYgdmXYOOBWL5apwjDEZwN+U3HmXSSu5R6V5aGxEcf7z+KuRNwBhoxKVN1i3D5I")
_START = 'SwaggerUIBundle({url: "openapi.json", dom_id: "#swagger-ui", deepLinking: true});'
_START_HASH = base64.b64encode(hashlib.sha256(_START.encode()).digest()).decode()

_PAGE = f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Puente</title><link rel="stylesheet" href={_STYLE.attributes}></head>
<body><div id="swagger-ui"></div><script src={_PROGRAM.attributes}></script><script>{_START}</script></body>
</html>
"""
_POLICY = "; ".join(
    (
        "default-src 'none'",
        f"script-src 'sha256-{_START_HASH}' {_MIRROR}/",
        f"style-src 'unsafe-inline' {_MIRROR}/",
        "img-src data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


@router.get("/docs", dependencies=[Depends(anybody)])
async def docs() -> Response:
    return Response(_PAGE, media_type="text/html", headers={"Content-Security-Policy": _POLICY})
