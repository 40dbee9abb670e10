"""What is read outside for an intake, reduced to what matching needs, in a form that a JSON column keeps.

Must not: hold an object of an outside system whole, or anything secret (a URL's user and password are cut off).
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlsplit

from apps.common.errors import Invalid
from apps.integrations.registry.references import read_reference

SCP = re.compile(r"(?:[^@/:]+@)?(?P<host>[^/:@]+):(?P<path>(?!//).+)")


@dataclass(frozen=True)
class Repository:
    """A repository; `hosts` are the names under which jobs may know its server, lower case."""

    gitlab: str
    path: str
    hosts: tuple[str, ...] = ()
    archived: bool = False

    @property
    def leaf(self) -> str:
        """Its own name, comparable."""
        return comparable(self.path.rpartition("/")[2])


@dataclass(frozen=True)
class JobSeen:
    """A Jenkins job. `sources`: [host, path] of the repositories it builds; `image`: the repository part of the image it
    makes, when it says so; `project`: of the portal's own jobs; `hints`: build tools named in it."""

    jenkins: str
    name: str
    sources: tuple[tuple[str, str], ...] = ()
    image: str = ""
    project: str = ""
    is_ours: bool = False
    disabled: bool = False
    template: str = ""
    hints: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeploymentSeen:
    """A Deployment in a namespace of a placement. `project`: what stands in the namespace where its pattern has one."""

    cluster: str
    environment: str
    namespace: str
    name: str
    containers: tuple[tuple[str, str], ...] = ()
    project: str = ""


@dataclass
class Found:
    """Everything that was read, of all systems."""

    repositories: list[Repository] = field(default_factory=list)
    jobs: list[JobSeen] = field(default_factory=list)
    deployments: list[DeploymentSeen] = field(default_factory=list)

    def add(self, kind: str, items: list[dict[str, Any]]) -> None:
        """Take in what a reading kept; `kind` is the system's, as before its colon."""
        if kind == "gitlab":
            self.repositories += [Repository(**_tupled(one)) for one in items]
        elif kind == "jenkins":
            self.jobs += [JobSeen(**_tupled(one)) for one in items]
        else:
            self.deployments += [DeploymentSeen(**_tupled(one)) for one in items]


def as_json(thing: Repository | JobSeen | DeploymentSeen) -> dict[str, Any]:
    """The form that a reading keeps."""
    return asdict(thing)


def source_of(url: str) -> tuple[str, str] | None:
    """(host, path) of a clone address in any of Git's forms, lower case, without user, port and `.git`.

    None for what names no host, such as a path on a disk or a variable.
    """
    text = url.strip()
    if "://" in text:
        try:
            parts = urlsplit(text)
            host, path = parts.hostname or "", parts.path
        except ValueError:
            return None
    else:
        found = SCP.fullmatch(text)
        if found is None:
            return None
        host, path = found["host"], found["path"]
    path = path.strip("/").removesuffix(".git").strip("/")
    return (host.lower(), path.lower()) if host and path and "$" not in host + path else None


def image_path(image: str) -> str:
    """The repository's path in an image reference, without host, tag and digest; empty when it is none."""
    try:
        return read_reference(image).repository
    except Invalid:
        return ""


def image_host(image: str) -> str:
    """The registry's host in an image reference; empty when it names none."""
    try:
        return read_reference(image).host
    except Invalid:
        return ""


def comparable(name: str) -> str:
    """A name as names are compared: `Book_API.n1`, `book-api-n1` and `book.api.n1` are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name)
    return re.sub(r"[^a-z0-9]+", "-", spaced.lower()).strip("-")


def _tupled(raw: dict[str, Any]) -> dict[str, Any]:
    """JSON has lists only; what is compared and hashed is tuples."""
    return {name: _tuple(value) if isinstance(value, list) else value for name, value in raw.items()}


def _tuple(value: list[Any]) -> tuple[Any, ...]:
    return tuple(tuple(one) if isinstance(one, list) else one for one in value)
