"""How a project's Jenkins job differs from its template, in meaning and not in markup (B2).

Compared is the job with what the portal would make of the template now, so that the template's own switch-off and the
place of our key are no differences. Pure: text in, rows out. Must not: call Jenkins, judge who is right, or show a value
that may be a secret.
"""

from __future__ import annotations

import difflib
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Literal, get_args

from apps.catalog.drift_values import (
    ENCRYPTED,
    HIDDEN,
    NOTHING,
    SECRET_NAME,
    by_tag,
    canonical,
    child_of,
    is_secret,
    last_name,
    lines_of,
    shown,
    summary,
    tag_of,
    text_of,
)
from apps.integrations.jenkins import jobxml, notes
from apps.integrations.jenkins.types import KEY_PARAMETER

Kind = Literal["parameter", "script", "scm", "trigger", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Standing = Literal["follows", "edited", "behind", "foreign"]
Sides = tuple[ET.Element | None, ET.Element | None]

PARAMETERS = "hudson.model.ParametersDefinitionProperty"
TRIGGERS_OF_PIPELINES = "org.jenkinsci.plugins.workflow.job.properties.PipelineTriggersJobProperty"
SCRIPTS = {"hudson.tasks.Shell": "shell", "hudson.tasks.BatchFile": "batch file"}
MOST_LINES = 2000
MOST_ALIGNED = 300
MOST_DIFFERENCES = 500


@dataclass(frozen=True)
class Difference:
    """One thing that differs. `path` names it in words; a value is None where the thing is not there.

    diff: of a script the changed lines as a unified diff, without its header.
    """

    path: str
    template: str | None
    job: str | None
    kind: Kind
    diff: tuple[str, ...] = ()


def standing(template_xml: str, job_xml: str) -> Standing:
    """foreign: not the portal's. behind: of an older template, and maybe edited too. edited: by hand, of this one."""
    if not notes.read(jobxml.description(job_xml)).is_ours:
        return "foreign"
    if is_behind(template_xml, job_xml):
        return "behind"
    return "edited" if differences(template_xml, job_xml) else "follows"


def is_behind(template_xml: str, job_xml: str) -> bool:
    """The job's note names another content of the template than today's; says nothing of edits by hand."""
    found = notes.read(jobxml.description(job_xml))
    return found.is_ours and found.fingerprint != jobxml.fingerprint(template_xml)


def differences(template_xml: str, job_xml: str, note: str | None = None) -> list[Difference]:
    """What differs, at most 500 rows: parameters, scripts, repository and triggers first named, the rest by its path.

    Ignored: order of attributes and of parameters, white space around values, versions of plugins, the portal's lines in
    the description, encrypted secrets. `note`: the text the portal put above its lines; None ignores the text as well.
    Against the template of the version that made the job it shows edits by hand alone.
    Rejected `jenkins.template_invalid` or `jenkins.config_too_large` for XML that is not read.
    """
    wanted = jobxml.parse(jobxml.job_from_template(template_xml, template="template", note=note or ""))
    job = jobxml.parse(job_xml)
    if tag_of(wanted) != tag_of(job):
        return [Difference("kind of job", tag_of(wanted), tag_of(job), "other")]
    found = [*_described(wanted, job, note), *_parameters(wanted, job)]
    for tag, mine, theirs in _sides(wanted, job):
        if tag in NAMED:
            found += NAMED[tag](child_of(wanted, tag), child_of(job, tag))
        elif tag == "authToken":
            found += _secret("remote trigger token", wanted.findtext(tag), job.findtext(tag), "trigger")
        elif tag == "scm":
            found += _elements("repository", mine, theirs, "scm")
        elif tag != "description":
            found += _elements(tag, mine, theirs, "other")
    return found[:MOST_DIFFERENCES]


# -- the parts that have names --------------------------------------------------------------------------------
def _described(wanted: ET.Element, job: ET.Element, note: str | None) -> Iterator[Difference]:
    mine, theirs = (notes.read(root.findtext("description") or "") for root in (wanted, job))
    if not theirs.is_ours:
        yield Difference("note of the portal in the description", "present", None, "other")
    elif note is not None and mine.text != theirs.text:
        yield Difference("description", mine.text, theirs.text, "other")


def _parameters(wanted: ET.Element, job: ET.Element) -> Iterator[Difference]:
    """By name; their order means nothing, but that our key comes first."""
    mine, theirs = (
        {(one.findtext("name") or "").strip(): one for one in root.iterfind(f"{jobxml.DEFINITIONS}/*")}
        for root in (wanted, job)
    )
    for name in dict.fromkeys([*mine, *theirs]):
        path, ours, its = f"parameter {name}", mine.get(name), theirs.get(name)
        if ours is None or its is None:
            yield Difference(path, summary(ours), summary(its), "parameter")
        elif tag_of(ours) != tag_of(its):
            yield Difference(f"{path} › type", summary(ours), summary(its), "parameter")
        else:
            yield from _inside(path, ours, its, "parameter")
    ours_first, its_first = next(iter(mine), ""), next(iter(theirs), "")
    if KEY_PARAMETER in theirs and ours_first == KEY_PARAMETER != its_first:
        yield Difference("first parameter", ours_first, its_first, "parameter")


def _properties(wanted: ET.Element, job: ET.Element) -> Iterator[Difference]:
    for tag, mine, theirs in _sides(wanted, job):
        if tag == TRIGGERS_OF_PIPELINES:
            yield from _triggers(*(child_of(child_of(root, tag), "triggers") for root in (wanted, job)))
        elif tag != PARAMETERS:
            yield from _elements(last_name(tag), mine, theirs, "other")


def _builders(wanted: ET.Element, job: ET.Element) -> Iterator[Difference]:
    """Build steps in their order; an inserted one does not make those behind it differ."""
    for place, (mine, theirs) in enumerate(_aligned(list(wanted), list(job)), 1):
        tags = {tag_of(one) for one in (mine, theirs) if one is not None}
        path = f"build step {place} ({' → '.join(sorted(SCRIPTS.get(tag, last_name(tag)) for tag in tags))})"
        if not tags <= set(SCRIPTS) or len(tags) > 1:
            yield from _pair(path, mine, theirs, "script")
            continue
        if lines_of(mine) != lines_of(theirs):
            yield _script(path, mine, theirs)
        if mine is not None and theirs is not None:
            yield from _inside(path, mine, theirs, "script", skip=("command",))


def _script(path: str, mine: ET.Element | None, theirs: ET.Element | None) -> Difference:
    old, new = ([shown(line) for line in lines_of(one)] for one in (mine, theirs))
    values = [None if one is None else shown("\n".join(lines)) for one, lines in ((mine, old), (theirs, new))]
    diff = tuple(difflib.unified_diff(old, new, lineterm=""))[2:] if max(len(old), len(new)) <= MOST_LINES else ()
    return Difference(path, values[0], values[1], "script", diff)


def _triggers(wanted: ET.Element, job: ET.Element) -> Iterator[Difference]:
    for tag, mine, theirs in _sides(wanted, job):
        yield from _elements(f"trigger {last_name(tag)}", mine, theirs, "trigger")


NAMED = {"properties": _properties, "builders": _builders, "triggers": _triggers}


# -- any element ----------------------------------------------------------------------------------------------
def _sides(mine: ET.Element, theirs: ET.Element) -> Iterator[tuple[str, list[ET.Element], list[ET.Element]]]:
    """Each tag among the children with its elements on both sides."""
    old, new = by_tag(mine), by_tag(theirs)
    for tag in dict.fromkeys([*old, *new]):
        yield tag, old.get(tag, []), new.get(tag, [])


def _elements(path: str, mine: Sequence[ET.Element], theirs: Sequence[ET.Element], kind: Kind) -> Iterator[Difference]:
    """Elements of one tag under one parent; several are put side by side in their order."""
    pairs = _aligned(mine, theirs)
    for place, (one, other) in enumerate(pairs, 1):
        yield from _pair(f"{path} {place}" if len(pairs) > 1 else path, one, other, kind)


def _pair(path: str, mine: ET.Element | None, theirs: ET.Element | None, kind: Kind) -> Iterator[Difference]:
    """One that is there and says nothing is the same as none."""
    if mine is not None and theirs is not None and tag_of(mine) == tag_of(theirs):
        yield from _inside(path, mine, theirs, kind)
    elif canonical(mine) != canonical(theirs):
        yield Difference(path, summary(mine), summary(theirs), kind)


def _inside(
    path: str, mine: ET.Element, theirs: ET.Element, kind: Kind, *, skip: tuple[str, ...] = (), hidden: bool = False
) -> Iterator[Difference]:
    """Two elements of one tag; below one that is called a secret every value is hidden."""
    hidden = hidden or bool(SECRET_NAME.search(tag_of(mine)))
    for name in sorted({*mine.attrib, *theirs.attrib} - {"plugin"}):
        if mine.get(name) != theirs.get(name):
            yield Difference(f"{path} › {name}", mine.get(name), theirs.get(name), kind)
    text, other = text_of(mine), text_of(theirs)
    if text != other and not {text, other} <= NOTHING:
        if hidden or is_secret(tag_of(mine), text, other):
            yield from _secret(path, text, other, kind)
        else:
            yield Difference(path, shown(text), shown(other), kind)
    for tag, left, right in _sides(mine, theirs):
        pairs = [] if tag in skip else _aligned(left, right)
        for place, (one, another) in enumerate(pairs, 1):
            deeper = f"{path} › {last_name(tag)}" + (f" {place}" if len(pairs) > 1 else "")
            if one is not None and another is not None:
                yield from _inside(deeper, one, another, kind, hidden=hidden)
            else:
                yield from _pair(deeper, one, another, kind)


def _secret(path: str, mine: str | None, theirs: str | None, kind: Kind) -> Iterator[Difference]:
    """Only that it differs, never what it is; two encrypted ones cannot be told apart."""
    one, other = (mine or "").strip(), (theirs or "").strip()
    if one != other and not (ENCRYPTED.fullmatch(one) and ENCRYPTED.fullmatch(other)):
        yield Difference(path, HIDDEN if one else None, HIDDEN if other else None, kind)


def _aligned(mine: Sequence[ET.Element], theirs: Sequence[ET.Element]) -> list[Sides]:
    """Two sequences side by side: what is equal stays together, what was put in or taken out stands alone."""
    if max(len(mine), len(theirs)) > MOST_ALIGNED or len(mine) == len(theirs) == 1:
        return _beside(mine, theirs)
    old, new = [canonical(one) for one in mine], [canonical(one) for one in theirs]
    pairs: list[Sides] = []
    for _, start, end, begin, stop in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        pairs += _beside(mine[start:end], theirs[begin:stop])
    return pairs


def _beside(mine: Sequence[ET.Element], theirs: Sequence[ET.Element]) -> list[Sides]:
    return list(zip_longest(mine, theirs))
