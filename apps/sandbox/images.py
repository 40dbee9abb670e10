"""Build a real OCI image from files and push it to a registry over HTTP.

Used by the stand-in Jenkins and by the seeder. Must not: know what is in an image, keep cookies, or print credentials.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

import aiohttp
from yarl import URL

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar+gzip"


class PushError(Exception):
    """The registry refused or could not be reached; `status` is 0 when there was no answer."""

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Layer:
    """One gzip tar layer and what its history line says."""

    blob: bytes
    diff_id: str
    created_by: str

    @property
    def digest(self) -> str:
        """Digest of the compressed bytes."""
        return digest_of(self.blob)


@dataclass(frozen=True)
class Image:
    """A finished image: manifest and config as the bytes that are pushed, and its layers."""

    manifest: bytes
    config: bytes
    layers: tuple[Layer, ...]

    @property
    def digest(self) -> str:
        """Digest of the manifest: the image's identity."""
        return digest_of(self.manifest)


@dataclass(frozen=True)
class ImageReference:
    """`host/repository:tag`, taken apart; `tag` is empty when none was given."""

    host: str
    repository: str
    tag: str

    @classmethod
    def parse(cls, text: str) -> ImageReference:
        """Take a reference apart; a first part without dot, colon or `localhost` belongs to the repository."""
        host, slash, rest = text.partition("/")
        if not slash or not ("." in host or ":" in host or host == "localhost"):
            host, rest = "", text
        name, _, tag = rest.partition(":")
        return cls(host, name, tag)


@dataclass(frozen=True)
class Registry:
    """Where to push and as whom."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """Host and port as they stand in image references."""
        return URL(self.url).authority


def digest_of(data: bytes) -> str:
    """`sha256:…` of the bytes."""
    return "sha256:" + hashlib.sha256(data).hexdigest()


def build_layer(files: Mapping[str, bytes], created_by: str, created: datetime) -> Layer:
    """A layer of these files (path inside the image → content); the same input gives the same bytes."""
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path in sorted(files):
            info = tarfile.TarInfo(path.lstrip("/"))
            info.size, info.mode, info.mtime = len(files[path]), 0o644, int(created.timestamp())
            archive.addfile(info, io.BytesIO(files[path]))
    plain = raw.getvalue()
    return Layer(gzip.compress(plain, 6, mtime=0), digest_of(plain), created_by)


def build_image(
    layers: Sequence[Layer],
    *,
    labels: Mapping[str, str],
    created: datetime,
    env: Sequence[str] = (),
    command: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Image:
    """Config and manifest over these layers; `notes` become empty-layer history lines."""
    stamp = created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    history: list[dict[str, object]] = [{"created": stamp, "created_by": layer.created_by} for layer in layers]
    history += [{"created": stamp, "created_by": note, "empty_layer": True} for note in notes]
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "created": stamp,
            "config": {"Env": list(env), "Cmd": list(command), "Labels": dict(labels)},
            "rootfs": {"type": "layers", "diff_ids": [layer.diff_id for layer in layers]},
            "history": history,
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": {"mediaType": CONFIG_TYPE, "size": len(config), "digest": digest_of(config)},
            "layers": [{"mediaType": LAYER_TYPE, "size": len(x.blob), "digest": x.digest} for x in layers],
        }
    )
    return Image(manifest, config, tuple(layers))


async def push_image(registry: Registry, repository: str, tag: str, image: Image, *, seconds: float = 60) -> str:
    """Push blobs, then the manifest under `tag`; the digest the registry answers, which must be ours."""
    headers = {"Authorization": aiohttp.encode_basic_auth(registry.user, registry.password)} if registry.user else {}
    timeout = aiohttp.ClientTimeout(total=seconds)
    jar = aiohttp.DummyCookieJar()
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=timeout, cookie_jar=jar) as session:
            for layer in image.layers:
                await _push_blob(session, registry, repository, layer.blob, chunked=True)
            await _push_blob(session, registry, repository, image.config, chunked=False)
            return await _push_manifest(session, registry, repository, tag, image)
    except TimeoutError as error:
        raise PushError(f"no answer from {registry.host} within {seconds:.0f} s") from error
    except aiohttp.ClientError as error:
        raise PushError(f"{registry.host}: {error}") from error


async def _push_blob(
    session: aiohttp.ClientSession, registry: Registry, repository: str, blob: bytes, *, chunked: bool
) -> None:
    digest = digest_of(blob)
    base = f"{registry.url.rstrip('/')}/v2/{quote(repository)}/blobs"
    async with session.head(f"{base}/{digest}") as answer:
        if answer.status == 200:
            return
    async with session.post(f"{base}/uploads/") as answer:
        await _expect(answer, 202)
        target = _location(answer)
    headers = {"Content-Type": "application/octet-stream"}
    if chunked:
        span = {"Content-Range": f"0-{len(blob) - 1}"}
        async with session.patch(target, data=blob, headers=headers | span) as answer:
            await _expect(answer, 202)
            target = _location(answer)
    # The upload's address carries the registry's own query, which must be kept as it is.
    target = URL(f"{target}{'&' if target.query_string else '?'}digest={digest}", encoded=True)
    async with session.put(target, data=b"" if chunked else blob, headers=headers) as answer:
        await _expect(answer, 201)


async def _push_manifest(
    session: aiohttp.ClientSession, registry: Registry, repository: str, tag: str, image: Image
) -> str:
    url = f"{registry.url.rstrip('/')}/v2/{quote(repository)}/manifests/{quote(tag)}"
    async with session.put(url, data=image.manifest, headers={"Content-Type": MANIFEST_TYPE}) as answer:
        await _expect(answer, 201)
        said = answer.headers.get("Docker-Content-Digest", image.digest)
    if said != image.digest:
        raise PushError(f"{registry.host} stored {said}, pushed was {image.digest}")
    return said


def _location(answer: aiohttp.ClientResponse) -> URL:
    return answer.url.join(URL(answer.headers.get("Location", ""), encoded=True))


async def _expect(answer: aiohttp.ClientResponse, status: int) -> None:
    if answer.status == status:
        return
    body = (await answer.content.read(2000)).decode("utf-8", "replace").strip()
    raise PushError(
        f"received unexpected HTTP status: {answer.status} {answer.reason}: {body}".rstrip(": "), answer.status
    )


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
