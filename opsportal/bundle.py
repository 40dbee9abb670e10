"""The built front end: where it lies, what its manifest names for the first page, which files never change.

Read from disk when the manifest has changed, so that a new build beside a running demo shows on reload. Must not:
build anything, or let a folder without a manifest be served.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

ENTRY = "src/app/main.tsx"
MANIFEST = "manifest.json"
PREFIX = "ui"
FONTS = 2
# vite: name, a dash, eight characters of the content's hash
HASHED = re.compile(r"/ui/assets/[^/]+-[A-Za-z0-9_-]{8}(\.\w+)+$")


@dataclass(frozen=True)
class Bundle:
    """What the page links to: paths below `/static/ui/`."""

    script: str
    imports: tuple[str, ...]
    styles: tuple[str, ...]
    fonts: tuple[str, ...]


def static_dirs(folder: Path | None) -> list[tuple[str, Path]]:
    """Django's STATICFILES_DIRS; only a folder that holds a build is served."""
    return [(PREFIX, folder)] if folder and (folder / MANIFEST).is_file() else []


def read_bundle(folder: Path | None) -> Bundle | None:
    """The build in this folder, None where there is none (or one is being written)."""
    if folder is None:
        return None
    try:
        stamp = (folder / MANIFEST).stat().st_mtime_ns
        return _parsed(folder / MANIFEST, stamp)
    except (OSError, ValueError, KeyError, TypeError):
        return None


@lru_cache(maxsize=4)
def _parsed(path: Path, stamp: int) -> Bundle:
    chunks: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    used = list(_with_imports(chunks, ENTRY))
    assets = _unique(asset for chunk in used for asset in chunk.get("assets", ()))
    return Bundle(
        script=chunks[ENTRY]["file"],
        imports=tuple(chunk["file"] for chunk in used[1:]),
        styles=_unique(style for chunk in reversed(used) for style in chunk.get("css", ())),
        fonts=tuple(asset for asset in assets if asset.endswith(".woff2"))[:FONTS],
    )


def _with_imports(chunks: dict[str, dict[str, Any]], entry: str) -> Iterator[dict[str, Any]]:
    """The entry, then each chunk it needs at once."""
    seen, waiting = {entry}, [entry]
    while waiting:
        chunk = chunks[waiting.pop(0)]
        yield chunk
        fresh = [name for name in chunk.get("imports", ()) if name not in seen]
        seen.update(fresh)
        waiting += fresh


def _unique(paths: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(paths))
