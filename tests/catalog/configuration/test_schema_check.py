"""What may not be saved as a schema: each refusal with its place and what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.configuration import patterns
from apps.catalog.configuration.expressions import check_expressions
from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.schema_check import check_schema
from apps.catalog.configuration.shape import shape_problems
from tests.catalog.configuration.samples import refused

TEXT: dict[str, Any] = {"type": "string", "maxLength": 40}


def of(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "additionalProperties": False}


def default(expression: Any, **others: Any) -> dict[str, Any]:
    return of(a={**TEXT, "x-default": expression}, **others)


def chain(length: int) -> dict[str, Any]:
    return of(**{f"m{n}": {"x-default": f"{{m{n + 1}}}"} for n in range(length)}, **{f"m{length}": {"x-default": 1}})


BAD_EXPRESSIONS = [
    ({"call": "thrice", "with": [1]}, "configuration.unknown_function", "/properties/a/x-default/call", "thrice"),
    ({"call": "twice", "with": []}, "configuration.wrong_arguments", "/properties/a/x-default/with", "twice"),
    ({"call": "twice", "with": [1, 2]}, "configuration.wrong_arguments", "/properties/a/x-default/with", "twice"),
    ({"call": "in_tier", "with": [1]}, "configuration.wrong_arguments", "/properties/a/x-default/with", "in_tier"),
    (
        {"call": "in_tier", "with": ["prod", 1, 2]},
        "configuration.unknown_tier_in_call",
        "/properties/a/x-default/with/0",
        "prod",
    ),
    ({"call": "twice"}, "configuration.bad_call", "/properties/a/x-default", "twice"),
    ({"call": "twice", "with": [1], "or": 2}, "configuration.bad_call", "/properties/a/x-default", "twice"),
    ({"call": ["twice"], "with": [1]}, "configuration.bad_call", "/properties/a/x-default", "['twice']"),
    ({"call": "twice", "with": "1"}, "configuration.bad_call", "/properties/a/x-default", "twice"),
    (["x", {"call": "no", "with": []}], "configuration.unknown_function", "/properties/a/x-default/1/call", "no"),
    ("{b}", "configuration.reference_to_nothing", "/properties/a/x-default", "b"),
    ("x {} y", "configuration.reference_to_nothing", "/properties/a/x-default", ""),
    ("{project.name}", "configuration.reference_to_nothing", "/properties/a/x-default", "project.name"),
    ({"k": "{no.such}"}, "configuration.reference_to_nothing", "/properties/a/x-default", "no.such"),
    ({"call": "twice", "with": ["{b}"]}, "configuration.reference_to_nothing", "/properties/a/x-default", "b"),
    ("{a}", "configuration.circle", "/properties/a/x-default", "a → a"),
    ("{a.b}", "configuration.reference_to_nothing", "/properties/a/x-default", "a.b"),
]


@pytest.mark.parametrize(("expression", "code", "path", "what"), BAD_EXPRESSIONS)
def test_a_default_that_cannot_be_computed_is_refused_at_saving(
    expression: Any, code: str, path: str, what: str
) -> None:
    found, params = refused(check_schema, default(expression))
    assert (found, params["path"], params["what"]) == (code, path, what)


@pytest.mark.parametrize(
    "schema",
    [
        of(a={"x-default": "{b}"}, b={"x-default": "{a}"}),
        of(a={"x-default": "{b}"}, b={"x-default": {"call": "twice", "with": ["{c}"]}}, c={"x-default": "x{a}"}),
        of(a={**of(b={"x-default": "{a}"}), "x-default": {}}),
        of(a={**of(b={"x-default": 1}), "x-default": {"b": "{a.b}"}}),
        of(a={**of(b={"x-default": "{c}"}), "x-default": {}}, c={"x-default": "{a}"}),
        of(a={"items": of(b={"x-default": "{c}"}), "x-default": []}, c={"x-default": "{a.0}"}),
    ],
)
def test_a_circle_is_refused_at_saving(schema: dict[str, Any]) -> None:
    assert refused(check_schema, schema)[0] == "configuration.circle"


def test_a_long_chain_is_refused_and_a_shorter_one_is_not() -> None:
    check_expressions(chain(35))
    assert refused(check_expressions, chain(60))[0] == "configuration.chain_too_long"


def test_a_deep_expression_is_refused() -> None:
    expression: Any = 1
    for _ in range(11):
        expression = {"call": "twice", "with": [expression]}
    assert refused(check_schema, default(expression))[0] == "configuration.expression_too_deep"


def test_members_that_meet_twice_are_no_circle() -> None:
    check_schema(of(a={"x-default": "{b}{c}"}, b={"x-default": "{d}"}, c={"x-default": "{d}"}, d={"x-default": "x"}))


def test_a_default_that_nothing_completes_is_refused() -> None:
    labels = {"type": "object", "additionalProperties": {**TEXT, "x-default": "x"}}
    code, params = refused(check_schema, of(a=labels))
    assert (code, params["path"]) == (
        "configuration.default_unreachable",
        "/properties/a/additionalProperties/x-default",
    )
    words = {"type": "array", "maxItems": 2, "items": {**TEXT, "x-default": "x"}}
    assert refused(check_schema, of(a=words))[0] == "configuration.default_unreachable"
    assert refused(check_schema, {**of(a=TEXT), "x-default": {}})[0] == "configuration.default_unreachable"


BAD_SCHEMAS = [
    ({**of(a=TEXT), "$schema": "http://json-schema.org/draft-07/schema#"}, "configuration.other_draft", "/$schema"),
    (of(a={"type": "text"}), "configuration.schema_unsound", "/properties/a/type"),
    (of(a={"type": "string", "maxLength": -1}), "configuration.schema_unsound", "/properties/a/maxLength"),
    (of(a=[]), "configuration.schema_unsound", "/properties/a"),
    ({"type": "array", "maxItems": 1}, "configuration.schema_no_object", "/type"),
    ({}, "configuration.schema_no_object", "/type"),
    (of(a={"$ref": "https://example.com/x.json"}), "configuration.schema_reference", "/properties/a/$ref"),
    (of(a={"$ref": "#/properties/a"}), "configuration.schema_reference", "/properties/a/$ref"),
    (of(a={"$dynamicRef": "#x"}), "configuration.schema_reference", "/properties/a/$dynamicRef"),
    (of(a={**TEXT, "maxLenght": 3}), "configuration.schema_unknown_word", "/properties/a/maxLenght"),
    (of(a={"anyOf": [TEXT]}), "configuration.schema_unknown_word", "/properties/a/anyOf"),
    (of(a={"type": "array", "items": {"not": {}}}), "configuration.schema_unknown_word", "/properties/a/items/not"),
    (of(**{"a.b": TEXT}), "configuration.schema_bad_name", "/properties/a.b"),
    (of(a=True), "configuration.schema_no_part", "/properties/a"),
    (of(a={**TEXT, "format": "email"}), "configuration.schema_unknown_format", "/properties/a/format"),
    (
        of(a={"type": "object", "properties": {}}),
        "configuration.schema_open_object",
        "/properties/a/additionalProperties",
    ),
    (of(a={"type": ["object", "null"]}), "configuration.schema_open_object", "/properties/a/additionalProperties"),
    (
        of(a={"type": "object", "additionalProperties": True}),
        "configuration.schema_open_object",
        "/properties/a/additionalProperties",
    ),
    (of(a={**TEXT, "pattern": "^(a"}), "configuration.schema_unsound", "/properties/a/pattern"),
    (of(a={"type": "string", "pattern": "^a$"}), "configuration.pattern_needs_length", "/properties/a/pattern"),
    (of(a={**TEXT, "pattern": "^(a+)+$"}), "configuration.pattern_unbounded", "/properties/a/pattern"),
    (of(**{f"m{n}": TEXT for n in range(2001)}), "configuration.schema_too_many_parts", None),
    (of(a={**TEXT, "title": "x" * 300_000}), "configuration.too_big", None),
    ([], "configuration.not_an_object", None),
]


@pytest.mark.parametrize(("schema", "code", "path"), BAD_SCHEMAS)
def test_a_schema_that_must_not_be_saved_is_refused_with_its_place(schema: Any, code: str, path: str | None) -> None:
    found, params = refused(check_schema, schema)
    assert found == code
    assert path is None or params["path"] == path


def test_a_deep_schema_is_refused() -> None:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False}
    for _ in range(30):
        schema = of(a=schema)
    assert refused(check_schema, schema)[0] == "configuration.too_deep"


@pytest.mark.parametrize(
    "pattern",
    ["^[a-z]+$", "^a{2,5}-[0-9]{3}$", r"^\d+\.\d+\.\d+$", "^[a-z]([-a-z]*[a-z])?$", r"^[]+(*]\*$", "^(?:a|b)x$"],
)
def test_an_expression_with_a_bound_that_can_be_seen_is_let_through(pattern: str) -> None:
    assert patterns.fault_of(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "code"),
    [
        ("^" + "a" * 200, "configuration.pattern_too_long"),
        ("^(a", "configuration.pattern_unparsable"),
        ("^a{2,1}", "configuration.pattern_unparsable"),
        ("a", "configuration.pattern_not_anchored"),
        ("^a|b*c*d*", "configuration.pattern_not_anchored"),
        ("^(a+)+$", "configuration.pattern_unbounded"),
        ("^(a|a)*$", "configuration.pattern_unbounded"),
        ("^(a*){9}$", "configuration.pattern_unbounded"),
        ("^(a*){2,}$", "configuration.pattern_unbounded"),
        ("^(?:a)+", "configuration.pattern_unbounded"),
        ("^a*a*a*a*b$", "configuration.pattern_unbounded"),
        (r"^(a)\1$", "configuration.pattern_unbounded"),
        ("^(?=a)a$", "configuration.pattern_unbounded"),
        ("^(?P<x>a)$", "configuration.pattern_unbounded"),
        ("^a{99999}$", "configuration.pattern_unbounded"),
    ],
)
def test_an_expression_that_could_run_for_ever_is_refused(pattern: str, code: str) -> None:
    assert patterns.fault_of(pattern) == code


def test_an_expression_is_not_run_on_a_text_that_is_too_long_anyway() -> None:
    schema = of(a={**TEXT, "pattern": "^[a-z]*[a-z]*[a-z]*!$"})
    found = shape_problems({"a": "a" * 1_000_000}, schema)
    assert [one["code"] for one in found["/a"]] == ["configuration.too_long"]


def test_a_text_below_a_schemas_least_length_is_refused() -> None:
    found = shape_problems({"a": "x"}, of(a={**TEXT, "minLength": 2}))
    assert found == {"/a": [{"code": "configuration.too_short", "params": {"name": "a", "limit": 2}}]}


def test_an_expression_is_run_on_a_text_of_the_allowed_length() -> None:
    schema = of(a={**TEXT, "pattern": "^[a-z]+$"})
    assert shape_problems({"a": "abc"}, schema) == {}
    expected = [{"code": "configuration.against_rule", "params": {"name": "a", "rule": "pattern"}}]
    for text in ("ABC", "abc\n"):
        assert shape_problems({"a": text}, schema) == {"/a": expected}
    assert shape_problems({"a": "１"}, of(a={**TEXT, "pattern": r"^\d$"})) == {"/a": expected}


def test_the_portals_own_schema_is_not_spoilt_by_the_check() -> None:
    schema = schema_for("java", "production")
    check_schema(schema)
    assert schema == schema_for("java", "production")
