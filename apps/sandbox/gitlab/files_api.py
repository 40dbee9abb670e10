"""Endpoints: one file (JSON or raw) and the tree of a ref, read only.

Must not: write files; that is `POST …/commits`.
"""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import quote

from aiohttp import web

from apps.sandbox.base.server import call
from apps.sandbox.gitlab.errors import answer, not_found
from apps.sandbox.gitlab.hub import Hub
from apps.sandbox.gitlab.model import Project
from apps.sandbox.gitlab.params import flag, params, require
from apps.sandbox.gitlab.repository import Repository


class FilesApi:
    """Get, raw, tree."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub

    def routes(self, router: web.UrlDispatcher) -> None:
        """Add the routes."""
        base = "/api/v4/projects/{id}/repository"
        router.add_get(base + "/files/{path}", self.get)
        router.add_get(base + "/files/{path}/raw", self.raw)
        router.add_get(base + "/tree", self.tree)

    async def _file(self, project: Project, path: str, ref: str) -> tuple[str, str, str, bytes]:
        """(commit id, mode, blob id, content)."""
        repo = self.hub.repo(project)
        sha = await repo.resolve(ref)
        if sha is None:
            raise not_found("Commit")
        found = (await repo.tree(sha)).get(path)
        if found is None:
            raise not_found("File")
        mode, blob = found
        return sha, mode, blob, await repo.blob(blob)

    @call("file.get")
    async def get(self, request: web.Request) -> web.Response:
        """`GET …/files/:path?ref=`: content in base64."""
        _caller, project = self.hub.access.code(request)
        values = await params(request)
        require(values, "ref")
        path, ref = request.match_info["path"], str(values["ref"])
        sha, mode, blob, content = await self._file(project, path, ref)
        latest = await self.hub.repo(project).last_change(sha, path)
        body = {
            "file_name": path.rsplit("/", 1)[-1],
            "file_path": path,
            "size": len(content),
            "encoding": "base64",
            "content_sha256": hashlib.sha256(content).hexdigest(),
            "ref": ref,
            "blob_id": blob,
            "commit_id": sha,
            "last_commit_id": latest,
            "execute_filemode": mode == "100755",
        }
        told = {f"X-Gitlab-{name.replace('_', '-').title()}": _header(value) for name, value in body.items()}
        return answer({**body, "content": base64.b64encode(content).decode()}, headers=told)

    @call("file.raw")
    async def raw(self, request: web.Request) -> web.Response:
        """`GET …/files/:path/raw`: the bytes; without `ref` of the default branch."""
        _caller, project = self.hub.access.code(request)
        ref = str((await params(request)).get("ref") or project.default_branch)
        _sha, _mode, _blob, content = await self._file(project, request.match_info["path"], ref)
        return web.Response(body=content, content_type="text/plain", charset="utf-8")

    @call("tree.get")
    async def tree(self, request: web.Request) -> web.Response:
        """`GET …/tree?ref=&path=&recursive=`: folders first."""
        _caller, project = self.hub.access.code(request)
        values = await params(request)
        repo = self.hub.repo(project)
        sha = await repo.resolve(str(values.get("ref") or project.default_branch))
        if sha is None:
            raise not_found("Tree")
        folder = str(values.get("path") or "").strip("/")
        entries = await self._entries(repo, sha, folder, recursive=flag(values, "recursive"))
        if folder and not entries:
            raise not_found("invalid revision or path")
        shown, headers = (await self.hub.page(request)).cut(entries)
        return answer(shown, headers=headers)

    @staticmethod
    async def _entries(repo: Repository, sha: str, folder: str, *, recursive: bool) -> list[dict[str, str]]:
        found = await repo.tree_entries(sha, folder, recursive=recursive)
        entries = [
            {"id": blob, "name": path.rsplit("/", 1)[-1], "type": kind, "path": path, "mode": mode}
            for mode, kind, blob, path in found
        ]
        return sorted(entries, key=lambda entry: (entry["type"] != "tree", entry["path"]))


def _header(value: object) -> str:
    """A field of a file as the header of the same name has it; a HEAD shows nothing else."""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return quote(text, safe="/.-_ ")
