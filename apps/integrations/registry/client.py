"""A registry as the portal needs it: what a tag or digest is, what its labels say, which tags there are.

Must not: write anything (copies do, in `push.py`); take one 404 for "missing" without reading it; keep cookies.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from apps.common.errors import IntegrationError, Invalid, NotFound, Rejected
from apps.integrations.answers import Answer
from apps.integrations.checklist import Check, Checklist, Tell, resolve, tell_nobody
from apps.integrations.http import MIB, Http
from apps.integrations.registry import parse
from apps.integrations.registry.auth import Credentials
from apps.integrations.registry.references import MAX_PATH, PATH, TAG, is_digest
from apps.integrations.registry.types import Image, Manifest

MANIFEST_BODY = 4 * MIB
MAX_TAGS = 10_000
PAGE = 1000
BLOB = "application/octet-stream"


class RegistryClient:
    """One registry. All calls but `signed` read and may be repeated at will."""

    def __init__(
        self,
        url: str,
        username: str,
        password: str,
        *,
        name: str = "registry",
        token_host: str = "",
        ca_pem: str = "",
        timeout: float = 10.0,
        allow_loopback: bool = False,
    ) -> None:
        self.http = Http(
            url,
            system="Registry",
            name=name,
            ca_pem=ca_pem,
            timeout=timeout,
            allow_loopback=allow_loopback,
            secrets=[password],
            explain=self._explain,
        )
        self._credentials = Credentials(self.http, username, password, token_host)

    async def head_manifest(self, repo: str, reference: str) -> Manifest | None:
        """What a tag or digest points to; None when it is not there. Read: repeatable."""
        path, what = self.manifest_path(repo, reference), f"{repo}:{reference}"
        answer = await self._get(path, what, repo, method="HEAD", allow=(404,))
        trusted = answer.status == 200 and answer.headers.get("Docker-Content-Digest")
        if trusted and parse.media_type(answer) in parse.INDEXES + parse.MANIFESTS:
            return parse.manifest(answer, size=int(answer.headers.get("Content-Length", 0)))
        # A HEAD's 404 has no body to tell "missing" from "another type": ask again, with one.
        read = await self.read_manifest(repo, reference)
        return read[0] if read else None

    async def get_image(self, repo: str, reference: str) -> Image:
        """The image behind a tag or digest, checked against its own bytes. NotFound `registry.image_missing`.

        Of an index, digest and media type are the index's; labels and size are one platform's. Read: repeatable.
        """
        about = self.http.about(f"{repo}:{reference}")
        read = await self.read_manifest(repo, reference)
        if read is None:
            raise NotFound("registry.image_missing", image=f"{repo}:{reference}", **about)
        found, answer = read
        raw = answer.object()
        if found.media_type in parse.INDEXES:
            child = await self.read_manifest(repo, answer.read(parse.platform_child))
            if child is None:
                raise Rejected("registry.image_broken", image=f"{repo}:{reference}", **about)
            raw = child[1].object()
        config = await self._read_config(repo, raw, about)
        return answer.read(lambda _: parse.image(found, raw, config))

    async def list_tags(self, repo: str, limit: int = MAX_TAGS) -> list[str]:
        """All tags of a repository in bytewise order (never "last = newest"); [] when it has none. Read: repeatable."""
        self._require_path(repo)
        path, what = f"/v2/{repo}/tags/list?n={PAGE}", f"tags of {repo}"
        tags: set[str] = set()
        seen: set[str] = set()
        while path and path not in seen and len(tags) < limit:
            seen.add(path)
            answer = await self._get(path, what, repo, allow=(404,))
            if answer.status == 404:
                if not parse.means_absent(answer):
                    raise self._not_a_registry(answer)
                return []
            tags.update(answer.read(_tags))
            path = self._next(answer)
        return sorted(tags)[:limit]

    async def has_digest(self, repo: str, digest: str) -> bool:
        """Whether the registry can serve this very image. Read: repeatable."""
        return await self.head_manifest(repo, digest) is not None

    async def has_blob(self, repo: str, digest: str) -> bool:
        """Whether a blob is there. Read: repeatable."""
        answer = await self._get(self._blob_path(repo, digest), repo, repo, method="HEAD", allow=(404,), accept=BLOB)
        return answer.status == 200

    @asynccontextmanager
    async def open_blob(self, repo: str, digest: str) -> AsyncIterator[AsyncIterator[bytes]]:
        """A blob in pieces, however large; storage may be elsewhere, then the credential stays behind."""
        path, what = self._blob_path(repo, digest), f"{repo}@{digest}"
        # A HEAD first: a challenge is answered before the stream begins.
        head, signed = await self.signed(
            "HEAD", path, what, _pull(repo), headers={"Accept": BLOB}, allow=(404,), follow="any"
        )
        if head.status == 404:
            raise Rejected("registry.image_broken", image=what, **head.about)
        wanted = {"Accept": BLOB, "Accept-Encoding": "identity", **signed}
        idle = self.http.timeout
        async with self.http.stream(path, what=what, headers=wanted, follow="any", idle=idle) as chunks:
            yield chunks

    async def check(self, repository: str = "", *, tell: Tell = tell_nobody) -> list[Check]:
        """Address, ping and credential; with a repository also the right to read it. Read: repeatable."""
        found = Checklist(tell)
        await found.attempt("address", resolve(self.http.base, self.http.about("address")), foundation=True)
        await found.attempt("credential", self._ping(), foundation=True)
        if repository:
            await found.attempt("pull", self.list_tags(repository))
        else:
            # A token registry answers the ping to tokens without any right.
            found.skip("pull", "registry.no_repository_given")
        return found.checks

    # -- inside -------------------------------------------------------------------------------------------
    async def _ping(self) -> None:
        answer = await self._get("/v2/", "ping", "", allow=(404,))
        if answer.status != 200 or "json" not in parse.media_type(answer):
            raise self._not_a_registry(answer)

    async def read_manifest(self, repo: str, reference: str) -> tuple[Manifest, Answer] | None:
        path, what = self.manifest_path(repo, reference), f"{repo}:{reference}"
        answer = await self._get(path, what, repo, allow=(404,), limit=MANIFEST_BODY)
        if answer.status == 404:
            if not parse.means_absent(answer):
                raise self._not_a_registry(answer)
            return None
        found = parse.manifest(answer, size=len(answer.body))
        actual = parse.sha256(answer.body)
        if actual != found.digest or (is_digest(reference) and reference != actual):
            raise Rejected("registry.digest_mismatch", image=f"{repo}:{reference}", digest=actual, **answer.about)
        return found, answer

    async def _read_config(self, repo: str, raw: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
        """The configuration blob; storage may be elsewhere, then the credential stays behind."""
        digest = str((raw.get("config") or {}).get("digest") or "")
        if not is_digest(digest):
            raise Rejected("registry.image_broken", image=repo, **about)
        answer = await self._get(f"/v2/{repo}/blobs/{digest}", about["what"], repo, allow=(404,), accept=BLOB)
        if answer.status == 404 or parse.sha256(answer.body) != digest:
            raise Rejected("registry.image_broken", image=repo, **about)
        return answer.object()

    async def _get(
        self,
        path: str,
        what: str,
        repo: str,
        *,
        method: str = "GET",
        allow: Sequence[int] = (),
        limit: int = MIB,
        accept: str = parse.ACCEPT,
    ) -> Answer:
        """One read; on a 401 the challenge is answered once."""
        answer, _ = await self.signed(
            method,
            path,
            what,
            _pull(repo) if repo else "",
            headers={"Accept": accept},
            allow=allow,
            limit=limit,
            follow="any" if accept == BLOB else "never",
        )
        return answer

    async def signed(
        self,
        method: str,
        path: str,
        what: str,
        scope: str,
        *,
        headers: dict[str, str],
        allow: Sequence[int] = (),
        **options: Any,
    ) -> tuple[Answer, dict[str, str]]:
        """One request whose challenge is answered once, and the Authorization that worked. No streams: it may be sent
        twice."""
        tried = self._credentials.header(scope)
        for last in (False, True):
            answer = await self.http.request(
                method, path, what=what, headers={**headers, **tried}, allow=(401, *allow), **options
            )
            if answer.status != 401:
                return answer, tried
            if last and "insufficient_scope" in answer.headers.get("WWW-Authenticate", ""):
                raise Rejected("registry.right_missing", scope=scope, **answer.about)
            if last:
                raise Rejected("outside.unauthorized", field="password", **answer.about)
            tried = await self._credentials.answer(answer, scope, tried)
        raise AssertionError("the second try returns or raises")

    @classmethod
    def _blob_path(cls, repo: str, digest: str) -> str:
        cls._require_path(repo)
        if not is_digest(digest):
            raise Invalid("image.reference_invalid", image=f"{repo}@{digest}"[:200])
        return f"/v2/{repo}/blobs/{digest}"

    def manifest_path(self, repo: str, reference: str) -> str:
        """The path of a manifest; a name that a registry would choke on is refused."""
        self._require_path(repo)
        if not (is_digest(reference) or TAG.fullmatch(reference)):
            raise Invalid("image.reference_invalid", image=f"{repo}:{reference}"[:200])
        return f"/v2/{repo}/manifests/{reference}"

    @staticmethod
    def _require_path(repo: str) -> None:
        if not PATH.fullmatch(repo) or len(repo) > MAX_PATH:
            raise Invalid("image.reference_invalid", image=repo[:200])

    def _next(self, answer: Answer) -> str:
        """The path of `Link: <…>; rel="next"`; only ever on this registry, whatever host it names."""
        link = answer.headers.get("Link", "")
        if 'rel="next"' not in link or "<" not in link:
            return ""
        parts = urlsplit(link[link.index("<") + 1 : link.index(">")])
        return f"{parts.path}?{parts.query}" if parts.path.startswith("/v2/") else ""

    def _not_a_registry(self, answer: Answer) -> IntegrationError:
        code, message = parse.first_error(answer)
        return Rejected("registry.unexpected", said=self.http.quote(f"{code} {message}".strip()), **answer.about)

    def _explain(self, answer: Answer) -> IntegrationError | None:
        code, message = parse.first_error(answer)
        if answer.status == 403 or code == "DENIED":
            said = self.http.quote(message)
            return Rejected("registry.right_missing", scope="pull", said=said, **answer.about)
        return None


def _pull(repo: str) -> str:
    return f"repository:{repo}:pull"


def _tags(raw: dict[str, Any]) -> list[str]:
    return [str(tag) for tag in raw.get("tags") or []]
