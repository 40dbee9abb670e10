"""What the portal writes into a job's description: a text for people, and lines by which it knows its jobs again.

The lines stand at the end, in this order, the template's last; what a person typed above them is never read as one.
Must not: parse XML, or hold anything secret (everybody who sees the job reads it).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PREFIX = "opsportal:"
TEMPLATE = re.compile(
    r"opsportal: template (?P<template>\S.*?)(?: v(?P<version>\d{1,9}))? (?P<fingerprint>[0-9a-f]{12})", re.ASCII
)
SYNC = re.compile(r"opsportal: sync (\S+)")
KEY = re.compile(r"opsportal: key (\S+)")


@dataclass(frozen=True)
class Note:
    """text: what the job is for. key: base of the key of the step that made it. sync: key of the last re-sync.

    template and fingerprint: what the job was made of; empty in a job that is not the portal's, whose whole
    description is then `text`. version: of the catalog's template; None in jobs that were made before it was written.
    """

    text: str
    key: str = ""
    sync: str = ""
    template: str = ""
    fingerprint: str = ""
    version: int | None = None

    @property
    def is_ours(self) -> bool:
        """The portal wrote this."""
        return bool(self.template)

    @property
    def mark(self) -> tuple[str, str]:
        """Template and its content."""
        return self.template, self.fingerprint

    def as_text(self) -> str:
        """The description. A line of the text that looks like one of ours loses its colon."""
        lines = [self.text.replace(PREFIX, PREFIX[:-1])] if self.text else []
        lines += [f"opsportal: key {self.key}"] if self.key else []
        lines += [f"opsportal: sync {self.sync}"] if self.sync else []
        version = "" if self.version is None else f" v{self.version}"
        lines += [f"opsportal: template {self.template}{version} {self.fingerprint}"] if self.template else []
        return "\n".join(lines).strip()


def read(description: str) -> Note:
    """The note in a description; without the template's line as its last one, a foreign one."""
    whole = description.replace("\r\n", "\n").strip()
    lines = whole.split("\n")
    mark = TEMPLATE.fullmatch(lines[-1])
    if mark is None:
        return Note(whole)
    lines.pop()
    sync = _pop(lines, SYNC)
    key = _pop(lines, KEY)
    version = int(mark["version"]) if mark["version"] else None
    return Note("\n".join(lines).strip(), key, sync, mark["template"], mark["fingerprint"], version)


def of_project(slug: str) -> str:
    """The text of a project's job: what it is for. The same at all times, since by it a job is known again."""
    return f"project {slug}"


def base(key: str) -> str:
    """The step's key without the number of the attempt (D5): a later attempt knows what an earlier one made."""
    return key.partition(".")[0]


def _pop(lines: list[str], pattern: re.Pattern[str]) -> str:
    found = pattern.fullmatch(lines[-1]) if lines else None
    if found is None:
        return ""
    lines.pop()
    return found[1]
