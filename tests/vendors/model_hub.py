"""The hub's way of handing out a repository's files (huggingface.co/docs/hub/api and the client's source, 2.4)."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from tests.vendors.server import Vendor

COMMIT = "0123456789abcdef0123456789abcdef01234567"


class ModelHub(Vendor):
    """Has the folders that it was given as repositories, ``owner/name``."""

    def __init__(self, repositories: dict[str, Path]) -> None:
        super().__init__()
        self.downloads: list[str] = []
        """Names of the files that were handed out."""
        self._repositories = repositories

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/api/models/{owner}/{name}/revision/{revision}", self.information, methods=["GET"]),
            Route("/api/models/{owner}/{name}/tree/{revision}", self.tree, methods=["GET"]),
            Route("/{owner}/{name}/resolve/{revision}/{file}", self.resolve, methods=["GET", "HEAD"]),
        ]

    async def information(self, request: Request) -> Response:
        folder = self._folder(request)
        if folder is None:
            return JSONResponse({"error": "Repository not found"}, 404, {"X-Error-Code": "RepoNotFound"})
        siblings = [{"rfilename": file.name} for file in sorted(folder.iterdir())]
        name = "{owner}/{name}".format(**request.path_params)
        return JSONResponse({"id": name, "modelId": name, "sha": COMMIT, "private": False, "siblings": siblings})

    async def tree(self, request: Request) -> Response:
        folder = self._folder(request)
        files = sorted(folder.iterdir()) if folder is not None and request.path_params["revision"] == COMMIT else []
        return JSONResponse(
            [{"type": "file", "path": file.name, "size": file.stat().st_size, "oid": "0" * 40} for file in files]
        )

    async def resolve(self, request: Request) -> Response:
        folder = self._folder(request)
        file = folder / request.path_params["file"] if folder is not None else None
        if file is None or not file.is_file():
            return JSONResponse({"error": "Entry not found"}, 404, {"X-Error-Code": "EntryNotFound"})
        if request.method == "GET":
            self.downloads.append(file.name)
        etag = f'"{hashlib.sha256(file.read_bytes()).hexdigest()}"'
        return FileResponse(file, headers={"ETag": etag, "X-Repo-Commit": COMMIT})

    def _folder(self, request: Request) -> Path | None:
        return self._repositories.get("{owner}/{name}".format(**request.path_params))
