"""Recordings as files of one directory: `<root>/<session // 1000>/<session>.cast`, readable by the portal alone.

Must not: leave part of a segment behind when a write fails, or follow a link out of its directory.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import structlog

from apps.terminals.recording.errors import RecordingError, of_os_error

log = structlog.get_logger(__name__)

SUFFIX = ".cast"
PER_FOLDER = 1000
STREAM_BYTES = 1024 * 1024
# Size is flushed too: it is needed to find the data again. macOS has no fdatasync.
_sync = getattr(os, "fdatasync", os.fsync)


class DirectoryStore:
    """One file per session, a segment after the other."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def create(self, session_id: int) -> None:
        """An empty file, and its name durable in every folder that is new."""
        path = self.path(session_id)
        with _our_errors():
            self._make_folders(path.parent)
            try:
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600))
            except FileExistsError:
                raise RecordingError("recording.exists") from None
            _sync_folder(path.parent)

    def append(self, session_id: int, seq: int, offset: int, data: bytes | memoryview) -> None:
        """Written and flushed, or cut off again."""
        with _our_errors(), self._opened(session_id, os.O_WRONLY | os.O_APPEND) as file:
            if os.fstat(file).st_size != offset:
                raise RecordingError("recording.altered")
            try:
                _write_all(file, data)
                _sync(file)
            except OSError:
                _cut_back(file, session_id, seq, offset)
                raise

    def cut(self, session_id: int, seq: int, offset: int) -> None:
        """The file ends at `offset` afterwards, if it was longer."""
        with _our_errors(), self._opened(session_id, os.O_WRONLY) as file:
            if os.fstat(file).st_size > offset:
                os.ftruncate(file, offset)
                _sync(file)

    def find_size(self, session_id: int) -> int | None:
        """As the file system says."""
        with _our_errors():
            try:
                return self.path(session_id).stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                return None

    def read(self, session_id: int, offset: int, limit: int) -> bytes:
        """`recording.missing` when there is no file."""
        with _our_errors(), self._opened(session_id, os.O_RDONLY) as file:
            return os.pread(file, limit, offset)

    def stream(self, session_id: int) -> Iterator[bytes]:
        """The whole file."""
        with _our_errors(), self._opened(session_id, os.O_RDONLY) as file:
            while piece := os.read(file, STREAM_BYTES):
                yield piece

    def ids(self) -> Iterator[int]:
        """In ascending order within each folder."""
        with _our_errors():
            for path in sorted(self.root.glob(f"*/*{SUFFIX}")):
                if path.stem.isdecimal():
                    yield int(path.stem)

    def delete(self, session_id: int) -> None:
        """The name is gone for good when this returns."""
        path = self.path(session_id)
        with _our_errors(), suppress(FileNotFoundError):
            path.unlink()
            _sync_folder(path.parent)

    def check(self) -> None:
        """A probe beside the recordings; it needs the same rights and the same space."""
        path = self.root / f".probe-{os.getpid()}"
        with _our_errors():
            self._make_folders(self.root)
            file = os.open(path, os.O_CREAT | os.O_TRUNC | os.O_RDWR | os.O_NOFOLLOW, 0o600)
            try:
                _write_all(file, b"probe")
                _sync(file)
            finally:
                os.close(file)
                path.unlink()

    def path(self, session_id: int) -> Path:
        """Where a session's file is."""
        return self.root / f"{session_id // PER_FOLDER:06d}" / f"{session_id}{SUFFIX}"

    def _make_folders(self, folder: Path) -> None:
        if not folder.is_dir():
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            _sync_folder(folder.parent)

    @contextmanager
    def _opened(self, session_id: int, flags: int) -> Iterator[int]:
        try:
            file = os.open(self.path(session_id), flags | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise RecordingError("recording.missing") from None
        try:
            yield file
        finally:
            os.close(file)


@contextmanager
def _our_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise of_os_error(error) from error


def _write_all(file: int, data: bytes | memoryview) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]


def _cut_back(file: int, session_id: int, seq: int, offset: int) -> None:
    """Shrinking needs no space; should it fail all the same, verifying names the place."""
    try:
        os.ftruncate(file, offset)
        _sync(file)
    except OSError as error:
        log.error("part of a segment stays behind", session=session_id, segment=seq, position=offset, error=str(error))


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
