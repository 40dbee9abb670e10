"""Whether a run of the contract suite asked the real cluster what it should have: nothing silently left out.

Must not: know a statement; what may be left out says so itself, by `Api.needs_kubelet`.
"""

from __future__ import annotations

import json
from pathlib import Path

DOCUMENT = "kubernetes.md"
LEAST = 120
# How many statements only a real kubelet can answer; on a real node none is left out.
NEED_A_NODE, NEED_NOTHING = 1, 0


def judge(report: Path, may_be_left: int) -> list[str]:
    """What is wrong with the report; prints how many statements were asked."""
    if not report.exists():
        return ["no contract statement was asked at all"]
    rows = [r for r in json.loads(report.read_text(encoding="utf-8"))["rows"] if r["source"].startswith(DOCUMENT)]
    here = [r["id"] for r in rows if r.get("here") == "passed"]
    there = [r["id"] for r in rows if r.get("there") == "passed"]
    left = sorted(r["id"] for r in rows if r.get("there", "skipped") == "skipped")
    print(
        f"{len(rows)} statements: {len(here)} hold here, {len(there)} there; {len(left)} not asked there: {' '.join(left)}"
    )
    faults = []
    if len(there) < LEAST:
        faults.append(f"only {len(there)} statements were asked of the real cluster and held, {LEAST} are the least")
    if len(left) > may_be_left:
        faults.append(f"{len(left)} statements were not asked there, and {may_be_left} at most may be left out")
    return faults
