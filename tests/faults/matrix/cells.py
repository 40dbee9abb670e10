"""The cells of the matrix: which there are, which are left out and why, which a sample or a shard takes.

Plain data and arithmetic. Must not: need Django or a server, so that a mistake here shows in moments.
"""

from __future__ import annotations

import random
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path

POINTS = ("before_intent", "after_intent", "accepted", "recorded")
OUTSIDE = ("429", "500", "502", "hang", "accept_then_drop", "409", "410")
FAULTS = ("kill", "stop_past_lease", "redis_restart", "database_restart", *OUTSIDE, "message_x3")
MOST_EXCLUDED = 0.10
EXCLUSIONS = Path(__file__).parents[1] / "exclusions.toml"


@dataclass(frozen=True, order=True)
class Cell:
    """One fault at one point of one step."""

    kind: str
    step: str
    target: str
    point: str
    fault: str

    @property
    def name(self) -> str:
        """For people and for the results file."""
        return "/".join(asdict(self).values())

    @property
    def is_outside(self) -> bool:
        """Whether the outside answers wrongly (else something of ours breaks)."""
        return self.fault in OUTSIDE


@dataclass(frozen=True)
class PlannedStep:
    """A step as the filed plan names it; `target` without the project's name."""

    kind: str
    step: str
    target: str


@dataclass(frozen=True)
class Exclusion:
    """Cells that cannot be, by pattern, and why."""

    pattern: Cell
    reason: str

    def covers(self, cell: Cell) -> bool:
        return all(
            any(fnmatchcase(value, one) for one in pattern.split("|"))
            for value, pattern in zip(asdict(cell).values(), asdict(self.pattern).values(), strict=True)
        )


class MatrixError(Exception):
    """The matrix itself is not in order; the message is a sentence."""


def all_cells(steps: Iterable[PlannedStep]) -> list[Cell]:
    """Every step × point × fault, in a fixed order."""
    return sorted(
        Cell(s.kind, s.step, s.target, point, fault) for s in set(steps) for point in POINTS for fault in FAULTS
    )


def read_exclusions(path: Path = EXCLUSIONS) -> list[Exclusion]:
    """The exclusions; each needs a reason. A field that is left out means every value, `a|b` either."""
    found = []
    for row in tomllib.loads(path.read_text(encoding="utf-8")).get("exclude", []):
        reason = str(row.pop("reason", "")).strip()
        if not reason:
            raise MatrixError(f"{path.name}: {row} is excluded without a reason.")
        fields = {"kind": "*", "step": "*", "target": "*", "point": "*", "fault": "*"}
        unknown = set(row) - set(fields)
        if unknown:
            raise MatrixError(f"{path.name}: {sorted(unknown)} is no field of a cell.")
        if row.get("fault") == "outside":
            row["fault"] = "|".join(OUTSIDE)
        found.append(Exclusion(Cell(**{**fields, **row}), reason))
    return found


def leave_out(cells: Sequence[Cell], exclusions: Sequence[Exclusion]) -> list[Cell]:
    """The cells to run; MatrixError when an exclusion covers nothing, or all of them cover too much."""
    for exclusion in exclusions:
        if not any(exclusion.covers(cell) for cell in cells):
            raise MatrixError(f"The exclusion {exclusion.pattern.name} covers no cell: take it out.")
    left = [cell for cell in cells if not any(e.covers(cell) for e in exclusions)]
    if len(cells) - len(left) > MOST_EXCLUDED * len(cells):
        raise MatrixError(f"{len(cells) - len(left)} of {len(cells)} cells are excluded, more than a tenth.")
    return left


def shard(cells: Sequence[Cell], which: str) -> list[Cell]:
    """`2/3`: the second third, dealt like cards."""
    number, _, of = which.partition("/")
    if not (number.isdigit() and of.isdigit() and 1 <= int(number) <= int(of)):
        raise MatrixError(f"SHARD={which} is not of the form 1/2.")
    return list(cells[int(number) - 1 :: int(of)])


def part(which: str, number: int, of: int) -> str:
    """The shard that is the `number`th of `of` parts of a shard: `part("1/2", 2, 2)` is `3/4`."""
    shard((), which)
    own, _, all_of = which.partition("/")
    return f"{int(own) + int(all_of) * (number - 1)}/{int(all_of) * of}"


def sample(cells: Sequence[Cell], seed: int) -> tuple[list[Cell], int]:
    """All cells in the order a sample takes them, and how many of the first ones show each step, fault and point."""
    rest = list(cells)
    random.Random(seed).shuffle(rest)
    first: list[Cell] = []
    for step in dict.fromkeys((c.kind, c.step, c.target) for c in rest):
        own = [c for c in rest if (c.kind, c.step, c.target) == step]
        first.append(min(own, key=lambda c: _seen_before(c, first)))  # of equals the first one: by chance
    for cell in rest:
        if cell.fault not in {c.fault for c in first} or cell.point not in {c.point for c in first}:
            first.append(cell)
    chosen = set(first)
    return first + [c for c in rest if c not in chosen], len(first)


def _seen_before(cell: Cell, others: Sequence[Cell]) -> int:
    """How often its fault, and its fault in its kind, and its point are there already."""
    faults = sum(c.fault == cell.fault for c in others)
    mine = sum((c.kind, c.fault) == (cell.kind, cell.fault) for c in others)
    return 3 * faults + 2 * mine + sum(c.point == cell.point for c in others)
