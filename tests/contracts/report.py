"""The contract report: which statement about an outside system held here (stand-in) and there (a real server).

Must not: decide whether a run passes; it only counts what pytest reported, and refuses one id on two tests.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest

Side = Literal["here", "there"]
Outcome = Literal["passed", "failed", "skipped"]

WIRE_DOCUMENTS = frozenset({"gitlab.md", "jenkins.md", "kubernetes.md", "registry.md"})
PROPERTY = "contract"
# A fixture parametrised with this value asks a real server; whatever is not so marked asks the stand-in.
REAL = "real"
_WEIGHT: dict[str, int] = {"skipped": 0, "passed": 1, "failed": 2}


@dataclass
class Statement:
    """One statement and what became of it on each side; a side is absent while nothing asked it there."""

    ident: str
    source: str
    outcomes: dict[Side, Outcome] = field(default_factory=dict)
    tests: int = 0

    def note(self, side: Side, outcome: Outcome) -> None:
        """Count one test; a failure outweighs a pass, a pass outweighs a skip."""
        self.tests += 1
        before = self.outcomes.get(side, "skipped")
        self.outcomes[side] = max(before, outcome, key=_WEIGHT.__getitem__)


class ContractReport:
    """All statements of one run."""

    def __init__(self) -> None:
        self.statements: dict[str, Statement] = {}

    def note(self, ident: str, source: str, side: Side, outcome: Outcome) -> None:
        """Count one finished test of a statement."""
        self.statements.setdefault(ident, Statement(ident, source)).note(side, outcome)

    def totals(self) -> dict[str, dict[str, int]]:
        """Statements per side and outcome; `not asked` are those no test of this run brought to that side."""
        totals: dict[str, dict[str, int]] = {}
        for side in ("here", "there"):
            counted = Counter(one.outcomes.get(side, "not asked") for one in self.statements.values())
            totals[side] = {word: counted[word] for word in ("passed", "failed", "skipped", "not asked")}
        return totals

    def as_json(self) -> dict[str, Any]:
        """The whole report, statements in order of their ids."""
        rows = [
            {"id": one.ident, "source": one.source, "tests": one.tests, **one.outcomes}
            for _, one in sorted(self.statements.items())
        ]
        return {"statements": len(rows), "totals": self.totals(), "rows": rows}

    def lines(self) -> list[str]:
        """The terminal section: one line per document and side, then every failure."""
        documents: dict[str, ContractReport] = defaultdict(ContractReport)
        for one in self.statements.values():
            documents[one.source.split()[0]].statements[one.ident] = one
        lines = []
        for name, report in sorted(documents.items()):
            lines.append(f"{name}: {len(report.statements)} statements")
            for side, words in report.totals().items():
                place = "here (stand-in)" if side == "here" else "there (real)"
                told = ", ".join(f"{count} {word}" for word, count in words.items() if count)
                lines.append(f"  {place}: {told}")
        for _, one in sorted(self.statements.items()):
            lines += [f"FAILED {side}: {one.ident} ({one.source})" for side, o in one.outcomes.items() if o == "failed"]
        return lines

    def write(self, path: Path) -> None:
        """The report as a JSON file."""
        path.write_text(json.dumps(self.as_json(), indent=1) + "\n", encoding="utf-8")


def side_of(item: pytest.Item) -> Side:
    """Where a test asks: a parameter value `real` means a real server."""
    callspec = getattr(item, "callspec", None)
    return "there" if callspec is not None and REAL in callspec.params.values() else "here"


def label(items: Iterable[pytest.Item]) -> None:
    """Hand each marked test's statement to its reports; one id on two tests, or a mark without one, ends the run."""
    owners: dict[str, str] = {}
    for item in items:
        mark = item.get_closest_marker("contract")
        if mark is None:
            continue
        owner = item.nodeid.partition("[")[0]
        if not {"id", "source"} <= mark.kwargs.keys():
            raise pytest.UsageError(f"{owner}: a contract mark needs an id and a source")
        ident, source = mark.kwargs["id"], mark.kwargs["source"]
        if owners.setdefault(ident, owner) != owner:
            raise pytest.UsageError(f"contract id {ident!r} stands on two tests: {owners[ident]} and {owner}")
        item.user_properties.append((PROPERTY, (ident, source, side_of(item))))


def outcome_of(report: pytest.TestReport) -> Outcome | None:
    """What this phase of a test decides; None when another phase will."""
    if report.outcome == "rerun":  # of pytest-rerunfailures: the next run of it decides
        return None
    if report.failed:
        return "failed"
    if report.skipped:
        return "skipped"
    return "passed" if report.when == "call" else None
