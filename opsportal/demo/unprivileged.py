"""Who runs PostgreSQL: it refuses root, so root hands it to `nobody`, with folders that user can reach.

Must not: create users, or loosen the rights of a folder it did not make.
"""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
import stat
from pathlib import Path

NOBODY = "nobody"
SOCKET_PATH_MAX = 100  # the kernel takes 107 bytes on Linux and 103 on macOS


def server_user() -> str:
    """The user that PostgreSQL runs as: "" (ourselves) unless we are root."""
    return NOBODY if os.geteuid() == 0 else ""


def own(folder: Path) -> None:
    """Make the folder, for the server's user alone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if server_user():
        entry = pwd.getpwnam(NOBODY)
        os.chown(folder, entry.pw_uid, entry.pw_gid)


def can_reach(path: Path) -> bool:
    """Whether the server's user may pass through every folder above the path (always true without root)."""
    if not server_user():
        return True
    return all(stat.S_IMODE(folder.stat().st_mode) & 0o001 for folder in path.absolute().parents if folder.exists())


def cache_home() -> Path:
    """Where copies and templates that can be made again are kept."""
    if server_user():
        return Path("/var/cache/opsportal")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "opsportal"


def reachable_home(folder: Path) -> Path:
    """The folder itself, or, when the server's user cannot reach it, its stand-in below /var/lib."""
    if can_reach(folder):
        return folder
    digest = hashlib.sha256(str(folder.absolute()).encode()).hexdigest()[:16]
    home = Path("/var/lib/opsportal") / digest
    home.mkdir(parents=True, exist_ok=True)
    return home / folder.name


def reachable_copy(base: Path, names: list[str], probe: str, key: str) -> Path:
    """`base`, or a folder with copies of its entries `names`, made once per key, when the server's user could not
    read the file `probe` below it."""
    if can_reach(base / probe) and (not server_user() or (base / probe).stat().st_mode & 0o001):
        return base
    copy = cache_home() / key
    if not copy.exists():
        draft = copy.with_name(f"{copy.name}.{os.getpid()}")
        draft.mkdir(parents=True)
        for name in names:
            shutil.copytree(base / name, draft / name, symlinks=True)
        for path in (draft, *draft.rglob("*")):
            if not path.is_symlink():
                path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        publish(draft, copy)
    return copy


def publish(draft: Path, final: Path) -> None:
    """Rename a finished draft into place; whoever was first wins."""
    try:
        draft.rename(final)
    except OSError:
        shutil.rmtree(draft)
