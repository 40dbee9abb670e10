"""Standards of CPU and memory (W9): requests are there, below their limits, and as near to them as the importance asks.

A suggestion raises a request rather than lowering a limit: heap and collector threads hang on the limit. In Kubernetes
a quantity of 0 counts as not set (quality of service). Must not: compare rounded numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from apps.catalog.configuration.quantities import MIB, cpu_text, memory_text
from apps.catalog.standards.look import Look, Remark, change

GUARANTEED = ("platform", "important")
GENTLE = Fraction(2)  # the mildest of the company's overcommits of CPU: 2, 5 or 10
_PLAIN = {"cpu": Fraction(1, 2), "memory": Fraction(512 * MIB)}
_JAVA = {"cpu": Fraction(1), "memory": Fraction(1024 * MIB)}


@dataclass(frozen=True)
class Pair:
    """Request and limit of one resource, in cores or bytes; 0: not set."""

    name: str
    request: Fraction
    limit: Fraction

    @property
    def request_at(self) -> str:
        """Where the request stands."""
        return f"/resources/{self.name}_request"

    @property
    def limit_at(self) -> str:
        """Where the limit stands."""
        return f"/resources/{self.name}_limit"

    def written(self, value: Fraction) -> str:
        """The quantity as Kubernetes reads it; "" for one that is not set."""
        if not value:
            return ""
        return cpu_text(value) if self.name == "cpu" else memory_text(int(value))

    def up(self, value: Fraction) -> Fraction:
        """The next thousandth of a core, or MiB."""
        step = self.step
        return Fraction(math.ceil(value / step)) * step

    def down(self, value: Fraction) -> Fraction:
        """The thousandth of a core, or MiB, before."""
        return Fraction(math.floor(value / self.step)) * self.step

    @property
    def step(self) -> Fraction:
        """What suggestions are multiples of."""
        return Fraction(1, 1000) if self.name == "cpu" else Fraction(MIB)

    @property
    def params(self) -> dict[str, str]:
        """For the sentence."""
        return {"resource": self.name, "request": self.written(self.request), "limit": self.written(self.limit)}


def best_effort(look: Look) -> Iterator[Remark]:
    """Requests are set: without them the scheduler knows nothing, and the pod is the first to be evicted."""
    for pair in _pairs(look):
        if not pair.request:
            yield Remark(pair.request_at, pair.params, (change(pair.request_at, _request_for(look, pair)),))


def request_below_limit(look: Look) -> Iterator[Remark]:
    """No request above its limit; Kubernetes refuses that."""
    for pair in _pairs(look):
        if pair.request > pair.limit and look.text(pair.limit_at):
            better = change(pair.request_at, pair.written(pair.limit))
            if not pair.limit:  # a limit of 0 is no wish
                better = change(pair.limit_at, pair.written(pair.request))
            yield Remark(pair.request_at, pair.params, (better,))


def by_importance(look: Look) -> Iterator[Remark]:
    """Platform and important: guaranteed, request = limit. Ordinary: burstable, with a bounded overcommit."""
    importance = look.text("/importance")
    for pair in _pairs(look):
        params = {**pair.params, "importance": importance}
        if importance in GUARANTEED:
            yield from _guaranteed(look, pair, params)
        elif pair.request:
            yield from _burstable(look, pair, params)


def _guaranteed(look: Look, pair: Pair, params: dict[str, str]) -> Iterator[Remark]:
    if pair.limit and pair.request == pair.limit:
        return
    if pair.limit:
        yield Remark(pair.request_at, params, (change(pair.request_at, pair.written(pair.limit)),))
        return
    request = pair.written(pair.request) or _request_for(look, pair)
    both = [change(pair.limit_at, request)]
    if not pair.request:
        both.insert(0, change(pair.request_at, request))
    yield Remark(pair.limit_at, params, tuple(both))


def _burstable(look: Look, pair: Pair, params: dict[str, str]) -> Iterator[Remark]:
    ratio = look.threshold(pair.name)
    if not pair.limit:
        wider = pair.request * (min(ratio, GENTLE) if pair.name == "cpu" else ratio)
        limit = max(pair.request, pair.down(wider))
        yield Remark(pair.limit_at, params, (change(pair.limit_at, pair.written(limit)),))
    elif pair.limit > ratio * pair.request:
        request = min(pair.limit, pair.up(pair.limit / ratio))
        yield Remark(pair.request_at, params, (change(pair.request_at, pair.written(request)),))


def _request_for(look: Look, pair: Pair) -> str:
    """A request where there is none: from the limit, else what the language usually takes."""
    if not pair.limit:
        return pair.written((_JAVA if look.subject.language == "java" else _PLAIN)[pair.name])
    if pair.name == "cpu" and look.text("/importance") not in GUARANTEED:
        gentle = min(GENTLE, look.threshold("cpu", "resources.by_importance"))
        return pair.written(pair.up(pair.limit / gentle))
    return pair.written(pair.limit)


def _pairs(look: Look) -> Iterator[Pair]:
    """CPU and memory; one that is no quantity is left out."""
    cpus = look.cpu("/resources/cpu_request"), look.cpu("/resources/cpu_limit")
    if cpus[0] is not None and cpus[1] is not None:
        yield Pair("cpu", cpus[0], cpus[1])
    sizes = look.memory("/resources/memory_request"), look.memory("/resources/memory_limit")
    if sizes[0] is not None and sizes[1] is not None:
        yield Pair("memory", Fraction(sizes[0]), Fraction(sizes[1]))
