"""Checking a configuration document, and making it whole: bounds, shape, rules, defaults, and the check once more.

Must not: judge by standards, or trust a schema: what its defaults make is checked like what a person enters.
"""

from __future__ import annotations

from typing import Any

from apps.catalog.configuration.bounds import check_bounds
from apps.catalog.configuration.computed import complete
from apps.catalog.configuration.rules import faults_of
from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.shape import Problems, add, shape_problems
from apps.catalog.configuration.subject import Subject
from apps.common.errors import Invalid

# The contract's own limits: a schema that somebody edited may be narrower, never wider, for rules and rendering rely on
# them. Members of its own it may have.
_FLOOR = schema_for("java", "production")
_MORE_MEMBERS = ("configuration.unknown_member", "configuration.java_only")


def check_shape(document: Any, schema: dict[str, Any]) -> None:
    """Refuse a document, whole or not yet completed, that its schema or the rules between members do not accept.

    Raises Invalid with `fields` {JSON pointer: [{code, params}]}; without fields for what is too big or too deep.
    """
    check_bounds(document)
    found = _problems(document, schema)
    if found:
        raise Invalid(fields=found)


def normalize(document: Any, schema: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """The document checked, completed, and checked again; a document that is whole already stays what it is.

    A problem only where nobody entered anything is a fault of the schema: Invalid `configuration.default_refused`.
    """
    check_shape(document, schema)
    whole = complete(document, schema, subject)
    check_bounds(whole)
    found = _problems(whole, schema)
    if not found:
        return whole
    if any(_is_there(document, place) for place in found):
        raise Invalid(fields=found)
    raise Invalid("configuration.default_refused", fields=found, places=sorted(found)[:10])


def _problems(document: dict[str, Any], schema: dict[str, Any]) -> Problems:
    found = shape_problems(document, schema)
    for place, ones in shape_problems(document, _FLOOR).items():
        ones = [one for one in ones if one["code"] not in _MORE_MEMBERS]
        if ones:
            found.setdefault(place, ones)
    unsound = {place.split("/")[1] for place in found if place}
    made_for = ((schema.get("properties") or {}).get("workload") or {}).get("x-default")
    workload = document.get("workload", made_for)
    if "workload" in unsound or not isinstance(workload, str):
        return found
    if isinstance(made_for, str) and "{" not in made_for and workload != made_for:
        add(found, ("workload",), "configuration.other_workload", workload=workload, made_for=made_for)
        return found
    for at, code, params in faults_of(document, workload, unsound):
        add(found, at, code, **params)
    return found


def _is_there(document: Any, place: str) -> bool:
    """Whether a person entered a value at that JSON pointer."""
    value = document
    for part in place.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdigit() and int(name) < len(value):
            value = value[int(name)]
        elif isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return False
    return True
