"""What a push asks for, and the reply that refuses it: pkt-lines, commands, report-status.

GitLab refuses a whole push when its access check refuses one ref. Must not: run git or touch refs.
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.sandbox.gitlab.model import DEVELOPER, MAINTAINER, Project
from apps.sandbox.gitlab.names import may_create_tag, protecting, refused_tag_name
from apps.sandbox.gitlab.objects import ZERO


@dataclass(frozen=True)
class Command:
    """One ref a push wants to move."""

    old: str
    new: str
    ref: str


class BadPushError(Exception):
    """The body is not a push."""


def parse(body: bytes) -> tuple[list[Command], set[str]]:
    """Commands and capabilities at the head of a receive-pack request."""
    commands: list[Command] = []
    capabilities: set[str] = set()
    at = 0
    while at + 4 <= len(body):
        try:
            length = int(body[at : at + 4], 16)
        except ValueError:
            raise BadPushError("a pkt-line length is not hexadecimal") from None
        if length < 4:
            return commands, capabilities
        line, _, caps = body[at + 4 : at + length].partition(b"\0")
        at += length
        capabilities |= set(caps.decode("utf-8", "replace").split())
        parts = line.decode("utf-8", "replace").strip("\n").split(" ", 2)
        if len(parts) == 3 and len(parts[0]) == len(ZERO):
            commands.append(Command(*parts))
    return commands, capabilities


def refusal(command: Command, project: Project, level: int) -> str | None:
    """Why the access check refuses a command; None when it does not."""
    if command.ref.startswith("refs/tags/"):
        return _tag_refusal(command, project, level)
    if not command.ref.startswith("refs/heads/"):
        return None if command.ref.startswith("refs/") else "You can only push branches and tags."
    if command.ref == f"refs/heads/{project.default_branch}" and command.old != ZERO:
        if command.new == ZERO:
            return "You cannot delete the default branch."
        if level < MAINTAINER:
            return "You are not allowed to push code to protected branches on this project."
    return None if level >= DEVELOPER else "You are not allowed to push code to this project."


def _tag_refusal(command: Command, project: Project, level: int) -> str | None:
    name = command.ref.removeprefix("refs/tags/")
    protected = bool(protecting(project.protected_tags, name))
    if command.old == ZERO:
        refused = refused_tag_name(name, project.default_branch)
        if refused is None and not may_create_tag(project.protected_tags, name, level):
            refused = "You are not allowed to create this tag as it is protected."
        return refused
    if command.new == ZERO:
        return "Protected tags can only be deleted by maintainers." if protected and level < MAINTAINER else None
    return "Protected tags cannot be updated." if protected else None


def refuse(commands: list[Command], capabilities: set[str], reason: str) -> bytes:
    """The reply of a declined pre-receive hook: nothing was moved."""
    report = _pkt(b"unpack ok\n")
    for command in commands:
        report += _pkt(f"ng {command.ref} pre-receive hook declined\n".encode())
    report += b"0000"
    if "side-band-64k" not in capabilities:
        return report
    return _pkt(b"\x02" + f"GitLab: {reason}\n".encode()) + _pkt(b"\x01" + report) + b"0000"


def _pkt(data: bytes) -> bytes:
    return f"{len(data) + 4:04x}".encode() + data


def advertisement(service: str) -> bytes:
    """The banner before the refs in protocol versions 0 and 1."""
    return _pkt(f"# service={service}\n".encode()) + b"0000"
