"""The five fields of a CronJob's schedule: values, ranges, steps, lists, and the names of months and weekdays.

Source: Kubernetes, "CronJob", "Schedule syntax". Must not: know macros (`@daily`) or a time zone inside the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_PART = re.compile(r"(?P<first>\*|\?|[a-z]+|[0-9]{1,4})(-(?P<last>[a-z]+|[0-9]{1,4}))?(/(?P<step>[0-9]{1,4}))?")


@dataclass(frozen=True)
class Field:
    """One field: its name, its limits, and the words that stand for numbers from `least` on."""

    name: str
    least: int
    most: int
    words: tuple[str, ...] = ()

    def number(self, text: str) -> int | None:
        """The number of a value or word; None when it is neither or outside the limits."""
        if text in self.words:
            return self.words.index(text) + self.least
        return int(text) if text.isdigit() and self.least <= int(text) <= self.most else None


FIELDS = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day", 1, 31),
    Field("month", 1, 12, MONTHS),
    Field("weekday", 0, 6, WEEKDAYS),
)


@dataclass(frozen=True)
class BadCron:
    """What is wrong: `fields` when there are not five, else the field's name, its limits and the part."""

    field: str
    value: str
    least: int = 0
    most: int = 0


def fault_of(schedule: str) -> BadCron | None:
    """The first fault of a schedule; None when it is sound."""
    texts = schedule.split()
    if len(texts) != len(FIELDS):
        return BadCron("fields", str(len(texts)))
    for field, text in zip(FIELDS, texts, strict=True):
        for part in text.split(","):
            if not _is_sound(field, part.lower()):
                return BadCron(field.name, part[:40], field.least, field.most)
    return None


def _is_sound(field: Field, part: str) -> bool:
    found = _PART.fullmatch(part)
    if found is None or (found["step"] is not None and int(found["step"]) == 0):
        return False
    if found["first"] in ("*", "?"):
        return found["last"] is None
    first = field.number(found["first"])
    last = first if found["last"] is None else field.number(found["last"])
    return first is not None and last is not None and first <= last
