"""Judging a completed document by the standards: what it breaks, how hard, and what would satisfy it. Pure.

A suggestion is made whole: what it would newly break is repaired in it too (a smaller limit takes its heap along).
Must not: raise on a document that the shape check would refuse, or read a row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from apps.catalog.standards.look import Look, Number, Remark, Subject
from apps.catalog.standards.pointers import Change, applied, folded, parts
from apps.catalog.standards.rules import DENY, OFF, RULES, usual_thresholds

# How often a suggestion is looked at again for what it newly breaks; two standards that contradict each other end here.
ROUNDS = 5
# The order in which people read a document (docs/configuration.md); a stored object has none.
ORDER = (
    *("workload", "importance", "replicas", "autoscaling", "min", "max", "cpu_percent", "memory_percent"),
    *("resources", "cpu_request", "cpu_limit", "memory_request", "memory_limit", "ports", "exposure", "probes"),
    *("readiness", "liveness", "startup", "type", "path", "port", "initial_delay_seconds", "period_seconds"),
    *("timeout_seconds", "failure_threshold", "shutdown", "deregister", "sleep_seconds", "grace_seconds"),
    *("java", "heap", "gc_threads", "log_path", "time_zone", "placement", "disruption", "schedule", "sidecar"),
)


class StandardLike(Protocol):
    """What judging needs of a standard; rows of the table have it. Levels by tier, no language: all of them."""

    id: str
    levels: Any
    languages: Any
    thresholds: Any


@dataclass(frozen=True)
class Finding:
    """What a document breaks: `level` deny or warn, `field` a JSON pointer ("": the document as a whole, or its image),
    `params` the numbers, thresholds among them, `suggestion` the changes that satisfy it (none: nobody can know)."""

    standard: str
    level: str
    field: str
    params: dict[str, Any]
    suggestion: list[Change]


def evaluate(document: Mapping[str, Any], subject: Subject, standards: Iterable[StandardLike]) -> list[Finding]:
    """The findings in the order of the document, within a field what is denied first."""
    rows = list(standards)
    found = looked(document, subject, rows)
    known = {(one.standard, one.field) for one in found}
    whole = [
        Finding(one.standard, one.level, one.field, one.params, _whole(document, subject, rows, one, known))
        for one in found
    ]
    return sorted(whole, key=_place)


def apply_suggestion(document: Mapping[str, Any], suggestion: Iterable[Change]) -> dict[str, Any]:
    """The document with a suggestion taken; ValueError for a pointer that leads nowhere."""
    return applied(document, suggestion)


def level_of(standard: StandardLike, subject: Subject) -> str:
    """How hard a standard is for this tier and language; one that says nothing about them is off."""
    if standard.languages and subject.language not in standard.languages:
        return OFF
    return str(standard.levels.get(subject.tier, OFF))


def thresholds_of(standard: StandardLike) -> dict[str, Number]:
    """A standard's thresholds; one that the row lacks (a newer version's) is the usual one."""
    usual = usual_thresholds(standard.id)
    return {**usual, **{name: value for name, value in standard.thresholds.items() if name in usual}}


def looked(document: Mapping[str, Any], subject: Subject, standards: Sequence[StandardLike]) -> list[Finding]:
    """The findings with what each standard suggests by itself."""
    thresholds = {name: usual_thresholds(name) for name in RULES}
    thresholds |= {row.id: thresholds_of(row) for row in standards if row.id in RULES}
    found: list[Finding] = []
    for row in standards:
        level = level_of(row, subject)
        if level == OFF or row.id not in RULES:
            continue
        remarks: Iterable[Remark] = RULES[row.id].check(Look(document, subject, row.id, thresholds))
        for remark in remarks:
            params = {**thresholds[row.id], **remark.params}
            found.append(Finding(row.id, level, remark.field, params, list(remark.suggestion)))
    return found


def _whole(
    document: Mapping[str, Any],
    subject: Subject,
    standards: Sequence[StandardLike],
    finding: Finding,
    known: set[tuple[str, str]],
) -> list[Change]:
    """The finding's own suggestion, and what repairs that which it would newly break."""
    changes = folded(finding.suggestion)
    try:
        for _ in range(ROUNDS if changes else 0):
            after = looked(applied(document, changes), subject, standards)
            new = [c for one in after if (one.standard, one.field) not in known for c in one.suggestion]
            if not new:
                break
            changes = folded([*changes, *new])
    except ValueError:  # a number or a list where an object should be: the shape check says that
        return []
    return changes


def _place(finding: Finding) -> tuple[list[int], bool, str]:
    names = [ORDER.index(name) if name in ORDER else len(ORDER) for name in parts(finding.field)]
    return names, finding.level != DENY, finding.standard
