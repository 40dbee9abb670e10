"""How one member of the document's schema is written: its type, limits, and the keys of its label and its help.

Must not: hold a sentence; label and help are codes of the message catalogue (`configuration.<key>` and the same with
`.help`; a choice of an enumeration is `configuration.<key>.<value>`).
"""

from __future__ import annotations

from typing import Any

Member = dict[str, Any]
ROOT = "configuration"
MOST_LABELS = 50


def text(key: str, *, longest: int, kind: str = "", **more: Any) -> Member:
    """A text of at most `longest` characters; `kind` is one of `formats.FORMATS`, checked on the server."""
    return _member(key, "string", maxLength=longest, **({"format": kind} if kind else {}), **more)


def choice(key: str, values: tuple[str, ...], **more: Any) -> Member:
    """One of a few words."""
    return _member(key, "string", enum=list(values), **more)


def whole(key: str, least: int, most: int, *, unit: str = "", nullable: bool = False, **more: Any) -> Member:
    """A whole number between two limits, both included; `unit` is a key under `configuration.unit`."""
    units = {"x-unit": f"{ROOT}.unit.{unit}"} if unit else {}
    return _member(key, ["integer", "null"] if nullable else "integer", minimum=least, maximum=most, **units, **more)


def yes_no(key: str, **more: Any) -> Member:
    """A question."""
    return _member(key, "boolean", **more)


def listing(key: str, items: Member, *, most: int, **more: Any) -> Member:
    """A list of at most `most` equal things."""
    return _member(key, "array", items=items, maxItems=most, **more)


def words(key: str, *, least: int = 0, **more: Any) -> Member:
    """An argument vector: words that no shell ever reads."""
    word = {"type": "string", "maxLength": 4096}
    return listing(key, word, most=100, **({"minItems": least} if least else {}), **more)


def thing(
    key: str, properties: dict[str, Member], *, required: tuple[str, ...] = (), nullable: bool = False, **more: Any
) -> Member:
    """An object that knows exactly these members; `required` are those that cannot have a default."""
    return _member(
        key,
        ["object", "null"] if nullable else "object",
        properties=properties,
        additionalProperties=False,
        **({"required": list(required)} if required else {}),
        **more,
    )


def of_each(properties: dict[str, Member], required: tuple[str, ...]) -> Member:
    """The entry of a list: an object without a label of its own."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


def labels(key: str, **more: Any) -> Member:
    """A map of Kubernetes labels: the only object whose names are free."""
    value = {"type": "string", "maxLength": 63, "format": "label-value"}
    names = {"propertyNames": {"format": "label-key"}, "maxProperties": MOST_LABELS}
    return _member(key, "object", additionalProperties=value, **names, **more)


def grouped(group: str, members: dict[str, Member]) -> dict[str, Member]:
    """The members, each said to stand in that section of the form."""
    return {name: {**member, "x-group": f"{ROOT}.group.{group}"} for name, member in members.items()}


def call(function: str, *arguments: Any) -> dict[str, Any]:
    """The expression that calls a function (see `functions`)."""
    return {"call": function, "with": list(arguments)}


def _member(key: str, kind: str | list[str], **more: Any) -> Member:
    default = {"x-default": more.pop("default")} if "default" in more else {}
    return {"type": kind, "title": f"{ROOT}.{key}", "description": f"{ROOT}.{key}.help", **more, **default}
