"""Upload sessions: bytes streamed to a file, hashed on the way, addressed by a state that must be the newest.

A session lives in memory and in one file; a restart ends it (the client begins again). Must not: hold a blob in memory.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import uuid
from collections.abc import AsyncIterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.replies import RefusalError


@dataclass
class Upload:
    """One session of one repository."""

    repository: str
    path: Path
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    size: int = 0
    hash: Any = field(default_factory=hashlib.sha256)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def append(self, chunks: AsyncIterable[bytes]) -> None:
        """Write what arrives; after a broken connection the bytes received so far count."""
        with self.path.open("ab") as file:
            async for chunk in chunks:
                file.write(chunk)
                self.hash.update(chunk)
                self.size += len(chunk)

    @property
    def digest(self) -> str:
        """Digest of all bytes received so far."""
        return "sha256:" + self.hash.hexdigest()

    @property
    def range(self) -> str:
        """The Range header: last byte received; zero bytes read `0-0` too."""
        return f"0-{max(self.size - 1, 0)}"

    @property
    def state(self) -> str:
        """The opaque `_state` of a Location: repository, id and offset."""
        token = json.dumps([self.repository, self.id, self.size]).encode()
        return base64.urlsafe_b64encode(token).decode().rstrip("=")


class Uploads:
    """All open sessions."""

    def __init__(self, folder: Path, edition: Edition) -> None:
        self._folder = folder
        self._edition = edition
        self._open: dict[str, Upload] = {}

    def start(self, repository: str) -> Upload:
        """Open a session with an empty file."""
        upload = Upload(repository, self._folder)
        upload.path = self._folder / upload.id
        upload.path.touch()
        self._open[upload.id] = upload
        return upload

    def find(self, repository: str, ident: str) -> Upload:
        """The open session; raises BLOB_UPLOAD_UNKNOWN."""
        upload = self._open.get(ident)
        if upload is None or upload.repository != repository:
            raise RefusalError("BLOB_UPLOAD_UNKNOWN", "blob upload unknown", old={})
        return upload

    def resume(self, repository: str, ident: str, state: str) -> Upload:
        """The open session if the state is its newest; an older Location is RANGE_INVALID, none at all is invalid."""
        try:
            named, stated, offset = json.loads(base64.urlsafe_b64decode(state + "=="))
        except (ValueError, binascii.Error) as error:
            raise RefusalError("BLOB_UPLOAD_INVALID", "invalid secret", old={}) from error
        if (named, stated) != (repository, ident):
            raise RefusalError("BLOB_UPLOAD_INVALID")
        upload = self.find(repository, ident)
        if upload.size != offset:
            raise RefusalError("BLOB_UPLOAD_INVALID" if self._edition.is_old else "RANGE_INVALID")
        return upload

    def close(self, upload: Upload) -> None:
        """End a session; its file is removed if it is still there."""
        self._open.pop(upload.id, None)
        upload.path.unlink(missing_ok=True)
