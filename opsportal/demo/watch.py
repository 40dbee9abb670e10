"""Restart of children that die: later each time, and said in one line.

Must not: give up; a person who looks at the terminal sees what happens, and Ctrl-C ends it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from opsportal.demo.process import Child

LONGEST_PAUSE = 30.0
STEADY_SECONDS = 60.0


class Watched:
    """One child with its count of early deaths."""

    def __init__(self, child: Child, say: Callable[[str], None]) -> None:
        self.child, self.say = child, say
        self.deaths = 0
        self.started_at = time.monotonic()
        self.due_at: float | None = None

    def look(self) -> None:
        """Notice a death, or start again when the pause is over."""
        now = time.monotonic()
        if self.due_at is not None:
            if now >= self.due_at:
                self.due_at, self.started_at = None, now
                self.child.ask_to_stop()
                self.child.start()
            return
        status = self.child.ended()
        if status is None:
            return
        self.deaths = 1 if now - self.started_at > STEADY_SECONDS else self.deaths + 1
        pause = min(2.0 ** (self.deaths - 1), LONGEST_PAUSE)
        self.due_at = now + pause
        self.say(f"{self.child.name} ended with status {status}; it starts again in {pause:.0f} s ({self.child.log})")


def watch(children: Iterable[Child], say: Callable[[str], None]) -> None:
    """Keep the children running until an exception (Ctrl-C) ends the loop."""
    watched = [Watched(child, say) for child in children]
    while True:
        for one in watched:
            one.look()
        time.sleep(0.2)
