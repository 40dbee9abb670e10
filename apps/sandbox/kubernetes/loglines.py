"""What a container writes to its log: made from its start time whenever somebody asks, never stored.

The same run gives the same lines. Must not: know of HTTP or of the clock.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from apps.sandbox.kubernetes.life.objects import parse_stamp

Obj = dict[str, Any]
PERIOD_SECONDS = 3.0
PATHS = ("/healthz", "/api/orders", "/api/orders/17", "/api/users?page=2", "/metrics", "/api/carts/9")


@dataclass(frozen=True)
class Line:
    """One line and when it was written; `nanoseconds` below the microsecond."""

    at: datetime
    nanoseconds: int
    text: str

    def render(self, *, with_time: bool) -> bytes:
        """As the API sends it."""
        stamp = f"{self.at:%Y-%m-%dT%H:%M:%S.%f}{self.nanoseconds:03d}Z " if with_time else ""
        return f"{stamp}{self.text}\n".encode()


@dataclass(frozen=True)
class ContainerRun:
    """One run of a container, from the status that tells of it."""

    pod: str
    container: str
    image: str
    started: datetime
    finished: datetime | None = None
    exit_code: int = 0
    reason: str = ""

    @classmethod
    def from_state(cls, pod: Obj, container: Obj, state: Obj) -> ContainerRun | None:
        """The run that a `state` or `lastState` speaks of; None when it never ran."""
        name, image = pod["metadata"]["name"], container.get("image", "")
        if "running" in state:
            return cls(name, container["name"], image, parse_stamp(state["running"]["startedAt"]))
        ended = state.get("terminated")
        if ended is None:
            return None
        started, finished = parse_stamp(ended["startedAt"]), parse_stamp(ended["finishedAt"])
        return cls(name, container["name"], image, started, finished, ended["exitCode"], ended["reason"])

    def lines(self) -> Iterator[Line]:
        """Every line of the run, in order; without end while it runs."""
        number = 0
        for text in self._start_up():
            yield self._line(number, 0.02 * number, text)
            number += 1
        if self.finished is not None:
            seconds = (self.finished - self.started).total_seconds()
            for tick in range(1, int(seconds / PERIOD_SECONDS) + 1):
                yield self._line(number + tick, tick * PERIOD_SECONDS, self._request(tick))
            for text in self._farewell():
                number += 1
                yield self._line(10_000_000 + number, seconds, text)
            return
        for tick in itertools.count(1):
            yield self._line(number + tick, tick * PERIOD_SECONDS, self._request(tick))

    def lines_from(self, moment: datetime) -> Iterator[Line]:
        """The lines at or after a moment, without making all those before."""
        start_up = len(self._start_up())
        if self.finished is not None or (moment - self.started).total_seconds() < PERIOD_SECONDS:
            yield from (line for line in self.lines() if line.at >= moment)
            return
        first = max(1, int((moment - self.started).total_seconds() / PERIOD_SECONDS))
        for tick in itertools.count(first):
            line = self._line(start_up + tick, tick * PERIOD_SECONDS, self._request(tick))
            if line.at >= moment:
                yield line

    def count_until(self, moment: datetime) -> int:
        """How many lines a running container has written so far, give or take those of this moment."""
        seconds = max(0.0, (moment - self.started).total_seconds())
        return len(self._start_up()) + int(seconds / PERIOD_SECONDS)

    def _start_up(self) -> list[str]:
        return [
            f"starting {self.container} from {self.image}",
            f"hostname {self.pod}, configuration /app/config.yaml",
            "connecting to database … ok",
            "服务启动完成",
            "listening on :8080",
        ]

    def _request(self, tick: int) -> str:
        value = self._hash(tick)
        path = PATHS[value % len(PATHS)]
        status = 500 if value % 97 == 0 else 404 if value % 23 == 0 else 200
        return f'{status} "GET {path} HTTP/1.1" {value % 180 + 1}ms request={value:08x}'

    def _farewell(self) -> list[str]:
        if self.reason == "OOMKilled":
            return []
        if self.exit_code:
            return ["panic: cannot reach the message queue: connection refused", f"exit status {self.exit_code}"]
        return ["done"]

    def _hash(self, number: int) -> int:
        seed = f"{self.pod}/{self.container}/{self.started.timestamp()}/{number}"
        return int.from_bytes(hashlib.sha256(seed.encode()).digest()[:4], "big")

    def _line(self, number: int, offset: float, text: str) -> Line:
        value = self._hash(-number - 1)
        jitter = timedelta(microseconds=value % 900)
        return Line(self.started + timedelta(seconds=offset) + jitter, value % 1000, text)
