"""Each of the standards: it fires, it does not fire, its level per tier, and its thresholds."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.standards.defaults import BY_ID, DEFAULTS
from apps.catalog.standards.findings import apply_suggestion, evaluate
from apps.catalog.standards.rules import RULES, TIERS
from tests.catalog.standards.documents import AUTOSCALING, PROBE, document, judged, standards, subject

HASTY = {**PROBE, "timeout_seconds": 1, "failure_threshold": 1}
SLOW = {**PROBE, "timeout_seconds": 10}
EARLY = {**PROBE, "initial_delay_seconds": 30}
STARTUP = {**PROBE, "initial_delay_seconds": 0, "failure_threshold": 5}  # 50 s

# standard, changes of a document that breaks nothing, field, params, suggestion by that standard alone
FIRES: list[tuple[str, dict[str, Any], str, dict[str, Any], dict[str, Any]]] = [
    ("probes.readiness", {"/probes/readiness": None}, "/probes/readiness", {}, {"/probes/readiness": {**PROBE, "initial_delay_seconds": 10}}),
    ("probes.liveness", {"/probes/liveness": None}, "/probes/liveness", {}, {"/probes/liveness": {**PROBE, "initial_delay_seconds": 10}}),
    (
        "probes.java_delay",
        {"/probes/liveness": EARLY, "/probes/startup": STARTUP},
        "/probes/liveness/initial_delay_seconds",
        {"seconds": 60, "found": 30, "startup_budget": 50},
        {"/probes/liveness/initial_delay_seconds": 60},
    ),
    (
        "probes.one_strike",
        {"/probes/readiness": HASTY},
        "/probes/readiness/timeout_seconds",
        {"timeout": 3, "failures": 3, "probe": "readiness", "found_timeout": 1, "found_failures": 1},
        {"/probes/readiness/timeout_seconds": 3, "/probes/readiness/failure_threshold": 3},
    ),
    (
        "probes.timeout_below_period",
        {"/probes/liveness": SLOW},
        "/probes/liveness/timeout_seconds",
        {"probe": "liveness", "found_timeout": 10, "found_period": 10},
        {"/probes/liveness/timeout_seconds": 3},
    ),
    ("shutdown.sleep", {"/shutdown/sleep_seconds": 9}, "/shutdown/sleep_seconds", {"seconds": 10, "found": 9}, {"/shutdown/sleep_seconds": 10}),
    (
        "shutdown.grace",
        {"/shutdown/grace_seconds": 14},
        "/shutdown/grace_seconds",
        {"above": 5, "found": 14, "sleep": 10},
        {"/shutdown/grace_seconds": 40},
    ),
    ("replicas.least", {"/replicas": 2}, "/replicas", {"replicas": 3, "found": 2}, {"/replicas": 3}),
    (
        "autoscaling.range",
        {"/autoscaling": {**AUTOSCALING, "min": 4}},
        "/replicas",
        {"min": 4, "max": 10, "replicas": 3},
        {"/replicas": 4},
    ),
    (
        "autoscaling.java_memory",
        {"/autoscaling": {**AUTOSCALING, "memory_percent": 80}},
        "/autoscaling/memory_percent",
        {"found": 80},
        {"/autoscaling/memory_percent": None},
    ),
    (
        "resources.best_effort",
        {"/resources/cpu_request": ""},
        "/resources/cpu_request",
        {"resource": "cpu", "request": "", "limit": "2"},
        {"/resources/cpu_request": "1"},
    ),
    (
        "resources.request_below_limit",
        {"/resources/memory_request": "2Gi"},
        "/resources/memory_request",
        {"resource": "memory", "request": "2Gi", "limit": "1536Mi"},
        {"/resources/memory_request": "1536Mi"},
    ),
    (
        "resources.by_importance",
        {"/resources/cpu_request": "199m"},
        "/resources/cpu_request",
        {"cpu": 10, "memory": 1.5, "resource": "cpu", "request": "199m", "limit": "2", "importance": "ordinary"},
        {"/resources/cpu_request": "200m"},
    ),
    (
        "java.heap",
        {"/java/heap": "1281m"},
        "/java/heap",
        {"beside": 256, "found": "1281m", "limit": "1536Mi"},
        {"/java/heap": "1152m"},
    ),
    ("java.gc_threads", {"/java/gc_threads": 8}, "/java/gc_threads", {"found": 8, "wanted": 2, "limit": "2"}, {"/java/gc_threads": 2}),
    ("logs.stdout", {"/log_path": "/var/log/app"}, "/log_path", {"found": "/var/log/app"}, {"/log_path": "stdout"}),
    ("time_zone.set", {"/time_zone": ""}, "/time_zone", {"found": "", "wanted": "Asia/Shanghai"}, {"/time_zone": "Asia/Shanghai"}),
    ("image.tag", {}, "", {"found": "registry:5000/shop/api:latest"}, {}),
]  # fmt: skip
BY_STANDARD = {row[0]: row for row in FIRES}
IMAGE = {"image.tag": "registry:5000/shop/api:latest"}


def test_every_standard_of_the_documentation_is_here() -> None:
    assert [row[0] for row in FIRES] == list(RULES) == [d.id for d in DEFAULTS]
    assert len(RULES) == 18


@pytest.mark.parametrize(("name", "changes", "field", "params", "suggestion"), FIRES, ids=list(BY_STANDARD))
def test_it_fires_with_field_numbers_and_suggestion(
    name: str, changes: dict[str, Any], field: str, params: dict[str, Any], suggestion: dict[str, Any]
) -> None:
    (found,) = judged(changes, name, image=IMAGE.get(name, ""))
    assert (found.standard, found.field, found.params) == (name, field, params)
    assert {change["path"]: change["value"] for change in found.suggestion} == suggestion


@pytest.mark.parametrize("language", ["java", "go"])
@pytest.mark.parametrize("tier", TIERS)
def test_a_document_that_keeps_them_all_has_no_finding(tier: str, language: str) -> None:
    assert judged(tier=tier, language=language, image="r/shop/api:20261121-1") == []


@pytest.mark.parametrize("name", [row[0] for row in FIRES if row[4]])
def test_its_suggestion_satisfies_it_and_all_others(name: str) -> None:
    changes = BY_STANDARD[name][1]
    found = document(changes)
    own = next(one for one in evaluate(found, subject(), standards(level="deny")) if one.standard == name)
    after = evaluate(apply_suggestion(found, own.suggestion), subject(), standards(level="deny"))
    assert after == []


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("name", list(BY_STANDARD))
def test_its_level_is_the_tiers(name: str, tier: str) -> None:
    expected = BY_ID[name].levels[tier]
    found = judged(BY_STANDARD[name][1], name, tier=tier, image=IMAGE.get(name, ""))
    assert [one.level for one in found] == ([] if expected == "off" else [expected])


def test_the_levels_of_production_are_as_hard_as_the_company_wants_them() -> None:
    warned = {d.id for d in DEFAULTS if d.levels["production"] != "deny"}
    assert warned == {"java.gc_threads", "time_zone.set"}
    assert [BY_ID["probes.readiness"].levels[t] for t in TIERS] == ["off", "warn", "warn", "deny"]


@pytest.mark.parametrize(
    ("name", "thresholds", "changes", "fires"),
    [
        ("probes.java_delay", {"seconds": 90}, {}, True),
        ("probes.java_delay", {"seconds": 30}, {"/probes/liveness": EARLY}, False),
        ("shutdown.sleep", {"seconds": 11}, {}, True),
        ("shutdown.sleep", {"seconds": 9}, {"/shutdown/sleep_seconds": 9}, False),
        ("shutdown.grace", {"above": 31}, {}, True),
        ("shutdown.grace", {"above": 30}, {}, False),
        ("replicas.least", {"replicas": 4}, {}, True),
        ("replicas.least", {"replicas": 2}, {"/replicas": 2}, False),
        ("resources.by_importance", {"cpu": 1.99}, {}, True),
        ("resources.by_importance", {"cpu": 2, "memory": 1.5}, {}, False),
        ("resources.by_importance", {"memory": 1.49}, {}, True),
        ("java.heap", {"beside": 513}, {}, True),
        ("java.heap", {"beside": 512}, {}, False),
    ],
)
def test_a_threshold_decides(name: str, thresholds: dict[str, Any], changes: dict[str, Any], fires: bool) -> None:
    rows = standards(name, thresholds={name: thresholds})
    found = evaluate(document(changes), subject(), rows)
    assert bool(found) is fires
    if fires:
        assert {k: found[0].params[k] for k in thresholds} == thresholds


def test_the_values_suggested_for_a_hasty_probe_are_thresholds() -> None:
    rows = standards("probes.one_strike", thresholds={"probes.one_strike": {"timeout": 5, "failures": 4}})
    (found,) = evaluate(document({"/probes/liveness": HASTY}), subject(), rows)
    assert [change["value"] for change in found.suggestion] == [5, 4]


def test_a_standard_of_java_says_nothing_about_go() -> None:
    changes = {"/probes/liveness": EARLY, "/java/heap": "1535m", "/autoscaling": {**AUTOSCALING, "memory_percent": 80}}
    assert {one.standard for one in judged(changes)} == {"probes.java_delay", "java.heap", "autoscaling.java_memory"}
    assert judged(changes, language="go") == []


def test_findings_come_in_the_order_of_the_document_and_denials_first_within_a_field() -> None:
    changes = {
        "/time_zone": "",
        "/replicas": 1,
        "/resources/cpu_request": "3",
        "/probes/liveness": None,
        "/probes/readiness": None,
    }
    rows = standards()
    for row in rows:  # the same field, another level
        if row.id == "resources.by_importance":
            row.levels["production"] = "warn"
    changes["/importance"] = "platform"
    changes["/resources/memory_request"] = "1536Mi"
    found = evaluate(document(changes), subject(image="x"), rows)
    assert [(one.field, one.level, one.standard) for one in found] == [
        ("", "deny", "image.tag"),
        ("/replicas", "deny", "replicas.least"),
        ("/resources/cpu_request", "deny", "resources.request_below_limit"),
        ("/resources/cpu_request", "warn", "resources.by_importance"),
        ("/probes/readiness", "deny", "probes.readiness"),
        ("/probes/liveness", "deny", "probes.liveness"),
        ("/time_zone", "warn", "time_zone.set"),
    ]


def test_a_standard_that_the_code_does_not_know_is_left_out() -> None:
    rows = standards()
    rows[0].id = "probes.of_a_newer_version"
    assert evaluate(document({"/probes/readiness": None}), subject(), rows) == []


def test_a_row_without_a_newer_threshold_takes_the_usual_one() -> None:
    rows = standards("shutdown.sleep")
    rows[0].thresholds = {}
    (found,) = evaluate(document({"/shutdown/sleep_seconds": 9}), subject(), rows)
    assert found.params == {"seconds": 10, "found": 9}
