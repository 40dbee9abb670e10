"""The edges of single standards: D30, kinds of workload, importance, quantities that are none."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.standards.findings import apply_suggestion, evaluate
from apps.catalog.standards.look import Subject
from tests.catalog.standards.documents import AUTOSCALING, PROBE, document, judged, satisfied, standards, subject


def seen(changes: dict[str, Any], *only: str, **who: Any) -> list[tuple[str, str]]:
    return [(one.standard, one.field) for one in judged(changes, *only, **who)]


def suggested(changes: dict[str, Any], *only: str, **who: Any) -> dict[str, Any]:
    (found,) = judged(changes, *only, **who)
    return {change["path"]: change["value"] for change in found.suggestion}


class TestProbes:
    def test_a_probe_of_one_second_and_one_failure_is_refused(self) -> None:
        hasty = {**PROBE, "timeout_seconds": 1, "failure_threshold": 1}
        (found,) = judged({"/probes/startup": hasty})
        assert (found.standard, found.level, found.field) == (
            "probes.one_strike",
            "deny",
            "/probes/startup/timeout_seconds",
        )

    @pytest.mark.parametrize(("timeout", "failures"), [(1, 2), (2, 1), (3, 3)])
    def test_a_probe_with_a_second_chance_is_not(self, timeout: int, failures: int) -> None:
        assert judged({"/probes/liveness": {**PROBE, "timeout_seconds": timeout, "failure_threshold": failures}}) == []

    @pytest.mark.parametrize(
        ("delay", "period", "failures", "fires"), [(0, 10, 6, False), (10, 10, 5, False), (9, 10, 5, True)]
    )
    def test_a_start_up_probe_of_sixty_seconds_satisfies_the_delay(
        self, delay: int, period: int, failures: int, fires: bool
    ) -> None:
        startup = {
            **PROBE,
            "initial_delay_seconds": delay,
            "period_seconds": period,
            "failure_threshold": failures,
        }
        changes = {"/probes/liveness/initial_delay_seconds": 0, "/probes/startup": startup}
        assert bool(judged(changes)) is fires

    @pytest.mark.parametrize("workload", ["worker", "cron"])
    def test_what_has_no_port_needs_no_probe(self, workload: str) -> None:
        changes = {"/workload": workload, "/ports": [], "/probes/liveness": None, "/probes/readiness": None}
        assert judged(changes) == []

    def test_a_probe_that_a_worker_has_is_judged(self) -> None:
        by_command = {**PROBE, "type": "exec", "command": ["check"], "timeout_seconds": 20}
        changes = {"/workload": "worker", "/probes/liveness": by_command}
        assert seen(changes) == [("probes.timeout_below_period", "/probes/liveness/timeout_seconds")]
        assert seen({**changes, "/workload": "cron"}) == []

    def test_a_missing_probe_asks_as_the_other_one_does(self) -> None:
        by_command = {"type": "exec", "command": ["check", "--fast"], "initial_delay_seconds": 0}
        changes = {"/probes/readiness": by_command, "/probes/liveness": None, "/ports": []}
        (value,) = suggested(changes, language="go").values()
        assert (value["type"], value["command"], "port" in value) == ("exec", ["check", "--fast"], False)

    def test_without_probe_and_port_there_is_nothing_to_suggest(self) -> None:
        changes = {"/probes/readiness": None, "/probes/liveness": None, "/ports": []}
        assert [(one.standard, one.suggestion) for one in judged(changes)] == [
            ("probes.readiness", []),
            ("probes.liveness", []),
        ]

    def test_a_suggested_liveness_probe_for_java_begins_late_enough(self) -> None:
        changes = {"/probes/liveness": None}
        assert suggested(changes) == {"/probes/liveness": {**PROBE, "initial_delay_seconds": 60}}
        assert suggested(changes, language="go") == {"/probes/liveness": {**PROBE, "initial_delay_seconds": 10}}

    @pytest.mark.parametrize(
        ("timeout", "period", "expected"),
        [
            (10, 10, {"timeout_seconds": 3}),
            (4, 4, {"timeout_seconds": 3}),
            (3, 3, {"period_seconds": 10}),
            (2, 1, {"period_seconds": 10}),
            (30, 2, {"timeout_seconds": 3, "period_seconds": 10}),
        ],
    )
    def test_a_time_limit_falls_below_the_period_and_never_to_one_second(
        self, timeout: int, period: int, expected: dict[str, int]
    ) -> None:
        changes = {"/probes/liveness": {**PROBE, "timeout_seconds": timeout, "period_seconds": period}}
        assert suggested(changes) == {f"/probes/liveness/{name}": value for name, value in expected.items()}


class TestShutdown:
    def test_a_worker_waits_only_when_it_leaves_a_registry(self) -> None:
        changes = {"/workload": "worker", "/shutdown/sleep_seconds": 0}
        assert judged(changes) == []
        assert seen({**changes, "/shutdown/deregister": ["leave"]}) == [("shutdown.sleep", "/shutdown/sleep_seconds")]
        assert judged({"/workload": "cron", "/shutdown/sleep_seconds": 0, "/shutdown/grace_seconds": 0}) == []

    def test_a_longer_wait_takes_the_grace_period_along(self) -> None:
        changes = {"/shutdown": {"deregister": [], "sleep_seconds": 5, "grace_seconds": 12}}
        assert suggested(changes) == {"/shutdown/sleep_seconds": 10, "/shutdown/grace_seconds": 40}


class TestReplicas:
    def test_of_an_autoscaler_the_minimum_counts(self) -> None:
        changes = {"/replicas": 2, "/autoscaling": {**AUTOSCALING, "min": 2}}
        assert seen(changes) == [("replicas.least", "/autoscaling/min")]
        assert suggested(changes) == {"/autoscaling/min": 3, "/replicas": 3}

    def test_a_service_that_is_stopped_needs_none(self) -> None:
        assert judged({"/replicas": 0}) == []
        assert seen({"/replicas": 1}) == [("replicas.least", "/replicas")]

    def test_a_cron_job_has_neither(self) -> None:
        changes = {"/workload": "cron", "/replicas": 1, "/autoscaling": {**AUTOSCALING, "memory_percent": 80}}
        assert judged(changes) == []
        assert seen({**changes, "/workload": "worker", "/autoscaling": None}) == [("replicas.least", "/replicas")]

    @pytest.mark.parametrize(
        ("low", "high", "now", "expected"),
        [
            (3, 3, 3, {"/autoscaling/max": 6}),
            (5, 4, 5, {"/autoscaling/max": 10}),
            (3, 10, 11, {"/replicas": 10}),
            (150, 150, 150, {"/autoscaling/max": 200}),
            (200, 200, 200, {"/autoscaling/min": 100, "/autoscaling/max": 200}),
        ],
    )
    def test_a_range_has_something_to_choose_from(
        self, low: int, high: int, now: int, expected: dict[str, int]
    ) -> None:
        changes = {"/replicas": now, "/autoscaling": {**AUTOSCALING, "min": low, "max": high}}
        assert suggested(changes) == expected

    def test_an_autoscaler_without_its_only_target_gets_another(self) -> None:
        changes = {"/autoscaling": {**AUTOSCALING, "cpu_percent": None, "memory_percent": 80}}
        assert suggested(changes) == {"/autoscaling/memory_percent": None, "/autoscaling/cpu_percent": 70}


class TestResources:
    @pytest.mark.parametrize("importance", ["platform", "important"])
    def test_what_others_depend_on_is_guaranteed(self, importance: str) -> None:
        found = judged({"/importance": importance})
        assert [(one.standard, one.field, one.suggestion) for one in found] == [
            (
                "resources.by_importance",
                "/resources/cpu_request",
                [{"path": "/resources/cpu_request", "value": "2"}],
            ),
            (
                "resources.by_importance",
                "/resources/memory_request",
                [{"path": "/resources/memory_request", "value": "1536Mi"}],
            ),
        ]
        alike = {"/importance": importance, "/resources/cpu_request": "2000m", "/resources/memory_request": "1.5Gi"}
        assert judged(alike) == []

    @pytest.mark.parametrize(("request_", "fires"), [("1Gi", False), ("1023Mi", True)])
    def test_ordinary_memory_is_overcommitted_by_half_at_most(self, request_: str, fires: bool) -> None:
        assert bool(judged({"/resources/memory_request": request_})) is fires

    def test_a_limit_that_is_missing_is_unbounded(self) -> None:
        assert suggested({"/resources/cpu_limit": ""}, "resources.by_importance") == {"/resources/cpu_limit": "2"}
        assert suggested({"/resources/memory_limit": ""}, "resources.by_importance") == {
            "/resources/memory_limit": "1536Mi"
        }

    def test_a_new_limit_takes_heap_and_collector_threads_along(self) -> None:
        resources = {"cpu_request": "4", "cpu_limit": "", "memory_request": "512Mi", "memory_limit": ""}
        cpu, memory = judged({"/resources": resources})
        assert {c["path"]: c["value"] for c in cpu.suggestion} == {
            "/resources/cpu_limit": "8",
            "/java/gc_threads": 8,
        }
        assert {c["path"]: c["value"] for c in memory.suggestion} == {
            "/resources/memory_limit": "768Mi",
            "/java/heap": "512m",
        }

    def test_nothing_set_is_made_whole_by_one_suggestion_each(self) -> None:
        nothing = {"cpu_request": "", "cpu_limit": "", "memory_request": "", "memory_limit": ""}
        cpu, memory = judged({"/resources": nothing}, language="go")
        assert {c["path"]: c["value"] for c in cpu.suggestion} == {
            "/resources/cpu_request": "500m",
            "/resources/cpu_limit": "1",
        }
        assert {c["path"]: c["value"] for c in memory.suggestion} == {
            "/resources/memory_request": "512Mi",
            "/resources/memory_limit": "768Mi",
        }

    def test_a_quantity_of_zero_is_not_set(self) -> None:
        assert seen({"/resources/cpu_request": "0"}) == [("resources.best_effort", "/resources/cpu_request")]
        found = judged({"/resources/cpu_limit": "0"}, "resources.request_below_limit")
        assert found[0].suggestion == [{"path": "/resources/cpu_limit", "value": "1"}]

    @pytest.mark.parametrize("bad", ["1x", "a lot", "9" * 5000, "-1", "1e3", "٣Gi", "0.00001"])
    def test_what_is_no_quantity_is_skipped(self, bad: str) -> None:
        names = ("cpu_request", "cpu_limit", "memory_request", "memory_limit")
        assert judged({"/resources": dict.fromkeys(names, bad)}) == []
        assert judged({"/resources/memory_limit": bad, "/resources/cpu_limit": bad}) == []
        assert judged({"/java/heap": bad}) == []


class TestJava:
    def test_a_limit_too_small_for_any_heap_is_raised(self) -> None:
        small = {"/resources/memory_request": "256Mi", "/resources/memory_limit": "256Mi", "/java/heap": "64m"}
        assert suggested(small) == {
            "/resources/memory_limit": "512Mi",
            "/resources/memory_request": "342Mi",
        }

    def test_a_heap_as_large_as_its_limit_shrinks_to_three_quarters(self) -> None:
        assert suggested({"/java/heap": "1536m"}) == {"/java/heap": "1152m"}

    def test_beside_a_small_heap_the_room_counts_not_the_quarter(self) -> None:
        small = {"/resources/memory_request": "512Mi", "/resources/memory_limit": "512Mi", "/java/heap": "384m"}
        assert suggested(small) == {"/java/heap": "256m"}

    @pytest.mark.parametrize(("limit", "threads"), [("500m", 1), ("1900m", 1), ("2", 2), ("3500m", 3)])
    def test_collector_threads_are_whole_cores_and_at_least_one(self, limit: str, threads: int) -> None:
        changes = {"/resources/cpu_request": limit, "/resources/cpu_limit": limit}
        assert judged({**changes, "/java/gc_threads": threads}) == []
        assert suggested({**changes, "/java/gc_threads": 9}) == {"/java/gc_threads": threads}

    def test_a_heap_that_the_image_chooses_is_left_alone(self) -> None:
        assert judged({"/java/heap": ""}) == []


class TestOther:
    @pytest.mark.parametrize(
        ("image", "fires"),
        [
            ("", False),
            ("r/api", True),
            ("r/api:latest", True),
            ("r:5000/api", True),
            ("r:5000/api:20261121-1", False),
            ("r/api@sha256:" + "a" * 64, False),
            ("r/api:latest@sha256:" + "a" * 64, False),
        ],
    )
    def test_an_image_that_may_move_is_refused(self, image: str, fires: bool) -> None:
        assert [one.standard for one in judged(image=image)] == (["image.tag"] if fires else [])

    @pytest.mark.parametrize("path", ["", "stdout"])
    def test_standard_output_is_where_logs_go(self, path: str) -> None:
        assert judged({"/log_path": path}) == []

    def test_another_time_zone_than_the_companys_is_noticed(self) -> None:
        assert suggested({"/time_zone": "UTC"}) == {"/time_zone": "Asia/Shanghai"}
        abroad = Subject("p", "e", "production", "go", "w", company_zone="UTC")
        assert satisfied(document(), abroad, standards())[0]["time_zone"] == "UTC"


class TestShapes:
    @pytest.mark.parametrize("odd", [None, 7, "x", [], [None], {}, {"x": {}}, True, -1, 1.5])
    @pytest.mark.parametrize(
        "path",
        ["/probes", "/probes/liveness", "/autoscaling", "/resources", "/java", "/shutdown", "/ports", "/replicas"],
    )
    def test_what_has_no_shape_is_never_an_error(self, path: str, odd: Any) -> None:
        assert isinstance(judged({path: odd}, image="x"), list)

    def test_an_empty_document_is_judged_too(self) -> None:
        assert [one.standard for one in evaluate({}, subject(), standards())] == [
            "resources.best_effort",
            "resources.best_effort",
            "probes.readiness",
            "probes.liveness",
            "time_zone.set",
        ]

    def test_taking_a_suggestion_leaves_the_document_as_it_was(self) -> None:
        before = document({"/probes/liveness": None})
        after = apply_suggestion(before, [{"path": "/probes/liveness/period_seconds", "value": 5}])
        assert (before["probes"]["liveness"], after["probes"]["liveness"]) == (None, {"period_seconds": 5})
        assert before["probes"]["readiness"] is after["probes"]["readiness"]

    @pytest.mark.parametrize("path", ["", "replicas", "/replicas/0", "/ports/0/port"])
    def test_a_pointer_that_leads_nowhere_is_refused(self, path: str) -> None:
        with pytest.raises(ValueError, match=r"pointer|object"):
            apply_suggestion(document(), [{"path": path, "value": 1}])
