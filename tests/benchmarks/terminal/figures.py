"""The table of figures: what was measured, against what, and whether that is enough. Must not: measure."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """One line. `at_most` says on which side of `bound` it has to be."""

    name: str
    value: float
    unit: str
    bound: float
    at_most: bool = True
    remark: str = ""

    @property
    def is_good(self) -> bool:
        return self.value <= self.bound if self.at_most else self.value >= self.bound

    def __str__(self) -> str:
        sign = "≤" if self.at_most else "≥"
        held = "yes" if self.is_good else "NO"
        return f"{self.name:<46} {self.value:>10.3f} {self.unit:<6} {sign} {self.bound:<8g} {held:<4} {self.remark}"


@dataclass
class Table:
    """All figures of one run."""

    figures: list[Figure] = field(default_factory=list)

    def add(self, *figures: Figure) -> None:
        """Keep them, and say them at once."""
        self.figures += figures
        for figure in figures:
            print(f"\n{figure}", end="", flush=True)
        missed = [str(figure) for figure in figures if not figure.is_good]
        assert not missed, "fell short:\n" + "\n".join(missed)

    def __str__(self) -> str:
        head = f"{'figure':<46} {'measured':>10} {'':<6} {'bound':<10} held"
        return "\n".join([head, "-" * len(head), *map(str, self.figures)])
