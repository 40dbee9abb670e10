"""Whether a schema may be saved: a sound JSON Schema of the words we use, bounded, closed, with computable defaults.

Every refusal is Invalid with `path` (JSON pointer into the schema) and what is wrong. Must not: fetch anything: there
is no `$ref`, neither to the outside nor inside.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from jsonschema import Draft202012Validator, SchemaError

from apps.catalog.configuration import patterns
from apps.catalog.configuration.bounds import check_bounds
from apps.catalog.configuration.expressions import check_expressions
from apps.catalog.configuration.formats import FORMATS
from apps.catalog.configuration.pointers import Place, pointer
from apps.catalog.configuration.schema import DRAFT
from apps.common.errors import Invalid

LARGEST, DEEPEST, MOST_PARTS = 256 * 1024, 40, 2000
_INSIDE = ("items", "additionalProperties", "propertyNames")
_ABOUT = {"$schema", "title", "description", "x-group", "x-unit", "x-default"}
_NUMBERS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"}
_LENGTHS = {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
_SHAPES = {"type", "enum", "const", "required", "pattern", "format", "properties", *_INSIDE}
KEYWORDS = _ABOUT | _NUMBERS | _LENGTHS | _SHAPES
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_REFERENCES = ("$ref", "$dynamicRef", "$recursiveRef")


def check_schema(schema: Any) -> None:
    """Raise Invalid (code, path, what) for a schema that must not be saved."""
    check_bounds(schema, largest=LARGEST, deepest=DEEPEST)
    if schema.get("$schema", DRAFT) != DRAFT:
        _refuse("configuration.other_draft", ("$schema",), str(schema["$schema"]))
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        _refuse("configuration.schema_unsound", tuple(error.absolute_path), error.message)
    if schema.get("type") != "object":
        _refuse("configuration.schema_no_object", ("type",), str(schema.get("type")))
    _check_parts(schema)
    check_expressions(schema)


def _refuse(code: str, place: Place, what: str, **more: Any) -> NoReturn:
    raise Invalid(code, path=pointer(place), what=what[:200], **more)


def _check_parts(schema: dict[str, Any]) -> None:
    waiting: list[tuple[Place, Any]] = [((), schema)]
    seen = 0
    while waiting:
        place, part = waiting.pop()
        if isinstance(part, bool):  # `true` and `false` are schemas too
            continue
        seen += 1
        if seen > MOST_PARTS:
            _refuse("configuration.schema_too_many_parts", place, str(MOST_PARTS))
        _check_part(part, place)
        waiting.extend(((*place, "properties", name), inner) for name, inner in part.get("properties", {}).items())
        waiting.extend(((*place, word), part[word]) for word in _INSIDE if word in part)


def _check_part(part: dict[str, Any], place: Place) -> None:
    for word in part:
        if word in _REFERENCES:
            _refuse("configuration.schema_reference", (*place, word), str(part[word]))
        if word not in KEYWORDS:
            _refuse("configuration.schema_unknown_word", (*place, word), word)
    for name in part.get("properties", {}):
        if _NAME.fullmatch(name) is None:
            _refuse("configuration.schema_bad_name", (*place, "properties", name), name)
        if isinstance(part["properties"][name], bool):
            _refuse("configuration.schema_no_part", (*place, "properties", name), name)
    kind = part.get("format")
    if kind is not None and kind not in FORMATS:
        _refuse("configuration.schema_unknown_format", (*place, "format"), kind, formats=sorted(FORMATS))
    is_object = part.get("type") == "object" or "object" in (part.get("type") or [])
    if (is_object or "properties" in part) and part.get("additionalProperties", True) is True:
        _refuse("configuration.schema_open_object", (*place, "additionalProperties"), "additionalProperties")
    if "pattern" in part:
        _check_pattern(part, place)


def _check_pattern(part: dict[str, Any], place: Place) -> None:
    code = patterns.fault_of(part["pattern"])
    if code is not None:
        _refuse(code, (*place, "pattern"), part["pattern"])
    if part.get("maxLength", patterns.LONGEST_TEXT + 1) > patterns.LONGEST_TEXT:
        _refuse("configuration.pattern_needs_length", (*place, "pattern"), part["pattern"], most=patterns.LONGEST_TEXT)
