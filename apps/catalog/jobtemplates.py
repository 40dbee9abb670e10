"""Whether a Jenkins job can be a template: its XML is read, its parameters are ours, its scripts take values as such.

The portal fills in parameters of a build, never a text (law 9, D23). Pure: XML in, problems out. Must not: call Jenkins,
or show a value that may be a secret.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator

from apps.catalog.drift import SCRIPTS
from apps.catalog.drift_values import HIDDEN, SECRET_NAME, is_secret, last_name, shown, tag_of
from apps.catalog.rendering import Problem
from apps.common.errors import Rejected
from apps.integrations.jenkins import jobxml
from apps.integrations.jenkins.types import BUILD_PARAMETERS

POSITION = re.compile(r"line (\d+), column (\d+)")
# What somebody writes who expects the portal to fill in the script itself.
PLACEHOLDER = re.compile(r"\{\{\s*(project|language|tag|commit|image|repo_url)\s*\}\}", re.IGNORECASE)
TEXTS = frozenset({"hudson.model.StringParameterDefinition", "hudson.model.TextParameterDefinition"})
PIPELINE_SCRIPT = "script"


def job_problems(config_xml: str) -> list[Problem]:
    """What keeps this job from being a template, and what its author should know; empty when all is well."""
    try:
        root = jobxml.parse(config_xml)
    except Rejected as error:
        return [_unreadable(config_xml, error)]
    return [*_parameter_problems(root, config_xml), *_script_problems(root, config_xml)]


def masked(config_xml: str) -> str:
    """The configuration for people: indented, every secret as `***`, and no password in an address."""
    root = jobxml.parse(config_xml)
    _mask(root, hidden=False)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode") + "\n"


def _unreadable(config_xml: str, error: Rejected) -> Problem:
    """The parser counts from the first element; the declaration before it is a line of its own."""
    said = str(error.params.get("said", ""))
    found = POSITION.search(said)
    if found is None:
        return Problem(error.code, params=dict(error.params))
    body = jobxml.DECLARATION.sub("", config_xml, count=1).lstrip()
    before = config_xml[: len(config_xml) - len(body)].count("\n")
    params = {"column": int(found[2]), "said": said.partition(":")[0]}
    return Problem("template.xml_unreadable", int(found[1]) + before, params=params)


def _parameter_problems(root: ET.Element, text: str) -> Iterator[Problem]:
    defined = {(one.findtext("name") or "").strip(): one for one in root.iterfind(f"{jobxml.DEFINITIONS}/*")}
    for name in BUILD_PARAMETERS:
        if name not in defined:
            yield Problem("template.parameter_missing", params={"parameter": name})
        elif tag_of(defined[name]) not in TEXTS:
            params = {"parameter": name, "kind": last_name(tag_of(defined[name]))}
            yield Problem("template.parameter_kind", _line_of(text, f"<name>{name}</name>"), params=params)
    for name in defined:
        if name not in BUILD_PARAMETERS:
            line = _line_of(text, f"<name>{name}</name>")
            yield Problem("template.parameter_unknown", line, "warn", {"parameter": name[:100]})


def _script_problems(root: ET.Element, text: str) -> Iterator[Problem]:
    for element in root.iter():
        is_script = tag_of(element) == PIPELINE_SCRIPT or tag_of(element) in SCRIPTS
        script = (element.findtext("command") if tag_of(element) in SCRIPTS else element.text) or ""
        for found in PLACEHOLDER.finditer(script if is_script else ""):
            params = {"placeholder": found[0], "parameters": list(BUILD_PARAMETERS)}
            yield Problem("template.never_filled_in", _line_of(text, found[0]), params=params)


def _line_of(text: str, part: str) -> int | None:
    """The line of the stored text where this stands first; ElementTree keeps none."""
    at = text.find(part)
    return None if at < 0 else text.count("\n", 0, at) + 1


def _mask(element: ET.Element, *, hidden: bool) -> None:
    hidden = hidden or bool(SECRET_NAME.search(tag_of(element)))
    value = (element.text or "").strip()
    if value:
        element.text = HIDDEN if hidden or is_secret(tag_of(element), value) else shown(element.text or "")
    for child in element:
        _mask(child, hidden=hidden)
