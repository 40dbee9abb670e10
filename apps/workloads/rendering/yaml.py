"""Objects as plain multi-document YAML that every reader takes for the same: YAML 1.1, 1.2 and Go's libraries.

Must not: sort (the order is the one of applying), fold a long line, or leave a text unquoted that some reader would
take for a number, a date or a truth value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

from apps.workloads.rendering.secrets import without_values
from apps.workloads.rendering.subject import Json

# Begins with a letter or a slash: so it is no number, date or sign of YAML's own, in any version of it.
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9_./:@%+=-]*( [A-Za-z0-9_./@%+=-]+)*")
_RESERVED = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf", "infinity"})
# What a literal block keeps as it is: no other line ends than \n, nothing that must be escaped.
_BLOCK = re.compile(r"[\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]*")


class _Dumper(yaml.SafeDumper):
    """SafeDumper with our texts and without anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        """Never an anchor: one object's labels are not a pointer to another's."""
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = None
    if "\n" in text and _BLOCK.fullmatch(text):
        style = "|"
    elif text.lower() in _RESERVED or not _PLAIN.fullmatch(text):
        style = '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def to_yaml(objects: Iterable[Json]) -> str:
    """One document per object, each begun by `---`."""
    return "".join(f"---\n{object_yaml(each)}" for each in objects)


def object_yaml(obj: Json) -> str:
    """One object without a mark. A Secret has no values here, and says so."""
    shown, keys = without_values(obj)
    told = (
        [f"# The portal holds the values of these keys and gives them to no export: {', '.join(keys)}.\n"]
        if keys
        else []
    )
    return "".join([*told, _one(shown)])


def plain_yaml(value: Json) -> str:
    """One document without a mark."""
    return _one(value)


def _one(value: Json) -> str:
    return str(
        yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False, width=1 << 30)
    )
