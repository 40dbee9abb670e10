"""The directory: a segment is there, durable and whole, or it is not there."""

from __future__ import annotations

import errno
import os
import resource
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.terminals.recording import directory
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.errors import RecordingError


def refused(code: str) -> pytest.RaisesExc[RecordingError]:
    return pytest.RaisesExc(RecordingError, check=lambda error: error.code == code)


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("this machine mounts no tmpfs; the file size limit below is tested everywhere")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_segments_lie_one_after_the_other_and_are_read_from_any_offset(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    assert store.find_size(7) is None
    store.create(7)
    store.append(7, 1, 0, b"first\n")
    store.append(7, 2, 6, b"second\n")
    assert store.find_size(7) == 13
    assert store.read(7, 4, 5) == b"t\nsec"
    assert b"".join(store.stream(7)) == b"first\nsecond\n"
    assert list(store.ids()) == [7]


def test_only_the_portal_can_read_them(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "new" / "place")
    store.create(1007)
    path = store.path(1007)
    assert path == tmp_path / "new" / "place" / "000001" / "1007.cast"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.root.stat().st_mode) == 0o700


def test_there_is_one_recording_of_a_session(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.create(7)
    with refused("recording.exists"):
        store.create(7)


def test_nothing_is_written_behind_bytes_that_somebody_else_wrote_or_took(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.create(7)
    store.append(7, 1, 0, b"first\n")
    for content in (b"firs", b"first\nmore\n"):
        store.path(7).write_bytes(content)
        with refused("recording.altered"):
            store.append(7, 2, 6, b"second\n")
        assert store.path(7).read_bytes() == content


def test_a_recording_that_was_removed_is_not_begun_anew(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.create(7)
    store.delete(7)
    store.delete(7)
    with refused("recording.missing"):
        store.append(7, 1, 0, b"x")
    assert list(store.ids()) == []


def test_no_link_leads_out_of_the_directory(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path / "store")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"")
    store.create(7)
    store.path(7).unlink()
    store.path(7).symlink_to(elsewhere)
    with refused("recording.refused"):
        store.append(7, 1, 0, b"x")
    with refused("recording.refused"):
        store.read(7, 0, 1)
    assert elsewhere.read_bytes() == b""


def test_what_is_taken_back_is_gone(tmp_path: Path) -> None:
    store = DirectoryStore(tmp_path)
    store.create(7)
    store.append(7, 1, 0, b"first\n")
    store.append(7, 2, 6, b"second\n")
    store.cut(7, 2, 6)
    store.cut(7, 2, 6)
    assert store.path(7).read_bytes() == b"first\n"


def test_a_full_disk_leaves_no_part_of_a_segment(tiny_disk: Path) -> None:
    store = DirectoryStore(tiny_disk)
    store.create(7)
    store.append(7, 1, 0, b"x" * 20_000)
    with refused("recording.no_space"):
        store.append(7, 2, 20_000, b"y" * 60_000)
    assert store.path(7).read_bytes() == b"x" * 20_000
    store.append(7, 2, 20_000, b"z" * 10_000)
    assert store.find_size(7) == 30_000


def test_a_disk_without_space_for_a_probe_is_told(tiny_disk: Path) -> None:
    store = DirectoryStore(tiny_disk)
    store.check()
    (tiny_disk / "big").write_bytes(b"x" * 64 * 1024)
    with refused("recording.no_space"):
        store.check()
    assert list(tiny_disk.glob(".probe*")) == []


LIMITED = """
import resource, signal, sys
from pathlib import Path
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from apps.terminals.recording.directory import DirectoryStore
from apps.terminals.recording.errors import RecordingError
store = DirectoryStore(Path(sys.argv[1]))
store.create(7)
store.append(7, 1, 0, b"x" * 15_000)
try:
    store.append(7, 2, 15_000, b"y" * 10_000)
except RecordingError as error:
    print(error.code, store.find_size(7))
"""


def test_a_limit_on_the_size_of_files_leaves_no_part_of_a_segment(tmp_path: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert told.stdout.split() == ["recording.no_space", "15000"]
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 20_000


@pytest.mark.parametrize(("number", "code"), [(errno.EIO, "recording.refused"), (errno.EDQUOT, "recording.no_space")])
def test_a_flush_that_fails_leaves_nothing_of_its_segment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    store = DirectoryStore(tmp_path)
    store.create(7)
    store.append(7, 1, 0, b"first\n")
    answers = iter([number, 0])

    def sync(file: int) -> None:
        if failure := next(answers):
            raise OSError(failure, os.strerror(failure))
        os.fsync(file)

    monkeypatch.setattr(directory, "_sync", sync)
    with refused(code):
        store.append(7, 2, 6, b"second\n")
    assert store.path(7).read_bytes() == b"first\n"
    assert next(answers, None) is None
