"""The standards as the portal brings them: how hard they are per tier, for which languages, and in what words.

In a text {name} stands for a threshold of the standard. Must not: hold what a standard looks at (`rules` names that).
"""

from __future__ import annotations

from dataclasses import dataclass

from apps.catalog.standards.look import Number
from apps.catalog.standards.rules import DENY, OFF, TIERS, WARN, usual_thresholds
from apps.catalog.standards.words import WORDS, Words

EVERYWHERE = (DENY, DENY, DENY, DENY)
JAVA = ("java",)


@dataclass(frozen=True)
class DefaultStandard:
    """One standard as the portal brings it."""

    id: str
    levels: dict[str, str]
    languages: tuple[str, ...]

    @property
    def words(self) -> Words:
        """Sentence and reason in both languages."""
        return WORDS[self.id]

    @property
    def thresholds(self) -> dict[str, Number]:
        """Its numbers."""
        return usual_thresholds(self.id)


def _standard(name: str, levels: tuple[str, str, str, str], languages: tuple[str, ...] = ()) -> DefaultStandard:
    return DefaultStandard(name, dict(zip(TIERS, levels, strict=True)), languages)


# Levels in the order development, test, staging, production. What can only be a mistake is denied everywhere; what
# costs (replicas, guaranteed resources) only where it pays.
DEFAULTS = (
    _standard("probes.readiness", (OFF, WARN, WARN, DENY)),
    _standard("probes.liveness", (OFF, WARN, WARN, DENY)),
    _standard("probes.java_delay", (WARN, WARN, DENY, DENY), JAVA),
    _standard("probes.one_strike", EVERYWHERE),
    _standard("probes.timeout_below_period", (WARN, WARN, DENY, DENY)),
    _standard("shutdown.sleep", (OFF, WARN, WARN, DENY)),
    _standard("shutdown.grace", (WARN, WARN, DENY, DENY)),
    _standard("replicas.least", (OFF, OFF, OFF, DENY)),
    _standard("autoscaling.range", (WARN, DENY, DENY, DENY)),
    _standard("autoscaling.java_memory", (WARN, WARN, DENY, DENY), JAVA),
    _standard("resources.best_effort", EVERYWHERE),
    _standard("resources.request_below_limit", EVERYWHERE),
    _standard("resources.by_importance", (OFF, OFF, WARN, DENY)),
    _standard("java.heap", EVERYWHERE, JAVA),
    _standard("java.gc_threads", (OFF, OFF, WARN, WARN), JAVA),
    _standard("logs.stdout", (WARN, WARN, DENY, DENY)),
    _standard("time_zone.set", (WARN, WARN, WARN, WARN)),
    _standard("image.tag", EVERYWHERE),
)
BY_ID = {default.id: default for default in DEFAULTS}
