"""What a change of a standard would do to what runs now: "would newly refuse 3". Reads, changes nothing.

Must not: judge by any other standard, or count a workload twice that breaks this one in two places.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from apps.catalog.standards.findings import Finding, StandardLike, level_of, looked
from apps.catalog.standards.rules import DENY, OFF, WARN
from apps.catalog.standards.sources import Current, current_documents

EXAMPLES_MOST = 20


@dataclass
class Impact:
    """Counts of documents: all, broken under the change by level, and those for which that is new. Examples are new ones,
    what is denied before what is warned of; `documents` 0: no workload has a configuration here yet."""

    documents: int
    denied: int
    warned: int
    newly_denied: int
    newly_warned: int
    examples: list[dict[str, Any]]

    def as_json(self) -> dict[str, Any]:
        """For the API."""
        return asdict(self)


def impact(changed: StandardLike, saved: StandardLike) -> Impact:
    """Compare a proposed standard with the saved one over every document in force."""
    found = Impact(0, 0, 0, 0, 0, [])
    examples: dict[str, list[dict[str, Any]]] = {DENY: [], WARN: []}
    for current in current_documents():
        found.documents += 1
        after = looked(current.document, current.subject, [changed])
        now = level_of(changed, current.subject) if after else OFF
        if now == OFF:
            continue
        before = OFF
        if looked(current.document, current.subject, [saved]):
            before = level_of(saved, current.subject)
        is_new = before == OFF or (now == DENY and before == WARN)
        found.denied += now == DENY
        found.warned += now == WARN
        found.newly_denied += is_new and now == DENY
        found.newly_warned += is_new and now == WARN
        if is_new and len(examples[now]) < EXAMPLES_MOST:
            examples[now].append(_example(current, after[0]))
    found.examples = [*examples[DENY], *examples[WARN]][:EXAMPLES_MOST]
    return found


def _example(current: Current, finding: Finding) -> dict[str, Any]:
    subject = current.subject
    return {
        "project": subject.project,
        "environment": subject.environment,
        "workload": subject.workload_name,
        "level": finding.level,
        "field": finding.field,
        "params": finding.params,
    }
