"""What JSON Schema says about a document, in our own codes: `{json pointer: [{code, params}]}`.

Must not: pass on the library's sentences, or do unbounded work for a document that is wrong everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

from jsonschema import Draft202012Validator, ValidationError, validators

from apps.catalog.configuration.formats import fault_of
from apps.catalog.configuration.pointers import Place, pointer, readable

Problems = dict[str, list[dict[str, Any]]]
MOST_PROBLEMS = 200
LONGEST_NAME = 200  # of a name somebody made up, in the answer
_LIMITS = {
    "minimum": "configuration.too_small",
    "maximum": "configuration.too_large",
    "maxLength": "configuration.too_long",
    "minLength": "configuration.too_short",
    "maxItems": "configuration.too_many",
    "minItems": "configuration.too_few",
    "maxProperties": "configuration.too_many",
    "minProperties": "configuration.too_few",
}


def shape_problems(document: Any, schema: dict[str, Any]) -> Problems:
    """At most `MOST_PROBLEMS` problems, in the order of the schema."""
    found: Problems = {}
    for error in islice(_VALIDATOR(schema).iter_errors(document), MOST_PROBLEMS):
        for place, code, params in _said(error):
            add(found, place, code, **params)
    return found


def add(found: Problems, place: Place, code: str, **params: Any) -> None:
    """One more problem; `name` is the place as a person reads it."""
    problem = {"code": code, "params": {"name": readable(place) or "–", **params}}
    at = found.setdefault(pointer(place), [])
    if problem not in at:
        at.append(problem)


def _said(error: ValidationError) -> Iterator[tuple[Place, str, dict[str, Any]]]:
    place: Place = tuple(error.absolute_path)
    instance: Any = error.instance
    owner: Any = error.schema
    rule, wanted = str(error.validator), cast("Any", error.validator_value)
    if tuple(error.absolute_schema_path)[-2:-1] == ("propertyNames",):
        place = (*place, str(instance)[:LONGEST_NAME])
    if rule in _LIMITS:
        yield place, _LIMITS[rule], {"limit": wanted}
    elif rule == "additionalProperties":
        for name in sorted(set(instance) - set(owner.get("properties", {})))[:20]:
            yield (
                (*place, name[:LONGEST_NAME]),
                "configuration.java_only" if name == "java" else "configuration.unknown_member",
                {},
            )
    elif rule == "required":
        for name in sorted(set(wanted) - set(instance)):
            yield (*place, name), "configuration.missing", {}
    elif rule == "type":
        kinds = [wanted] if isinstance(wanted, str) else list(wanted)
        yield place, "configuration.wrong_type", {"types": kinds}
    elif rule == "enum":
        yield place, "configuration.not_a_choice", {"choices": ['""' if one == "" else one for one in wanted]}
    elif rule == "format":
        fault = fault_of(wanted, instance)
        if fault is not None:
            yield place, fault[0], fault[1]
    else:
        yield place, "configuration.against_rule", {"rule": rule}


def _whole_number(_: Any, instance: Any) -> bool:
    """`3.0` is no whole number here: it would travel as `3.0` into an object."""
    return isinstance(instance, int) and not isinstance(instance, bool)


def _format(_: Any, kind: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and fault_of(kind, instance) is not None:
        yield ValidationError(kind)


def _pattern(_: Any, pattern: str, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
    """As a browser does it, and only on texts of the allowed length: the time grows with the text."""
    if not isinstance(instance, str) or len(instance) > schema.get("maxLength", 0):
        return
    at_the_end = pattern.endswith("$") and not pattern.endswith("\\$")
    # Python's `$` also stands before a last line feed, and its `\d` for the digits of every script.
    if re.search(pattern[:-1] + r"\Z" if at_the_end else pattern, instance, re.ASCII) is None:
        yield ValidationError(pattern)


def _within(word: str, limit: str) -> Any:
    """The draft's own check of entries, but not of a list or map that is too long anyway: its length is the problem."""
    check = Draft202012Validator.VALIDATORS[word]

    def run(validator: Any, wanted: Any, instance: Any, schema: dict[str, Any]) -> Iterator[ValidationError]:
        if limit not in schema or not isinstance(instance, list | dict) or len(instance) <= schema[limit]:
            yield from check(validator, wanted, instance, schema)

    return run


_VALIDATOR = validators.extend(
    Draft202012Validator,
    {
        "format": _format,
        "pattern": _pattern,
        "items": _within("items", "maxItems"),
        "propertyNames": _within("propertyNames", "maxProperties"),
        "additionalProperties": _within("additionalProperties", "maxProperties"),
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", _whole_number),
)
