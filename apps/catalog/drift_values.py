"""What elements of a job's configuration say, read so that only meaning counts, and shown so that no secret does.

Pure helpers of `drift`. Must not: compare, or keep state.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

# A field that is not there, one that is empty and one that is false are one thing to Jenkins: XStream leaves a field
# that is not written at its zero value, and a save by hand writes the zero values out.
NOTHING = frozenset({"", "false"})
NO_REPOSITORY = "hudson.scm.NullSCM"
HIDDEN = "***"
LONGEST_VALUE = 64 * 1024
SECRET_NAME = re.compile(r"password|passphrase|secret|token|privatekey|apikey", re.IGNORECASE)
# Jenkins writes a secret with a fresh initialisation vector at every save, so two of them cannot be compared.
ENCRYPTED = re.compile(r"\{[A-Za-z0-9+/=]{16,}\}")
USERINFO = re.compile(r"(?<=://)[^/@\s:]+:[^/@\s]+@")


def by_tag(element: ET.Element) -> dict[str, list[ET.Element]]:
    """The children, grouped; tags in the order of their first appearance."""
    found: dict[str, list[ET.Element]] = {}
    for child in element:
        found.setdefault(tag_of(child), []).append(child)
    return found


def child_of(element: ET.Element, tag: str) -> ET.Element:
    """The first child of this tag, an empty one where there is none."""
    found = element.find(tag)
    return found if found is not None else ET.Element(tag)


def tag_of(element: ET.Element) -> str:
    """The element's tag."""
    return str(element.tag)


def last_name(tag: str) -> str:
    """`hudson.triggers.TimerTrigger` is called TimerTrigger."""
    return tag.rpartition(".")[2]


def text_of(element: ET.Element) -> str:
    """The text without white space around it and with plain line ends."""
    return (element.text or "").replace("\r\n", "\n").strip()


def lines_of(element: ET.Element | None) -> list[str]:
    """The lines of a build step's script; none for a step without one."""
    text = "" if element is None else element.findtext("command") or ""
    return text.replace("\r\n", "\n").strip("\n").split("\n") if text.strip() else []


def is_secret(tag: str, *values: str) -> bool:
    """Whether a value under this tag must not be shown: by its name, or because Jenkins encrypted it."""
    return bool(SECRET_NAME.search(tag)) or any(ENCRYPTED.fullmatch(value) for value in values)


def shown(text: str) -> str:
    """The text as it may be shown: bounded, without passwords in addresses."""
    text = USERINFO.sub(f"{HIDDEN}@", text)
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + "…"


def canonical(element: ET.Element | None) -> str:
    """The element without what means nothing; "" for one that says nothing. For comparing, never for showing."""
    if element is None or element.get("class") == NO_REPOSITORY:
        return ""
    attributes = "".join(f" {name}={value!r}" for name, value in sorted(element.attrib.items()) if name != "plugin")
    text = text_of(element)
    inside = ("" if text in NOTHING else text) + "".join(canonical(child) for child in element)
    return f"<{tag_of(element)}{attributes}>{inside}</>" if inside or attributes else ""


def summary(element: ET.Element | None) -> str | None:
    """What an element that stands alone is: its text, or its type and leaves; None for none."""
    if element is None:
        return None
    name = last_name(element.get("class") or tag_of(element))
    if not len(element):
        text = text_of(element)
        return _leaf(element, hidden=False) if text else name
    hidden = bool(SECRET_NAME.search(tag_of(element)))
    leaves = [
        f"{last_name(tag_of(leaf))}={_leaf(leaf, hidden=hidden)}"
        for leaf in element.iter()
        if not len(leaf) and text_of(leaf) not in NOTHING
    ]
    return shown(f"{name}: {', '.join(leaves)}" if leaves else name)


def _leaf(element: ET.Element, *, hidden: bool) -> str:
    text = text_of(element)
    return HIDDEN if hidden or is_secret(tag_of(element), text) else shown(text)
