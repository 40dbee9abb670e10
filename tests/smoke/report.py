"""Steps of the story, printed with their duration, and the sentence that ends it when something differs.

Must not: go on after a difference.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")
PAUSE = 0.2


class Difference(Exception):
    """Something is not as it has to be; the message is a sentence."""


class Step:
    """One line of the report; `note` adds what was found."""

    def __init__(self, what: str) -> None:
        self.what, self.found = what, ""

    def note(self, found: str) -> None:
        self.found = found


@contextmanager
def step(what: str) -> Iterator[Step]:
    """Print the line when the block is through; a difference names the step it happened in."""
    one, began = Step(what), time.monotonic()
    try:
        yield one
    except BaseException:
        print(f"FAIL {time.monotonic() - began:7.2f} s  {what}", flush=True)
        raise
    print(f"ok   {time.monotonic() - began:7.2f} s  {what}" + (f": {one.found}" if one.found else ""), flush=True)


def same(what: str, found: object, expected: object) -> None:
    """Raise unless both are equal."""
    if found != expected:
        raise Difference(f"{what} is {found!r} and should be {expected!r}.")


def holds(condition: object, sentence: str) -> None:
    """Raise with the sentence unless the condition is true."""
    if not condition:
        raise Difference(sentence)


def until(look: Callable[[], T], is_good: Callable[[T], bool], seconds: float, what: str) -> T:
    """Look again and again until it is good; what was seen then."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if is_good(seen):
            return seen
        if time.monotonic() > deadline:
            raise Difference(f"After {seconds:.0f} s {what} is still missing; last seen: {str(seen)[:400]}.")
        time.sleep(PAUSE)
