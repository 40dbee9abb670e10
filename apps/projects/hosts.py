"""The text of a hosts file (hosts(5)): checked line by line, read into entries, compared. Pure functions (E6).

One address per name and address family: `::1 localhost` beside `127.0.0.1 localhost` is right, two IPv4 addresses of
one name are not, for a resolver would take the first and nobody would notice. Must not: read a row.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.common.errors import Invalid
from apps.projects.addresses import ip_address, is_host_name

MOST_BYTES = 64 * 1024
MOST_LINES = 2_000
PROBLEMS_SHOWN = 50
_SHOWN = 100  # characters of a wrong word in a sentence
_BLANKS = re.compile(r"[ \t]+")
_UNSEEN = ("Cc", "Cf", "Zl", "Zp")  # control, format (also the marks that turn text around), line separators


@dataclass(frozen=True)
class HostEntry:
    """An address in its canonical form and its names in lower case, as a `hostAliases` item wants them."""

    ip: str
    names: tuple[str, ...]


@dataclass(frozen=True)
class Moved:
    """A name whose addresses differ: sorted addresses before and after."""

    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class Difference:
    """What a change means: names that came (name → addresses), went, and that point elsewhere; sorted by name."""

    added: Mapping[str, tuple[str, ...]]
    removed: Mapping[str, tuple[str, ...]]
    changed: tuple[Moved, ...]


@dataclass
class _Reading:
    """What has been read so far; `first` is where a name got its address of a family."""

    names_of: dict[str, dict[str, None]] = field(default_factory=dict)
    first: dict[tuple[str, bool], tuple[str, int]] = field(default_factory=dict)
    problems: list[dict[str, Any]] = field(default_factory=list)

    def refuse(self, code: str, **params: Any) -> None:
        self.problems.append({"code": code, "params": params})


def checked(text: str) -> str:
    """The canonical text: line ends `\\n`, no blanks at the ends of lines, no empty lines at the end; comments and order
    as given. Raises Invalid `hosts.too_large`, `hosts.too_many_lines`, or `hosts.bad_lines` with a problem per line."""
    plain = [line.rstrip(" \t") for line in text.removeprefix("\ufeff").replace("\r\n", "\n").split("\n")]
    while plain and not plain[-1]:
        plain.pop()
    canonical = "".join(f"{line}\n" for line in plain)
    size = len(canonical.encode())
    if size > MOST_BYTES:
        raise _refused("hosts.too_large", kib=-(-size // 1024), most_kib=MOST_BYTES // 1024)
    if len(plain) > MOST_LINES:
        raise _refused("hosts.too_many_lines", lines=len(plain), most=MOST_LINES)
    _read(canonical)
    return canonical


def entries(text: str) -> tuple[HostEntry, ...]:
    """The entries of a text, one per address, in the order in which addresses and names first appear."""
    found = _read(text).names_of
    return tuple(HostEntry(ip, tuple(names)) for ip, names in found.items())


def difference(before: str, after: str) -> Difference:
    """What changes for whoever looks a name up; order, case, comments and blanks do not count."""
    old, new = _addresses(before), _addresses(after)
    return Difference(
        added={name: new[name] for name in sorted(new.keys() - old.keys())},
        removed={name: old[name] for name in sorted(old.keys() - new.keys())},
        changed=tuple(
            Moved(name, old[name], new[name]) for name in sorted(old.keys() & new.keys()) if old[name] != new[name]
        ),
    )


def unified(before: str, after: str, before_name: str, after_name: str) -> str:
    """The difference of the texts as `diff -u` writes it; empty when they are equal."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), before_name, after_name, lineterm="")
    return "".join(f"{line}\n" for line in lines)


def _addresses(text: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for entry in entries(text):
        for name in entry.names:
            found.setdefault(name, set()).add(entry.ip)
    return {name: tuple(sorted(ips)) for name, ips in found.items()}


def _read(text: str) -> _Reading:
    reading = _Reading()
    for number, line in _lines(text):
        unseen = next((c for c in line if c != "\t" and unicodedata.category(c) in _UNSEEN), None)
        if unseen is not None:
            reading.refuse("hosts.bad_character", line=number, character=f"U+{ord(unseen):04X}")
            continue
        words = [word for word in _BLANKS.split(line.partition("#")[0]) if word]
        if words:
            _read_line(reading, number, words)
    if reading.problems:
        shown = reading.problems[:PROBLEMS_SHOWN]
        first = shown[0]["params"]["line"]
        raise Invalid("hosts.bad_lines", fields={"text": shown}, count=len(reading.problems), line=first)
    return reading


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Lines from 1. Only `\\n` ends one: Python's splitlines would also count a form feed."""
    return enumerate(text.split("\n"), start=1)


def _read_line(reading: _Reading, number: int, words: list[str]) -> None:
    ip = ip_address(words[0])
    if ip is None:
        swapped = next((word for word in words[1:] if ip_address(word)), None)
        code = "hosts.name_first" if swapped and is_host_name(words[0]) else "hosts.bad_address"
        reading.refuse(code, line=number, value=words[0][:_SHOWN], address=swapped)
    elif len(words) == 1:
        reading.refuse("hosts.no_name", line=number, address=ip)
    else:
        for word in words[1:]:
            _read_name(reading, number, ip, word)


def _read_name(reading: _Reading, number: int, ip: str, word: str) -> None:
    if not is_host_name(word):
        reading.refuse("hosts.bad_name", line=number, name=word[:_SHOWN])
        return
    name = word.lower()
    first_ip, first_line = reading.first.setdefault((name, ":" in ip), (ip, number))
    if first_ip != ip:
        where = {"line": number, "address": ip, "first_line": first_line, "first_address": first_ip}
        reading.refuse("hosts.two_addresses", name=name, **where)
        return
    reading.names_of.setdefault(ip, {})[name] = None


def _refused(code: str, **params: Any) -> Invalid:
    return Invalid(code, fields={"text": [{"code": code, "params": params}]}, **params)
