"""Whether a changed standard can be: its thresholds, its languages, the numbers its texts speak of.

Must not: check shapes (the serializer does), or touch a row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from apps.catalog.services import is_language
from apps.catalog.standards.look import Number
from apps.catalog.standards.rules import RULES, Threshold
from apps.common.errors import Invalid

TEXTS = ("sentence_en", "sentence_zh", "reason_en", "reason_zh")
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
Problem = dict[str, Any]


def checked_changes(standard_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The changes as they are stored. Invalid names every field that cannot be; the first one speaks for all."""
    values = dict(changes)
    problems: dict[str, list[Problem]] = {}
    for name in TEXTS:
        if name in values and (problem := _text_problem(standard_id, values[name])):
            problems[name] = [problem]
    if "languages" in values:
        values["languages"] = list(dict.fromkeys(values["languages"]))
        unknown = [slug for slug in values["languages"] if not is_language(slug)]
        if unknown:
            problems["languages"] = [_problem("standard.language_unknown", language=unknown[0])]
    if "thresholds" in values:
        problems |= _threshold_problems(standard_id, values["thresholds"])
        values["thresholds"] = {name: _plain(number) for name, number in values["thresholds"].items()}
    if problems:
        first = next(iter(problems.values()))[0]
        raise Invalid(first["code"], fields=problems, **first["params"])
    return values


def filled(text: str, thresholds: Mapping[str, Any]) -> str:
    """A text with the thresholds in it; what names none stays as it is."""
    return _PLACEHOLDER.sub(lambda found: str(thresholds.get(found[1], found[0])), text)


def _text_problem(standard_id: str, text: str) -> Problem | None:
    known = RULES[standard_id].thresholds
    for found in _PLACEHOLDER.finditer(text):
        if found[1] not in known:
            params = {"standard": standard_id, "name": found[1][:60], "known": list(known) or None}
            return _problem("standard.placeholder_unknown", **params)
    return None


def _threshold_problems(standard_id: str, given: Mapping[str, Any]) -> dict[str, list[Problem]]:
    known = RULES[standard_id].thresholds
    found: dict[str, list[Problem]] = {}
    for name in given:
        if name not in known:
            params = {"standard": standard_id, "name": name[:60], "known": list(known) or None}
            found[f"thresholds.{name[:60]}"] = [_problem("standard.threshold_unknown", **params)]
    for name, threshold in known.items():
        if name not in given:
            found[f"thresholds.{name}"] = [_problem("standard.threshold_missing", standard=standard_id, name=name)]
        elif problem := _number_problem(name, given[name], threshold):
            found[f"thresholds.{name}"] = [problem]
    return found


def _number_problem(name: str, value: Any, threshold: Threshold) -> Problem | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return _problem("standard.threshold_no_number", name=name)
    if not threshold.least <= value <= threshold.most:
        return _problem("standard.threshold_out_of_range", name=name, least=threshold.least, most=threshold.most)
    if threshold.is_whole and value != int(value):
        return _problem("standard.threshold_not_whole", name=name)
    return None


def _plain(number: Any) -> Number:
    """10.0 is stored as 10."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _problem(code: str, **params: Any) -> Problem:
    return {"code": code, "params": params}
