"""Completing a document: references, order, types, bounds; and that a person's text is never looked at."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from apps.catalog.configuration.computed import complete
from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.validate import normalize
from apps.common.errors import Invalid
from tests.catalog.configuration.samples import refused, subject, whole


def of(members: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": members, "additionalProperties": False}


def completed(members: dict[str, Any], document: dict[str, Any] | None = None) -> dict[str, Any]:
    return complete(document or {}, of(members), subject())


def fields_of(members: dict[str, Any], document: dict[str, Any] | None = None) -> dict[str, Any]:
    with pytest.raises(Invalid) as caught:
        completed(members, document)
    assert caught.value.code == "configuration.not_computable"
    assert caught.value.fields is not None
    return caught.value.fields


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        (3, 3),
        (True, True),
        (None, None),
        ("hosts", "hosts"),
        ("{project}-{environment}", "book-api-online"),
        ("{tier}/{language}/{workload_name}", "production/go/book-api-n1"),
        ("{n}", 5),
        ("n is {n}", "n is 5"),
        ("{inner}", {"deep": [1, 2]}),
        ("{inner.deep.1}", 2),
        (["{n}", {"as": "{project}"}], [5, {"as": "book-api"}]),
        ({"call": "twice", "with": ["{n}"]}, 10),
        ({"call": "twice", "with": [{"call": "at_least", "with": ["{n}", 7]}]}, 14),
        ({"call": "in_tier", "with": ["production", "{n}", 1]}, 5),
        ({"call": "in_tier", "with": ["test", "{n}", 1]}, 1),
        ("a { brace", "a { brace"),
    ],
)
def test_an_expression_becomes(expression: Any, value: Any) -> None:
    members = {"made": {"x-default": expression}, "n": {}, "inner": of({"deep": {}})}
    assert completed(members, {"n": 5, "inner": {"deep": [1, 2]}})["made"] == value


def test_a_reference_to_an_absent_member_computes_that_one_first() -> None:
    members = {
        "a": {"x-default": "{b}"},
        "b": {"x-default": "{c.d}"},
        "c": {**of({"d": {"x-default": 7}}), "x-default": {}},
    }
    assert completed(members) == {"a": 7, "b": 7, "c": {"d": 7}}


def test_a_reference_to_an_object_gives_it_whole() -> None:
    members = {"a": {"x-default": "{c}"}, "c": {**of({"d": {"x-default": 7}}), "x-default": {}}}
    assert completed(members)["a"] == {"d": 7}


def test_inside_null_there_is_null() -> None:
    members = {"a": {"x-default": "{c.d}"}, "c": of({"d": {"x-default": 7}})}
    assert completed(members, {"c": None}) == {"a": None, "c": None}


def test_entries_of_a_list_get_their_absent_members() -> None:
    members = {"list": {"type": "array", "items": of({"name": {}, "value": {"x-default": "of {project}"}})}}
    document = {"list": [{"name": "a"}, {"name": "b", "value": ""}]}
    expected = [{"name": "a", "value": "of book-api"}, {"name": "b", "value": ""}]
    assert completed(members, document) == {"list": expected}


def test_environment_is_the_subjects_and_the_variables_are_named_by_their_entries() -> None:
    entries = {"type": "array", "items": of({"name": {}})}
    members = {"environment": entries, "a": {"x-default": "{environment}"}, "b": {"x-default": "{environment.0.name}"}}
    made = completed(members, {"environment": [{"name": "LEVEL"}]})
    assert (made["a"], made["b"]) == ("online", "LEVEL")


def test_what_is_given_is_neither_changed_nor_shared() -> None:
    document = {"environment": [{"name": "A"}], "ports": [{"name": "http", "port": 9000}]}
    before = copy.deepcopy(document)
    made = complete(document, schema_for("go", "test"), subject("go", "test"))
    made["ports"][0]["port"] = 1
    assert document == before


def test_a_copied_value_is_not_shared_with_what_it_was_copied_from() -> None:
    made = completed({"a": {"x-default": "{b}"}, "b": {}}, {"b": [1]})
    made["a"].append(2)
    assert made["b"] == [1]


def test_a_text_of_a_person_is_a_value_even_where_it_is_copied() -> None:
    members = {"a": {"x-default": "<{b}>"}, "b": {}, "c": {"x-default": "{b}"}}
    made = completed(members, {"b": "{project} {call} {b}"})
    assert made == {"b": "{project} {call} {b}", "a": "<{project} {call} {b}>", "c": "{project} {call} {b}"}


def test_a_default_of_a_default_that_names_a_person_s_text_is_not_read_twice() -> None:
    made = completed(
        {"a": {"x-default": {"call": "in_tier", "with": ["production", "{b}", ""]}}, "b": {}}, {"b": "{tier}"}
    )
    assert made["a"] == "{tier}"


@pytest.mark.parametrize(
    ("members", "document", "place", "code"),
    [
        ({"a": {"x-default": "{b}"}, "b": {}}, {}, "/a", "configuration.reference_is_absent"),
        ({"a": {"x-default": "{b.0}"}, "b": {}}, {"b": []}, "/a", "configuration.reference_is_absent"),
        ({"a": {"x-default": "{b.x}"}, "b": {}}, {"b": [1]}, "/a", "configuration.reference_is_absent"),
        ({"a": {"x-default": "{b.c}"}, "b": {}}, {"b": "text"}, "/a", "configuration.reference_is_absent"),
        ({"a": {"x-default": "x {b}"}, "b": {}}, {"b": []}, "/a", "configuration.not_for_text"),
        ({"a": {"x-default": "x {b}"}, "b": {}}, {"b": None}, "/a", "configuration.not_for_text"),
        ({"a": {"x-default": "{b}"}, "b": {"x-default": "{a}"}}, {}, "/a", "configuration.computed_circle"),
        ({"a": {"x-default": {"call": "twice", "with": [None]}}}, {}, "/a", "configuration.bad_argument"),
        ({"a": {"x-default": {"call": "heap_of", "with": ["1g"]}}}, {}, "/a", "configuration.bad_argument"),
        ({"a": {"x-default": {"call": "heap_of", "with": [""]}}}, {}, "/a", "configuration.no_limit"),
        ({"a": {"x-default": {"call": "part_of", "with": ["1Ki", 3]}}}, {}, "/a", "configuration.not_exact"),
    ],
)
def test_what_cannot_be_computed_is_refused_at_its_place(
    members: dict[str, Any], document: dict[str, Any], place: str, code: str
) -> None:
    found = fields_of(members, document)
    assert {at: [one["code"] for one in ones] for at, ones in found.items()} == {place: [code]}


def test_a_default_that_grows_is_stopped() -> None:
    members = {"big": {}, **{f"m{n}": {"x-default": "{big}"} for n in range(30)}}
    found = fields_of(members, {"big": "x" * 100_000})
    assert [one["code"] for ones in found.values() for one in ones] == ["configuration.computed_too_large"]


def test_doubling_texts_are_stopped_at_the_longest_text() -> None:
    members = {"m0": {"x-default": "x" * 1000}}
    members |= {f"m{n}": {"x-default": f"{{m{n - 1}}}{{m{n - 1}}}"} for n in range(1, 30)}
    assert [one["code"] for one in fields_of(members)["/m7"]] == ["configuration.computed_too_large"]


def test_a_chain_that_was_never_checked_is_stopped_too() -> None:
    members = {f"m{n}": {"x-default": f"{{m{n + 1}}}"} for n in range(500)} | {"m500": {"x-default": 1}}
    codes = [one["code"] for ones in fields_of(members).values() for one in ones]
    assert codes == ["configuration.computed_too_large"]


def test_the_same_document_is_completed_the_same_way_whatever_the_order_of_its_members() -> None:
    document = {"replicas": 4, "resources": {"cpu_request": "2"}, "autoscaling": {}}
    turned = dict(reversed(list(document.items())))
    assert whole(document, "java") == whole(turned, "java")


def test_limits_follow_the_requests_and_java_follows_the_limits() -> None:
    made = whole({"resources": {"cpu_request": "2500m", "memory_request": "4Gi"}}, "java")
    assert made["resources"]["cpu_limit"] == "2500m"
    assert made["resources"]["memory_limit"] == "4Gi"
    assert made["java"] == {"heap": "3g", "gc_threads": 2}


def test_a_burst_is_never_below_the_request() -> None:
    made = whole({"resources": {"cpu_request": "4"}}, "java", "test")
    assert made["resources"]["cpu_limit"] == "4"


def test_an_autoscaler_ranges_around_the_replicas() -> None:
    assert whole({"autoscaling": {}})["autoscaling"] == {"min": 3, "max": 6, "cpu_percent": 70, "memory_percent": None}
    none = whole({"autoscaling": {}, "replicas": 0})["autoscaling"]
    assert (none["min"], none["max"]) == (1, 2)
    assert whole({"autoscaling": {}, "replicas": 150})["autoscaling"]["max"] == 200


@pytest.mark.parametrize(
    ("replicas", "tier", "disruption"), [(1, "production", None), (2, "production", 1), (5, "test", None)]
)
def test_disruption_is_for_production_with_two_and_more_replicas(
    replicas: int, tier: str, disruption: int | None
) -> None:
    expected = None if disruption is None else {"max_unavailable": disruption}
    assert whole({"replicas": replicas}, "go", tier)["disruption"] == expected


def test_probes_ask_the_first_port() -> None:
    made = whole({"ports": [{"name": "web", "port": 9000}, {"name": "admin", "port": 9001}]})
    assert made["probes"]["readiness"]["port"] == made["probes"]["liveness"]["port"] == 9000


def test_a_service_without_ports_must_say_what_its_probes_ask() -> None:
    with pytest.raises(Invalid) as caught:
        whole({"ports": []})
    assert caught.value.fields == {
        "/probes/readiness": [
            {
                "code": "configuration.reference_is_absent",
                "params": {"name": "probes.readiness", "reference": "ports.0.port"},
            }
        ]
    }
    assert whole({"ports": [], "probes": {"readiness": None, "liveness": None}})["ports"] == []


def test_a_java_heap_without_a_limit_must_be_entered() -> None:
    unlimited = {"resources": {"memory_limit": "", "cpu_limit": ""}}
    with pytest.raises(Invalid) as caught:
        whole(unlimited, "java")
    expected = {"code": "configuration.no_limit", "params": {"name": "java.heap", "function": "heap_of"}}
    assert caught.value.fields == {"/java/heap": [expected]}
    assert whole({**unlimited, "java": {"heap": "1g", "gc_threads": 4}}, "java")["java"]["heap"] == "1g"


def test_a_fault_of_the_schema_shows_as_one() -> None:
    schema = schema_for("go", "test")
    schema["properties"]["replicas"]["x-default"] = 201
    assert refused(normalize, {}, schema, subject()) == ("configuration.default_refused", {"places": ["/replicas"]})


def test_what_a_person_entered_stays_the_persons_fault_after_completion() -> None:
    probe = {"type": "tcp", "port": 81}
    with pytest.raises(Invalid) as caught:
        whole({"probes": {"readiness": probe}})
    assert caught.value.code == "invalid"
    assert caught.value.fields is not None
    assert list(caught.value.fields) == ["/probes/readiness/port"]
