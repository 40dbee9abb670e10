"""Standards of the JVM in its container (W10): the heap below the memory limit, collector threads as its cores.

Must not: judge without a limit; that one is missing is the business of `resources`.
"""

from __future__ import annotations

from collections.abc import Iterator

from apps.catalog.configuration.quantities import MIB, java_text, memory_text
from apps.catalog.standards.look import Look, Remark, change

LEAST_HEAP = 64 * MIB  # as in docs/configuration.md, heap_of
MOST_THREADS = 256


def heap(look: Look) -> Iterator[Remark]:
    """The heap leaves room for what the JVM keeps beside it: threads, code, buffers."""
    found, limit = look.heap("/java/heap"), look.memory("/resources/memory_limit")
    beside = look.seconds("beside") * MIB
    if found is None or not limit or found <= limit - beside:
        return
    params = {"found": look.text("/java/heap"), "limit": memory_text(limit)}
    better = []
    if limit - beside < LEAST_HEAP:  # no heap fits into this one
        limit = max(2 * beside, beside + LEAST_HEAP)
        better.append(change("/resources/memory_limit", memory_text(limit)))
    if found > limit - beside:
        better.append(change("/java/heap", java_text(max(LEAST_HEAP, min(limit * 3 // 4, limit - beside)))))
    yield Remark("/java/heap", params, tuple(better))


def gc_threads(look: Look) -> Iterator[Remark]:
    """As many threads collect as there are whole cores; more of them only wait for each other."""
    found, cores = look.whole("/java/gc_threads"), look.cpu("/resources/cpu_limit")
    if found is None or not cores:
        return
    wanted = min(MOST_THREADS, max(1, int(cores)))
    if found != wanted:
        params = {"found": found, "wanted": wanted, "limit": look.text("/resources/cpu_limit")}
        yield Remark("/java/gc_threads", params, (change("/java/gc_threads", wanted),))
