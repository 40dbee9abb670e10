"""The results file (one JSON line per cell), what of it still counts, and the table in docs/reliability.md.

Must not: count a line of another state of the tree, unless it is told to.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.faults.matrix.cells import FAULTS, Cell

ROOT = Path(__file__).parents[3]
CODE = ("apps", "opsportal", "tests/faults", "tests/support", "tests/releases/hand.py", "requirements/dev.lock")
BEGIN, END = "<!-- crash matrix: begin -->", "<!-- crash matrix: end -->"
Line = dict[str, Any]


def tree_hash() -> str:
    """Of everything a cell's outcome may depend on."""
    found = hashlib.sha256()
    for name in CODE:
        place = ROOT / name
        files = [place] if place.is_file() else sorted(p for p in place.rglob("*") if p.suffix in (".py", ".toml"))
        for path in files:
            found.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:12]


def commit() -> str:
    """The commit that is checked out, marked when the tree differs from it."""

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
        return done.stdout.strip()

    here = git("rev-parse", "--short", "HEAD") or "unknown"
    return here + (" with changes" if git("status", "--porcelain", "--", *CODE) else "")


def cell_of(line: Line) -> Cell:
    """The cell a line is about."""
    return Cell(line["kind"], line["step"], line["target"], line["point"], line["fault"])


class Results:
    """An append-only file of lines; the newest line of a cell counts."""

    def __init__(self, path: Path, *, any_tree: bool = False) -> None:
        self.path, self.tree, self.commit = path, tree_hash(), commit()
        self.any_tree = any_tree
        path.parent.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[Cell, Line]:
        """The newest counting line of each cell."""
        found: dict[Cell, Line] = {}
        if self.path.exists():
            for text in self.path.read_text(encoding="utf-8").splitlines():
                line = json.loads(text)
                if self.any_tree or line["tree"] == self.tree:
                    found[cell_of(line)] = line
        return found

    def add(self, line: Line) -> None:
        """Append one."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({**line, "tree": self.tree, "commit": self.commit}, ensure_ascii=False) + "\n")


def table(lines: Iterable[Line], left_out: int) -> str:
    """Kind × fault as Markdown: passed of all, in brackets how many of them a person had to retry."""
    lines = list(lines)
    counts: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for line in lines:
        count = counts[line["kind"], line["fault"]]
        count[0] += line["passed"]
        count[1] += 1
        count[2] += line["retried"]
    kinds = sorted({line["kind"] for line in lines})
    rows = ["| fault | " + " | ".join(kinds) + " |", "|---|" + "---|" * len(kinds)]
    for fault in FAULTS:
        texts = [_text(*counts[kind, fault]) if (kind, fault) in counts else "" for kind in kinds]
        rows.append(f"| {fault} | " + " | ".join(texts) + " |")
    passed = sum(line["passed"] for line in lines)
    seconds = sorted(line["seconds"] for line in lines) or [0.0]
    middle, worst = seconds[len(seconds) // 2], seconds[-1]
    rows += ["", f"{passed} of {len(lines)} cells passed, {left_out} are left out; a cell took {middle:.1f} s in the "]
    rows[-1] += f"middle and {worst:.1f} s at most."
    return "\n".join(rows)


def _text(passed: int, of: int, retried: int) -> str:
    return f"{passed}/{of}" + (f" ({retried})" if retried else "")


def write_into(document: Path, text: str) -> None:
    """Replace what stands between the two marks."""
    old = document.read_text(encoding="utf-8")
    head, _, rest = old.partition(BEGIN)
    if not rest or END not in rest:
        raise ValueError(f"{document.name} has no place for the table: it needs {BEGIN} and {END}.")
    document.write_text(f"{head}{BEGIN}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
