"""A project's job made from its language's template job, as XML trees: values are text nodes, never markup (law 9).

Must not: build XML by string formatting, or touch the template's build steps.
"""

from __future__ import annotations

import hashlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace

from apps.integrations.jenkins import guarded, notes
from apps.integrations.jenkins.types import KEY_PARAMETER

DECLARATION = re.compile(r"^\s*<\?xml[^?]*\?>")
DEFINITIONS = "properties/hudson.model.ParametersDefinitionProperty/parameterDefinitions"
# What XML 1.0 cannot carry, even escaped.
UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def parse(config_xml: str) -> ET.Element:
    """The root of a config.xml, whose XML 1.1 declaration some parsers refuse; no document type, so no entities."""
    return guarded.read(DECLARATION.sub("", config_xml, count=1).strip())


def job_from_template(
    template_xml: str, *, template: str, note: str = "", key: str = "", version: int | None = None
) -> str:
    """The job's config.xml: the template's, enabled, described as ours, with the key as its first parameter.

    The description (see `notes`) ends in a hash of the template, which tells later whether the job still follows it.
    `key`: of the step that makes the job. `version`: of the catalog's template, kept in the description as well.
    """
    root = parse(template_xml)
    _key_first(root)
    _set(root, "disabled", "false")
    return _described(root, notes.Note(note, notes.base(key), "", template, fingerprint(template_xml), version))


def with_notes_of(config_xml: str, description: str, *, sync: str = "") -> str:
    """The same configuration, telling what the job tells now of who made it and what for; `sync` marks the write."""
    root = parse(config_xml)
    wanted, present = notes.read(root.findtext("description") or ""), notes.read(description)
    if not wanted.is_ours:
        return config_xml
    text = wanted.text or (present.text if present.is_ours else "")
    return _described(root, replace(wanted, text=text, key=present.key, sync=sync or present.sync))


def key_first(config_xml: str) -> str:
    """The same job with our key as its first parameter, so that a snapshot reads one parameter of each build."""
    root = parse(config_xml)
    return _written(root) if _key_first(root) else config_xml


def with_parameters_of(config_xml: str, template_xml: str, names: Sequence[str]) -> str:
    """The same job with those of `names` that it lacks, defined as the template defines them, and our key first.

    Nothing else changes, and nothing at all when it lacks none. What the template lacks as well stays missing.
    """
    root, template = parse(config_xml), parse(template_xml)
    present = {one.findtext("name") for one in root.iterfind(f"{DEFINITIONS}/*")}
    wanted = [one for one in template.iterfind(f"{DEFINITIONS}/*") if one.findtext("name") in set(names) - present]
    if wanted:
        _made(root, DEFINITIONS).extend(wanted)
    return _written(root) if _key_first(root) or wanted else config_xml


def fingerprint(config_xml: str) -> str:
    """Twelve hex digits that change with the content and not with white space between elements or the declaration."""
    return content_hash(config_xml)[:12]


def content_hash(config_xml: str) -> str:
    """As `fingerprint`, all 64 digits: what `update_job` compares before it writes."""
    root = parse(config_xml)
    for element in root.iter():
        if len(element) and not (element.text or "").strip():
            element.text = None
        element.tail = None
    return hashlib.sha256(ET.canonicalize(ET.tostring(root, encoding="unicode")).encode()).hexdigest()


def description(config_xml: str) -> str:
    """The job's description."""
    return (parse(config_xml).findtext("description") or "").strip()


def _key_first(root: ET.Element) -> bool:
    definitions = root.find(DEFINITIONS)
    for place, definition in enumerate(list(definitions) if definitions is not None else []):
        if definition.findtext("name") == KEY_PARAMETER and place and definitions is not None:
            definitions.remove(definition)
            definitions.insert(0, definition)
            return True
    return False


def _made(root: ET.Element, path: str) -> ET.Element:
    """The element there, with its parents, made where it is missing."""
    place = root
    for tag in path.split("/"):
        found = place.find(tag)
        place = ET.SubElement(place, tag) if found is None else found
    return place


def _described(root: ET.Element, note: notes.Note) -> str:
    _set(root, "description", UNWRITABLE.sub("\ufffd", note.as_text()))
    return _written(root)


def _written(root: ET.Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _set(root: ET.Element, name: str, text: str) -> None:
    found = root.find(name)
    if found is None:
        found = ET.SubElement(root, name)
    found.text = text
