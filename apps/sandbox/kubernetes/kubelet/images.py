"""Images: reads references, looks them up in the registry over HTTP, says what an image's labels ask for.

Must not: write pod statuses; download layers.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from apps.sandbox.kubernetes.life.work import Registry

ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
TIMEOUT = aiohttp.ClientTimeout(total=5)
MOST_AT_ONCE = 8
MAX_DOCUMENT = 4 * 1024 * 1024
# Images that every node has from the start.
SIDE_LOADED = ("busybox", "nginx", "pause")
_REPOSITORY = re.compile(r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$")
_PREFIX = "sandbox."


class PullError(Exception):
    """An image that cannot be pulled; the message is what the kubelet reports."""


class BadReferenceError(Exception):
    """A reference that is none."""


@dataclass(frozen=True)
class Reference:
    """`host/repository:tag@digest`."""

    text: str
    host: str
    repository: str
    tag: str
    digest: str

    @property
    def target(self) -> str:
        """What is asked of the registry: the digest, else the tag."""
        return self.digest or self.tag


def parse_reference(text: str) -> Reference:
    """Read an image reference as the container runtime does; raises BadReferenceError."""
    rest, _, digest = text.partition("@")
    head, slash, tail = rest.partition("/")
    if slash and ("." in head or ":" in head or head == "localhost"):
        host, rest = head, tail
    else:
        host = ""
    repository, _, tag = rest.partition(":")
    if repository != repository.lower():
        why = f"repository name ({repository}) must be lowercase"
        raise BadReferenceError(_bad(text, f"invalid reference format: {why}"))
    if not _REPOSITORY.match(repository):
        raise BadReferenceError(_bad(text, "invalid reference format"))
    return Reference(text, host, repository, tag or ("" if digest else "latest"), digest)


def _bad(text: str, why: str) -> str:
    return f'Failed to apply default image tag "{text}": couldn\'t parse image name "{text}": {why}'


@dataclass(frozen=True)
class Behaviour:
    """What an image does when it is run, from its `sandbox.*` labels."""

    start_seconds: float
    stop_seconds: float | None = None
    never_ready: bool = False
    crash_exit_code: int | None = None
    oom: bool = False

    @classmethod
    def of(cls, labels: dict[str, str], start_seconds: float) -> Behaviour:
        """Read the labels; what is not there or not a number is the default."""
        stop = _number(labels.get(_PREFIX + "stop-seconds"))
        code = _number(labels.get(_PREFIX + "crash-exit-code"))
        start = _number(labels.get(_PREFIX + "start-seconds"))
        return cls(
            start_seconds=start_seconds if start is None else start,
            stop_seconds=stop,
            never_ready=labels.get(_PREFIX + "never-ready") == "true",
            crash_exit_code=None if code is None else int(code),
            oom=labels.get(_PREFIX + "oom") == "true",
        )


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else float(text)
    except ValueError:
        return None


@dataclass(frozen=True)
class Image:
    """A pulled image."""

    image_id: str
    labels: dict[str, str]
    size: int = 0


class ImageSource:
    """Looks images up; one look-up at a time per reference."""

    def __init__(self, registry: Registry | None) -> None:
        self._registry = registry
        self._session: aiohttp.ClientSession | None = None
        self._gate = asyncio.Semaphore(MOST_AT_ONCE)

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()

    async def pull(self, reference: Reference) -> Image:
        """The image of a reference; raises PullError."""
        if not reference.host and reference.repository in SIDE_LOADED:
            digest = hashlib.sha256(reference.repository.encode()).hexdigest()
            return Image(f"sha256:{digest}", {}, 4_000_000)
        registry = self._registry
        if registry is None or reference.host != registry.host:
            host = reference.host or "registry-1.docker.io"
            raise PullError(self._refused(reference, f"https://{host}", host))
        async with self._gate:
            return await self._look_up(registry, reference)

    # -- the registry -------------------------------------------------------------------------------------
    async def _look_up(self, registry: Registry, reference: Reference) -> Image:
        url = f"{registry.url}/v2/{reference.repository}"
        try:
            digest, manifest = await self._manifest(url, reference, reference.target)
            top = digest
            for child in manifest.get("manifests") or ():
                platform = child.get("platform") or {}
                if platform.get("os", "linux") == "linux" and platform.get("architecture", "amd64") == "amd64":
                    digest, manifest = await self._manifest(url, reference, child["digest"])
                    break
            config = await self._get_json(f"{url}/blobs/{manifest['config']['digest']}", reference)
        except TimeoutError as error:
            target = f"{url}/manifests/{reference.target}"
            raise PullError(
                _failed(reference, f'failed to do request: Head "{target}": context deadline exceeded')
            ) from error
        except aiohttp.ClientError as error:
            raise PullError(self._refused(reference, registry.url, urlsplit(registry.url).netloc)) from error
        except (ValueError, KeyError, TypeError) as error:
            raise PullError(_failed(reference, "unexpected media type or broken manifest")) from error
        labels = (config.get("config") or {}).get("Labels") or {}
        size = sum(int(layer.get("size", 0)) for layer in manifest.get("layers") or ())
        return Image(
            f"{reference.host}/{reference.repository}@{top}", {str(k): str(v) for k, v in labels.items()}, size
        )

    async def _manifest(self, url: str, reference: Reference, target: str) -> tuple[str, dict[str, Any]]:
        async with self._client().get(f"{url}/manifests/{target}", headers={"Accept": ACCEPT}) as answer:
            _check(answer, reference)
            raw = await answer.content.read(MAX_DOCUMENT)
            digest = answer.headers.get("Docker-Content-Digest") or "sha256:" + hashlib.sha256(raw).hexdigest()
            return digest, json.loads(raw)

    async def _get_json(self, url: str, reference: Reference) -> dict[str, Any]:
        async with self._client().get(url) as answer:
            _check(answer, reference)
            document: dict[str, Any] = json.loads(await answer.content.read(MAX_DOCUMENT))
            return document

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            assert self._registry is not None
            headers = {"User-Agent": "containerd/1.6.20"}
            if self._registry.user:
                login = f"{self._registry.user}:{self._registry.password}"
                headers["Authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, headers=headers)
        return self._session

    @staticmethod
    def _refused(reference: Reference, base: str, host: str) -> str:
        address = host if ":" in host else f"{host}:443"
        url = f"{base}/v2/{reference.repository}/manifests/{reference.target}"
        why = f'failed to do request: Head "{url}": dial tcp {address}: connect: connection refused'
        return _failed(reference, why)


def _failed(reference: Reference, why: str) -> str:
    text = reference.text
    return f'failed to pull and unpack image "{text}": failed to resolve reference "{text}": {why}'


def _check(answer: aiohttp.ClientResponse, reference: Reference) -> None:
    """Raise PullError unless the registry said 200."""
    if answer.status == 404:
        why = _failed(reference, f"{reference.text}: not found")
        raise PullError(f"rpc error: code = NotFound desc = {why}")
    if answer.status in (401, 403):
        why = (
            "pull access denied, repository does not exist or may require authorization: "
            f"authorization failed: {answer.status} {answer.reason}"
        )
        raise PullError(_failed(reference, why))
    if answer.status != 200:
        why = f"unexpected status from HEAD request to {answer.url}: {answer.status} {answer.reason}"
        raise PullError(_failed(reference, why))
