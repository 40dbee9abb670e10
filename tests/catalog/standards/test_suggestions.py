"""Whatever the document and whatever the thresholds: taking suggestions comes to an end, and everything is satisfied."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.catalog.standards.findings import apply_suggestion, evaluate
from apps.catalog.standards.rules import RULES, TIERS
from tests.catalog.standards.documents import document, satisfied, standards, subject

CPUS = st.one_of(st.just(""), st.just("0"), st.integers(1, 64).map(str), st.integers(1, 64000).map(lambda n: f"{n}m"))
MEMORIES = st.one_of(
    st.just(""),
    st.just("0"),
    st.integers(1, 65536).map(lambda n: f"{n}Mi"),
    st.integers(1, 64).map(lambda n: f"{n}Gi"),
    st.integers(1, 10**11).map(str),
)
PROBES = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "type": st.just("http"),
            "path": st.just("/healthz"),
            "port": st.just(8080),
            "initial_delay_seconds": st.integers(0, 120),
            "period_seconds": st.integers(1, 60),
            "timeout_seconds": st.integers(1, 60),
            "failure_threshold": st.integers(1, 10),
        }
    ),
)
PERCENT = st.one_of(st.none(), st.integers(1, 100))
AUTOSCALING = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "min": st.integers(1, 200),
            "max": st.integers(1, 200),
            "cpu_percent": PERCENT,
            "memory_percent": PERCENT,
        }
    ),
)
CHANGES = st.fixed_dictionaries(
    {
        "/workload": st.sampled_from(["service", "worker", "cron"]),
        "/importance": st.sampled_from(["platform", "important", "ordinary"]),
        "/replicas": st.integers(0, 200),
        "/autoscaling": AUTOSCALING,
        "/resources/cpu_request": CPUS,
        "/resources/cpu_limit": CPUS,
        "/resources/memory_request": MEMORIES,
        "/resources/memory_limit": MEMORIES,
        "/ports": st.sampled_from([[], [{"name": "http", "port": 8080}]]),
        "/probes/readiness": PROBES,
        "/probes/liveness": PROBES,
        "/probes/startup": PROBES,
        "/shutdown/sleep_seconds": st.integers(0, 60),
        "/shutdown/grace_seconds": st.integers(0, 120),
        "/java/heap": st.one_of(st.just(""), st.integers(1, 65536).map(lambda n: f"{n}m")),
        "/java/gc_threads": st.integers(1, 64),
        "/log_path": st.sampled_from(["", "stdout", "/var/log/app.log"]),
        "/time_zone": st.sampled_from(["", "UTC", "Asia/Shanghai"]),
    }
)


def _number(threshold: Any) -> st.SearchStrategy[Any]:
    if threshold.is_whole:
        return st.integers(int(threshold.least), int(threshold.most))
    return st.integers(int(threshold.least * 100), int(threshold.most * 100)).map(lambda n: n / 100)


THRESHOLDS = st.fixed_dictionaries(
    {
        name: st.fixed_dictionaries({key: _number(threshold) for key, threshold in rule.thresholds.items()})
        for name, rule in RULES.items()
        if rule.thresholds
    }
)
WHO = st.builds(subject, st.sampled_from(TIERS), st.sampled_from(["java", "go"]))
LEVELS = st.sampled_from(["", "deny"])


@settings(derandomize=True, max_examples=120, deadline=None, database=None)
@given(changes=CHANGES, who=WHO, level=LEVELS)
def test_taking_suggestions_ends_with_nothing_left_to_take(changes: dict[str, Any], who: Any, level: str) -> None:
    rows = standards(level=level)
    _, left = satisfied(document(changes), who, rows)
    assert [one for one in left if one.suggestion] == []
    # what has no suggestion is a probe that nobody can guess
    assert {one.standard for one in left} <= {"probes.readiness", "probes.liveness"}
    assert not left or changes["/ports"] == []


@settings(derandomize=True, max_examples=120, deadline=None, database=None)
@given(changes=CHANGES, who=WHO, thresholds=THRESHOLDS)
def test_it_ends_whatever_the_thresholds(changes: dict[str, Any], who: Any, thresholds: dict[str, Any]) -> None:
    rows = standards(thresholds=thresholds, level="deny")
    _, left = satisfied(document(changes), who, rows)
    assert [one for one in left if one.suggestion] == []


@settings(derandomize=True, max_examples=120, deadline=None, database=None)
@given(changes=CHANGES, who=WHO, thresholds=THRESHOLDS)
def test_one_suggestion_satisfies_its_finding_and_breaks_nothing_else(
    changes: dict[str, Any], who: Any, thresholds: dict[str, Any]
) -> None:
    rows = standards(thresholds=thresholds, level="deny")
    made = document(changes)
    found = evaluate(made, who, rows)
    before = {(one.standard, one.field) for one in found}
    for one in found:
        if one.suggestion:
            after = {(a.standard, a.field) for a in evaluate(apply_suggestion(made, one.suggestion), who, rows)}
            assert (one.standard, one.field) not in after
            assert after <= before
