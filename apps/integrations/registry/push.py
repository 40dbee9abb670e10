"""Writing into one repository of a registry: a blob as a stream, a manifest as the bytes it is.

Must not: hold a blob in memory, follow an upload to another host, or repeat a stream that was begun.
"""

from __future__ import annotations

from collections.abc import AsyncIterable
from urllib.parse import urljoin, urlsplit

from apps.common.errors import Rejected, Unavailable
from apps.integrations.answers import Answer
from apps.integrations.http import Query
from apps.integrations.registry import parse
from apps.integrations.registry.client import BLOB, RegistryClient

# The caller's deadline comes first; this one only ends what nobody waits for any more.
TRANSFER_SECONDS = 3600.0
REFUSED = (400, 403, 404, 405, 409, 412, 413, 416)
LOST = frozenset({"BLOB_UPLOAD_UNKNOWN", "BLOB_UPLOAD_INVALID", "RANGE_INVALID"})


class Push:
    """The writes of a copy. Content is addressed by its digest, so each may be made again."""

    def __init__(self, client: RegistryClient, repo: str) -> None:
        self._client, self._http, self._repo = client, client.http, repo
        self._scope = f"repository:{repo}:pull,push"

    async def put_blob(self, digest: str, content: AsyncIterable[bytes]) -> None:
        """Upload one blob: session, stream, digest. `registry.upload_lost` (come again) when the session went away."""
        what = f"blob {digest[:19]} of {self._repo}"
        opened, signed = await self._write("POST", f"/v2/{self._repo}/blobs/uploads/", what)
        sent = await self._http.request(
            "PATCH",
            self._location(opened),
            what=what,
            data=content,
            headers={"Content-Type": BLOB, **signed},
            allow=REFUSED,
            seconds=TRANSFER_SECONDS,
        )
        self._raise_refused(sent)
        await self._write("PUT", self._location(sent), what, query=[("digest", digest)], headers={"Content-Type": BLOB})

    async def put_manifest(self, reference: str, body: bytes, media_type: str, digest: str) -> None:
        """Store a manifest under a tag or its digest; the registry must name the digest it was approved by."""
        what = f"{self._repo}:{reference}"
        path = self._client.manifest_path(self._repo, reference)
        answer, _ = await self._write("PUT", path, what, data=body, headers={"Content-Type": media_type})
        said = answer.headers.get("Docker-Content-Digest", "")
        if not said:
            found = await self._client.head_manifest(self._repo, reference)
            said = found.digest if found else ""
        if said != digest:
            raise Rejected("registry.digest_mismatch", image=what, digest=said[:100], **answer.about)

    # -- inside -------------------------------------------------------------------------------------------
    async def _write(
        self,
        method: str,
        path: str,
        what: str,
        *,
        query: Query | None = None,
        data: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> tuple[Answer, dict[str, str]]:
        answer, signed = await self._client.signed(
            method, path, what, self._scope, allow=REFUSED, headers=headers or {}, query=query, data=data
        )
        self._raise_refused(answer)
        return answer, signed

    def _raise_refused(self, answer: Answer) -> None:
        if answer.status < 300:
            return
        code, message = parse.first_error(answer)
        said = self._http.quote(f"{code} {message}".strip())
        if answer.status == 403 or code == "DENIED":
            raise Rejected("registry.right_missing", scope=self._scope, said=said, **answer.about)
        if answer.status in (404, 416) and code in LOST:
            raise Unavailable("registry.upload_lost", said=said, **answer.about)
        raise Rejected("registry.push_refused", status=answer.status, said=said, **answer.about)

    def _location(self, answer: Answer) -> str:
        """Where the upload goes on: always at this registry's own origin, relative or absolute, query included."""
        own = urlsplit(self._http.base)
        found = urlsplit(urljoin(self._http.base, answer.headers.get("Location", "")))
        if found.hostname != own.hostname or not found.path.strip("/"):
            raise Rejected("registry.upload_elsewhere", host=(found.hostname or "")[:200], **answer.about)
        return f"{own.scheme}://{own.netloc}{found.path}" + (f"?{found.query}" if found.query else "")
