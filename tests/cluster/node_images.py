"""Images that really run, for the real node: a static busybox, pushed to a registry.

Must not: need a container tool; `busybox-static` is all (REAL_NODE=1 only).
"""

from __future__ import annotations

import asyncio
import gzip
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path

from apps.sandbox.images import Layer, Registry, build_image, digest_of, push_image

BUSYBOX = Path("/bin/busybox")
APPLETS = (
    "sh",
    "cat",
    "ls",
    "echo",
    "sleep",
    "true",
    "false",
    "id",
    "ps",
    "env",
    "stty",
    "tail",
    "hostname",
    "wget",
    "httpd",
)
REPOSITORY = "cluster/busybox"
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
# As a server: it writes a line a second to both streams, and ends at once when it is asked to.
LOOP = """trap 'exit 0' TERM INT; i=0; while :; do i=$((i+1)); echo "line $i"; echo "warn $i" >&2; sleep 1 & wait $!; done"""
PAUSE = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done"


def push(registry: Registry) -> tuple[str, str, str]:
    """Two images of a server, the first named by its digest, and the one that holds a pod's namespaces."""
    layer = _layer()

    def one(tag: str, script: str) -> str:
        image = build_image(
            [layer], labels={"version": tag}, created=CREATED, env=["PATH=/bin"], command=["/bin/sh", "-c", script]
        )
        return asyncio.run(push_image(registry, REPOSITORY, tag, image))

    name = f"{registry.host}/{REPOSITORY}"
    first = one("v1", LOOP)
    one("v2", LOOP)
    one("pause", PAUSE)
    return f"{name}:v1@{first}", f"{name}:v2", f"{name}:pause"


def _layer() -> Layer:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for folder in ("bin", "dev", "etc", "proc", "root", "sys", "tmp", "var", "www"):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            archive.addfile(info)
        _file(archive, "bin/busybox", BUSYBOX.read_bytes(), 0o755)
        _file(archive, "etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n", 0o644)
        _file(archive, "www/index.html", b"ok\n", 0o644)
        for applet in APPLETS:
            info = tarfile.TarInfo(f"bin/{applet}")
            info.type, info.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(info)
    plain = raw.getvalue()
    return Layer(gzip.compress(plain, 6, mtime=0), digest_of(plain), "busybox")


def _file(archive: tarfile.TarFile, name: str, data: bytes, mode: int) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), mode
    archive.addfile(info, io.BytesIO(data))
