"""What a job's config.xml says, and the two ways Jenkins writes it back (as received, or pretty-printed after a save).

Must not: drop elements it does not know; a missing plugin's element stays in the file.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

DECLARATION = re.compile(r"^\s*<\?xml(?P<inside>[^?]*)\?>")
VERSION = re.compile(r"""version\s*=\s*["']([\d.]+)["']""")
ROOTS = {"project": "hudson.model.FreeStyleProject"}
PARAMETERS = "properties/hudson.model.ParametersDefinitionProperty/parameterDefinitions"


class ConfigError(ValueError):
    """Not XML, or not a kind of job this Jenkins knows."""


@dataclass(frozen=True)
class ParameterDefinition:
    """One parameter of a job: `kind` is String, Text, Boolean, Choice or Password."""

    kind: str
    name: str
    default: str
    description: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class JobConfig:
    """The parts of config.xml that change behaviour."""

    disabled: bool
    concurrent: bool
    description: str | None
    auth_token: str
    quiet_period: float | None
    parameters: tuple[ParameterDefinition, ...]
    shell: tuple[str, ...]
    keep_builds: int


def read(xml: str) -> JobConfig:
    """Read config.xml; anything but a known job raises ConfigError."""
    root = _root(xml)
    quiet = root.findtext("quietPeriod")
    return JobConfig(
        disabled=_flag(root, "disabled"),
        concurrent=_flag(root, "concurrentBuild"),
        description=root.findtext("description") or None,
        auth_token=(root.findtext("authToken") or "").strip(),
        quiet_period=float(quiet) if quiet and quiet.strip().isdigit() else None,
        parameters=tuple(_definition(x) for x in root.findall(f"{PARAMETERS}/*")),
        shell=tuple(x.findtext("command") or "" for x in root.findall("builders/hudson.tasks.Shell")),
        keep_builds=_number(root.findtext("properties/jenkins.model.BuildDiscarderProperty/strategy/numToKeep")),
    )


def _number(text: str | None) -> int:
    """A count, or -1 for "keep all"."""
    return int(text) if text and text.strip().lstrip("-").isdigit() else -1


def _flag(root: ET.Element, name: str) -> bool:
    return (root.findtext(name) or "").strip() == "true"


def _definition(element: ET.Element) -> ParameterDefinition:
    kind = element.tag.removeprefix("hudson.model.").removesuffix("ParameterDefinition")
    choices = tuple((x.text or "") for x in element.findall("choices//string"))
    default = element.findtext("defaultValue") or ""
    if kind == "Choice":
        default = choices[0] if choices else ""
    return ParameterDefinition(
        kind, element.findtext("name") or "", default, element.findtext("description") or "", choices
    )


def _root(xml: str) -> ET.Element:
    if "<!DOCTYPE" in xml:
        raise ConfigError("a document type is not accepted")
    # Without a document type there are no entities to expand, so the standard parser is safe here.
    parser = ET.XMLParser(target=ET.TreeBuilder(insert_comments=True))  # noqa: S314
    try:
        root = ET.fromstring(DECLARATION.sub("", xml, count=1).strip(), parser=parser)  # noqa: S314
    except ET.ParseError as error:
        raise ConfigError(str(error)) from error
    if root.tag not in ROOTS:
        raise ConfigError(f"no such class: {root.tag}")
    return root


def decode(body: bytes) -> str:
    """The text of a posted document by its own XML declaration (UTF-8 without one)."""
    head = body[:200].decode("latin-1")
    found = re.search(r"""encoding\s*=\s*["']([\w.-]+)["']""", head)
    try:
        return body.decode(found[1] if found else "utf-8")
    except (LookupError, UnicodeDecodeError) as error:
        raise ConfigError(str(error)) from error


def normalise(xml: str) -> str:
    """What is stored after createItem or a POST of config.xml: one line before the root, double quotes, content as is."""
    found = DECLARATION.match(xml)
    version = VERSION.search(found["inside"]) if found else None
    head = f'<?xml version="{version[1] if version else "1.0"}" encoding="UTF-8" standalone="no"?>'
    return head + _text(_root(xml))


def saved(xml: str, *, disabled: bool | None = None, description: str | None = None) -> str:
    """What is stored after a save: pretty-printed, with these two values set."""
    root = _root(xml)
    if disabled is not None:
        _set(root, "disabled", "true" if disabled else "false")
    if description is not None:
        _set(root, "description", description)
    _indent(root, 0)
    return "<?xml version='1.1' encoding='UTF-8'?>\n" + _text(root)


def _set(root: ET.Element, name: str, value: str) -> None:
    element = root.find(name)
    if element is None:
        element = ET.SubElement(root, name)
    element.text = value


def _indent(element: ET.Element, level: int) -> None:
    """Indentation by two blanks; text of leaves is left alone."""
    if not len(element):
        return
    element.text = "\n" + "  " * (level + 1)
    for child in element:
        _indent(child, level + 1)
        child.tail = "\n" + "  " * (level + 1)
    element[-1].tail = "\n" + "  " * level


def _text(element: ET.Element) -> str:
    if not isinstance(element.tag, str):
        return f"<!--{element.text}-->"
    attributes = "".join(f" {name}={quoteattr(value)}" for name, value in element.attrib.items())
    inside = escape(element.text or "", {"\r": "&#xd;"})
    for child in element:
        inside += _text(child) + escape(child.tail or "", {"\r": "&#xd;"})
    return f"<{element.tag}{attributes}>{inside}</{element.tag}>" if inside else f"<{element.tag}{attributes}/>"
