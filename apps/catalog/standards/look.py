"""What a standard sees: the document, whom it is for, the thresholds; and what it answers. Pure.

Must not: raise on a value that has not the expected shape; the shape check has refused it before, so it is skipped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

from apps.catalog.configuration import quantities, subject
from apps.catalog.standards.pointers import Change, value_at

Number = int | float
SERVICE, WORKER, CRON = "service", "worker", "cron"
LONGEST = 40  # characters of a quantity


@dataclass(frozen=True)
class Subject(subject.Subject):
    """Whom a document is for. `image` is the reference that is to run, "" while there is none."""

    image: str = ""
    company_zone: str = "Asia/Shanghai"


@dataclass(frozen=True)
class Remark:
    """One thing a standard found: where (JSON pointer), the numbers, and the changes that would satisfy it."""

    field: str
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    suggestion: tuple[Change, ...] = ()


class Check(Protocol):
    """What a standard looks at; empty when there is nothing to say."""

    def __call__(self, look: Look, /) -> Iterable[Remark]: ...


@dataclass(frozen=True)
class Look:
    """One look of one standard at one document. `thresholds` has those of every standard, by id."""

    document: Mapping[str, Any]
    subject: Subject
    standard: str
    thresholds: Mapping[str, Mapping[str, Number]]

    @property
    def workload(self) -> str:
        """`service`, `worker` or `cron`."""
        return self.text("/workload") or SERVICE

    def at(self, path: str) -> Any:
        """What stands there, or None."""
        return value_at(self.document, path)

    def text(self, path: str) -> str:
        """The text there; "" for none."""
        found = self.at(path)
        return found if isinstance(found, str) else ""

    def whole(self, path: str) -> int | None:
        """The whole number there; None for anything else."""
        found = self.at(path)
        return found if isinstance(found, int) and not isinstance(found, bool) else None

    def cpu(self, path: str) -> Fraction | None:
        """Cores, 0 for one that is not set; None when it is no quantity."""
        try:
            return quantities.cpu(self._short(path)) if self.text(path) else Fraction(0)
        except ValueError:
            return None

    def memory(self, path: str) -> int | None:
        """Bytes, 0 for one that is not set; None when it is no quantity."""
        try:
            return quantities.memory(self._short(path)) if self.text(path) else 0
        except ValueError:
            return None

    def heap(self, path: str) -> int | None:
        """Bytes of a Java size; None when it is none."""
        try:
            return quantities.java_size(self._short(path))
        except ValueError:
            return None

    def _short(self, path: str) -> str:
        """The text there; ValueError for a number longer than any real one, that Python would not write again."""
        found = self.text(path)
        if len(found) > LONGEST:
            raise ValueError("too long for a quantity")
        return found

    def threshold(self, name: str, standard: str = "") -> Fraction:
        """A threshold of this standard, or of another one, exactly as it was typed."""
        return Fraction(str(self.thresholds[standard or self.standard][name]))

    def seconds(self, name: str, standard: str = "") -> int:
        """A threshold that is a whole number."""
        return int(self.threshold(name, standard))


def change(path: str, value: Any) -> Change:
    """One change."""
    return {"path": path, "value": value}
