"""The schema: closed, with words for everything, and with defaults that satisfy the standards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from apps.catalog.configuration import quantities
from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.schema_check import check_schema
from apps.catalog.configuration.validate import check_shape, normalize
from apps.common.messages import catalogue
from tests.catalog.configuration.samples import LANGUAGES, TIERS, refused, subject, whole

EVERY = [(language, tier) for language in LANGUAGES for tier in TIERS]
MEMBERS = (
    "workload",
    "importance",
    "replicas",
    "autoscaling",
    "resources",
    "ports",
    "exposure",
    "probes",
    "shutdown",
    "command",
    "args",
    "environment",
    "secrets",
    "pull_secret",
    "files",
    "hosts",
    "log_path",
    "time_zone",
    "placement",
    "disruption",
    "schedule",
    "pre_rollout",
    "sidecar",
)


def parts(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for key in ("properties", "items", "additionalProperties", "propertyNames"):
            inner = schema.get(key)
            for part in (inner or {}).values() if key == "properties" else [inner]:
                yield from parts(part)


@pytest.mark.parametrize("workload", ["service", "worker", "cron"])
@pytest.mark.parametrize(("language", "tier"), EVERY)
def test_every_schema_may_be_saved(language: str, tier: str, workload: str) -> None:
    check_schema(schema_for(language, tier, workload))


@pytest.mark.parametrize("language", [*LANGUAGES, "rust"])
def test_a_document_has_exactly_the_members_of_the_contract_and_java_one_more(language: str) -> None:
    members = schema_for(language, "production")["properties"].keys()
    assert members == {*MEMBERS, *(["java"] if language == "java" else [])}


def test_no_object_takes_members_it_does_not_know_but_the_map_of_labels() -> None:
    objects = [part for part in parts(schema_for("java", "test")) if "object" in part.get("type", "")]
    objects += [part for part in parts(schema_for("java", "test")) if part.get("type") == ["object", "null"]]
    open_ones = [part["title"] for part in objects if part["additionalProperties"] is not False]
    assert len(objects) > 15
    assert set(open_ones) == {"configuration.placement.node_labels"}


def test_every_text_list_and_number_has_a_limit() -> None:
    for part in parts(schema_for("java", "test")):
        kind = part.get("type")
        if kind == "string":
            assert "maxLength" in part or "enum" in part or part == {"format": "label-key"}, part
        elif kind == "array":
            assert "maxItems" in part, part
        elif kind in ("integer", ["integer", "null"]):
            assert {"minimum", "maximum"} <= part.keys(), part


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_label_help_group_unit_and_choice_has_its_words(language: str) -> None:
    words, wanted = catalogue(language), set()
    for part in parts(schema_for("java", "test")):
        if "title" in part:
            wanted |= {part["title"], part["description"], part.get("x-group"), part.get("x-unit")}
            wanted |= {f"{part['title']}.{value}" for value in part.get("enum", []) if value}
    assert len(wanted) > 150
    assert wanted - words.keys() - {None} == set()


def test_every_member_stands_in_a_section_of_the_form() -> None:
    assert all("x-group" in member for member in schema_for("java", "test")["properties"].values())


@pytest.mark.parametrize(("language", "tier"), EVERY)
def test_nothing_entered_becomes_a_whole_document_that_stays_what_it_is(language: str, tier: str) -> None:
    schema = schema_for(language, tier)
    document = normalize({}, schema, subject(language, tier))
    check_shape(document, schema)
    assert document.keys() == schema["properties"].keys()
    assert normalize(document, schema, subject(language, tier)) == document


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_entered_satisfies_every_standard_of_production(language: str) -> None:
    document = whole({}, language)
    for name in ("readiness", "liveness"):
        probe = document["probes"][name]
        assert probe["timeout_seconds"] >= 3
        assert probe["failure_threshold"] >= 3
        assert probe["timeout_seconds"] < probe["period_seconds"]
    assert language != "java" or document["probes"]["liveness"]["initial_delay_seconds"] >= 60
    assert document["shutdown"]["sleep_seconds"] >= 10
    assert document["shutdown"]["grace_seconds"] > document["shutdown"]["sleep_seconds"] + 5
    assert document["replicas"] >= 3
    assert document["disruption"] == {"max_unavailable": 1}
    assert document["log_path"] in ("", "stdout")
    assert document["time_zone"] == "Asia/Shanghai"
    if language == "java":
        beside = quantities.memory(document["resources"]["memory_limit"]) - quantities.java_size(
            document["java"]["heap"]
        )
        assert beside >= 256 * quantities.MIB
        assert document["java"]["gc_threads"] == int(quantities.cpu(document["resources"]["cpu_limit"]))


@pytest.mark.parametrize("tier", ["staging", "production"])
@pytest.mark.parametrize("importance", ["platform", "important", "ordinary"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_requests_equal_limits_for_every_importance(language: str, importance: str, tier: str) -> None:
    resources = whole({"importance": importance}, language, tier)["resources"]
    assert resources["cpu_request"] == resources["cpu_limit"] != ""
    assert resources["memory_request"] == resources["memory_limit"] != ""


@pytest.mark.parametrize(("language", "tier"), EVERY)
def test_an_ordinary_workload_overcommits_within_the_standard(language: str, tier: str) -> None:
    resources = whole({}, language, tier)["resources"]
    assert 1 <= quantities.cpu(resources["cpu_limit"]) / quantities.cpu(resources["cpu_request"]) <= 10
    assert 1 <= quantities.memory(resources["memory_limit"]) / quantities.memory(resources["memory_request"]) <= 1.5


def test_java_gets_its_figures() -> None:
    production, test = whole({}, "java"), whole({}, "java", "test")
    equal = {"cpu_request": "1", "cpu_limit": "1", "memory_request": "1Gi", "memory_limit": "1Gi"}
    assert production["resources"] == equal
    assert production["java"] == {"heap": "768m", "gc_threads": 1}
    assert (test["replicas"], test["disruption"], test["java"]) == (1, None, {"heap": "512m", "gc_threads": 1})
    modest = {"cpu_request": "250m", "cpu_limit": "1", "memory_request": "768Mi", "memory_limit": "768Mi"}
    assert test["resources"] == modest


@pytest.mark.parametrize("tier", TIERS)
def test_a_worker_has_no_ports_and_no_probes_and_a_cron_needs_a_schedule(tier: str) -> None:
    worker = whole({"workload": "worker"}, "go", tier)
    nothing = {"readiness": None, "liveness": None, "startup": None}
    assert (worker["ports"], worker["probes"]) == ([], nothing)
    cron = whole({"workload": "cron", "schedule": "30 3 * * *"}, "java", tier)
    assert (cron["ports"], cron["probes"], cron["replicas"], cron["disruption"]) == ([], nothing, 1, None)


def test_a_tier_or_a_kind_of_workload_that_does_not_exist_is_refused() -> None:
    assert refused(schema_for, "go", "prod")[0] == "configuration.unknown_tier"
    assert refused(schema_for, "go", "production", "job")[0] == "configuration.unknown_workload"


def test_a_schema_is_nobody_elses() -> None:
    schema_for("go", "test")["properties"]["replicas"]["maximum"] = 1
    assert schema_for("go", "test")["properties"]["replicas"]["maximum"] == 200
