"""A document's files: one ConfigMap, a mount for each, and a checksum that restarts the pods when one changes.

A file mounted by subPath is never updated in a running pod, so the checksum on the pod template is what makes a change
arrive. Must not: read or write a file system.
"""

from __future__ import annotations

import posixpath
import re

from apps.common.canonical import sha256_hex
from apps.common.errors import Invalid
from apps.workloads.rendering.subject import Json, Subject, metadata

VOLUME = "files"
LONGEST_KEY = 253
MOST_BYTES = 1 << 20
_PLAIN = re.compile(rb"[A-Za-z0-9.-]")


def config_map_name(subject: Subject) -> str:
    """The name of the ConfigMap."""
    return f"{subject.workload_name}-files"


def config_map(document: Json, subject: Subject) -> Json | None:
    """The ConfigMap, None without files. Invalid for a path twice, one that cannot be mounted, and too much of it."""
    if not document["files"]:
        return None
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(subject, config_map_name(subject)),
        "data": contents(document),
    }


def contents(document: Json) -> dict[str, str]:
    """Key → content, by path, whatever order the document lists them in."""
    found: dict[str, str] = {}
    for file in sorted(document["files"], key=lambda entry: str(entry["path"])):
        key = key_of(file["path"])
        if key in found:
            raise Invalid("rendering.file_twice", path=file["path"])
        found[key] = file["content"]
    size = sum(len(content.encode()) for content in found.values())
    if size > MOST_BYTES:
        raise Invalid("rendering.files_too_large", size=size, most=MOST_BYTES)
    return found


def key_of(path: str) -> str:
    """The ConfigMap key of a path, one to one: `/etc/app/a_b.yml` is `etc__app__a_5fb.yml`.

    `/` becomes `__`, what a key may not hold `_` and two hexadecimal digits for each byte; no key begins with a dot
    (Kubernetes refuses `..x`). A key that would be too long is `_h` and the SHA-256, which no other rule produces.
    """
    if not path.startswith("/") or posixpath.normpath(path) != path or path == "/" or ":" in path or "//" in path:
        raise Invalid("rendering.file_path", path=path)
    parts = []
    for place, byte in enumerate(path[1:].encode()):
        char = bytes([byte])
        is_plain = _PLAIN.match(char) and not (place == 0 and char == b".")
        parts.append("__" if char == b"/" else char.decode() if is_plain else f"_{byte:02x}")
    key = "".join(parts)
    return key if len(key) <= LONGEST_KEY else f"_h{sha256_hex(path)}"


def mounts(document: Json) -> list[Json]:
    """One mount per file, so that nothing else of its folder in the image is hidden."""
    paths = sorted(str(file["path"]) for file in document["files"])
    return [{"name": VOLUME, "mountPath": path, "subPath": key_of(path), "readOnly": True} for path in paths]


def volumes(document: Json, subject: Subject) -> list[Json]:
    """The ConfigMap as a volume."""
    return [{"name": VOLUME, "configMap": {"name": config_map_name(subject)}}] if document["files"] else []


def checksum(document: Json) -> str:
    """SHA-256 of all paths and contents."""
    return sha256_hex(contents(document))
