"""The small read-only file tree of an emulated container.

Built from the pod, so that /etc/hostname and the environment agree with the cluster. Must not: touch the real
file system.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from typing import Any

PASSWD = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/sbin/nologin\n"
OS_RELEASE = 'NAME="Sandbox Linux"\nID=sandbox\nVERSION_ID=1.0\nPRETTY_NAME="Sandbox Linux 1.0"\n'


class FileTree:
    """Files by absolute path; directories exist because a file lies below them."""

    def __init__(self, files: dict[str, str], directories: tuple[str, ...] = ("/tmp", "/root")) -> None:  # noqa: S108 - the emulated one
        self._files = files
        self._directories = {"/", *directories}
        self._living: Callable[[], dict[str, str]] = dict
        for path in files:
            self._add_parents(path, self._directories)

    @staticmethod
    def _add_parents(path: str, directories: set[str]) -> None:
        parent = posixpath.dirname(path)
        while parent not in directories:
            directories.add(parent)
            parent = posixpath.dirname(parent)

    def live(self, files: Callable[[], dict[str, str]]) -> None:
        """Below /proc, show what `files` says at that moment."""
        self._living = files

    def _now(self, path: str) -> tuple[dict[str, str], set[str]]:
        """Files and directories as they are for `path`."""
        if not path.startswith("/proc"):
            return self._files, self._directories
        living, directories = self._living(), set(self._directories)
        for name in living:
            self._add_parents(name, directories)
        return {**self._files, **living}, directories

    def resolve(self, cwd: str, path: str) -> str:
        """The absolute path that `path` names from `cwd`."""
        return posixpath.normpath(posixpath.join(cwd, path)).replace("//", "/")

    def is_directory(self, path: str) -> bool:
        """Whether an absolute path is a directory."""
        return path in self._now(path)[1]

    def exists(self, path: str) -> bool:
        """Whether an absolute path is there at all."""
        files, directories = self._now(path)
        return path in directories or path in files

    def read(self, path: str) -> str:
        """The content of an absolute path."""
        files, directories = self._now(path)
        if path in directories:
            raise IsADirectoryError(path)
        if path not in files:
            raise FileNotFoundError(path)
        return files[path]

    def write(self, path: str, content: str, *, append: bool = False) -> None:
        """Put a file into the tree of this session (it is gone with the session)."""
        if path in self._directories:
            raise IsADirectoryError(path)
        if posixpath.dirname(path) not in self._directories:
            raise FileNotFoundError(path)
        self._files[path] = (self._files.get(path, "") if append else "") + content

    def size(self, path: str) -> int:
        """Bytes of a file; 4096 for a directory."""
        files, directories = self._now(path)
        return 4096 if path in directories else len(files[path].encode())

    def list(self, path: str) -> list[str]:
        """The names in a directory, sorted."""
        files, directories = self._now(path)
        if path in files:
            raise NotADirectoryError(path)
        if path not in directories:
            raise FileNotFoundError(path)
        prefix = path.rstrip("/") + "/"
        inside = {p[len(prefix) :].split("/")[0] for p in (*files, *directories) if p.startswith(prefix)}
        return sorted(name for name in inside if name)


def main_command(container: dict[str, Any]) -> list[str]:
    """The argv of a container's main program."""
    return [*container.get("command", []), *container.get("args", [])] or ["/app/server"]


def tree_of(pod: dict[str, Any], container: dict[str, Any]) -> FileTree:
    """The file tree of one container."""
    name = pod["metadata"]["name"]
    address = pod.get("status", {}).get("podIP", "127.0.0.1")
    namespace = pod["metadata"]["namespace"]
    return FileTree(
        {
            "/etc/hostname": name + "\n",
            "/etc/hosts": f"# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n{address}\t{name}\n",
            "/etc/passwd": PASSWD,
            "/etc/os-release": OS_RELEASE,
            "/etc/resolv.conf": f"search {namespace}.svc.cluster.local svc.cluster.local cluster.local\n"
            "nameserver 10.96.0.10\noptions ndots:5\n",
            "/proc/1/cmdline": "\0".join(main_command(container)) + "\0",
            "/proc/uptime": "1024.00 2048.00\n",
            "/app/server": "\x7fELF (emulated)\n",
            "/app/VERSION": container.get("image", "") + "\n",
            "/app/config.yaml": f"server:\n  port: 8080\nlog:\n  level: info\n# 容器 {container['name']}\n",
            "/var/run/secrets/kubernetes.io/serviceaccount/namespace": namespace,
        }
    )
