"""Completing a document: what is absent gets its computed default, in the order the references ask for.

Only `x-default` of the schema is ever looked at for references; a text of the document is a value and nothing else. The
work is bounded whatever the schema says. Must not: change or check what is given, or run text as code.
"""

from __future__ import annotations

import copy
from typing import Any, NoReturn

from apps.catalog.configuration.expressions import (
    DEFAULT,
    LONGEST_CHAIN,
    REFERENCE,
    check_expressions,
    is_call,
)
from apps.catalog.configuration.functions import FUNCTIONS, IN_TIER, CannotCompute
from apps.catalog.configuration.pointers import Place, pointer, readable
from apps.catalog.configuration.quantities import QuantityError
from apps.catalog.configuration.subject import SUBJECT_NAMES, Subject
from apps.common.errors import Invalid

MOST_WORK = 2_000_000  # characters and values that all defaults of one document may make together
LONGEST_TEXT = 64 * 1024

__all__ = ["Subject", "check_expressions", "complete"]


def complete(document: dict[str, Any], schema: dict[str, Any], subject: Subject) -> dict[str, Any]:
    """A copy of the document with every absent member that has a default. Expects a schema that passed its check.

    Raises Invalid with `fields` {pointer: [{code, params}]} for a default that cannot be computed. Members and list
    entries of a wrong shape are left as they are; the check of the shape speaks of them.
    """
    work = _Completion(copy.deepcopy(document), schema, subject)
    work.fill(work.document, schema, ())
    return work.document


class _Completion:
    """One document on its way to being whole."""

    def __init__(self, document: dict[str, Any], schema: dict[str, Any], subject: Subject) -> None:
        self.document, self.schema, self.subject = document, schema, subject
        self.computing: list[Place] = []
        self.work = 0

    def fill(self, value: Any, schema: dict[str, Any], place: Place) -> None:
        """Give `value` its absent members, and theirs."""
        self._spend(1, place)
        if isinstance(value, dict):
            for name, member in (schema.get("properties") or {}).items():
                self._ensure(value, name, member, (*place, name))
                if name in value:
                    self.fill(value[name], member, (*place, name))
        elif isinstance(value, list) and isinstance(schema.get("items"), dict):
            for at, entry in enumerate(value):
                self.fill(entry, schema["items"], (*place, at))

    def _ensure(self, container: dict[str, Any], name: str, member: dict[str, Any], place: Place) -> None:
        if name in container or DEFAULT not in member:
            return
        if place in self.computing:
            self._refuse("configuration.computed_circle", place)
        if len(self.computing) >= LONGEST_CHAIN:
            self._refuse("configuration.computed_too_large", place)
        self.computing.append(place)
        container[name] = self._evaluated(member[DEFAULT], place)
        self.computing.pop()

    def _evaluated(self, expression: Any, place: Place) -> Any:
        self._spend(1, place)
        if isinstance(expression, str):
            return self._text(expression, place)
        if is_call(expression):
            return self._called(expression["call"], [self._evaluated(a, place) for a in expression["with"]], place)
        if isinstance(expression, dict):
            return {key: self._evaluated(value, place) for key, value in expression.items()}
        if isinstance(expression, list):
            return [self._evaluated(value, place) for value in expression]
        return expression

    def _called(self, name: str, arguments: list[Any], place: Place) -> Any:
        if name == IN_TIER:
            tier, then, otherwise = arguments
            return then if tier == self.subject.tier else otherwise
        try:
            return FUNCTIONS[name].run(*arguments)
        except CannotCompute as error:
            self._refuse(error.code, place, function=name, **error.params)
        except QuantityError as error:
            self._refuse("configuration.bad_argument", place, function=name, value=error.params["value"])

    def _text(self, text: str, place: Place) -> Any:
        """A text that is one reference becomes the value itself; else values are put in, once, left to right."""
        whole = REFERENCE.fullmatch(text)
        if whole is not None:
            return self._copied(self._resolved(whole[1], place), place)
        made = REFERENCE.sub(lambda found: self._shown(found[1], place), text)
        self._spend(len(made), place)
        if len(made) > LONGEST_TEXT:
            self._refuse("configuration.computed_too_large", place)
        return made

    def _shown(self, name: str, place: Place) -> str:
        value = self._resolved(name, place)
        if isinstance(value, bool) or not isinstance(value, str | int):
            self._refuse("configuration.not_for_text", place, reference=name)
        return self._copied(str(value), place)

    def _copied(self, value: Any, place: Place) -> Any:
        """A value of the document to be written a second time; what it costs is counted before it is made."""
        waiting = [value]
        while waiting:
            one = waiting.pop()
            self._spend(len(one) + 1 if isinstance(one, str) else 1, place)
            waiting.extend(one.values() if isinstance(one, dict) else one if isinstance(one, list) else ())
        return copy.deepcopy(value)

    def _resolved(self, name: str, place: Place) -> Any:
        """The value a reference names; what lies on the way there is computed first. Inside `null` there is `null`."""
        if name in SUBJECT_NAMES:
            return getattr(self.subject, name)
        value: Any = self.document
        schema, at = self.schema, ()  # type: dict[str, Any], Place
        for part in name.split("."):
            if value is None:
                return None
            step: str | int = part
            if isinstance(value, list):
                step = int(part) if part.isascii() and part.isdigit() and len(part) < 5 else -1
                schema = schema.get("items") or {}
                if not 0 <= step < len(value):
                    self._refuse("configuration.reference_is_absent", place, reference=name)
            else:
                schema = ((schema.get("properties") or {}) if isinstance(value, dict) else {}).get(part) or {}
                at_part = (*at, part)
                if isinstance(value, dict):
                    self._ensure(value, part, schema, at_part)
                if not isinstance(value, dict) or part not in value:
                    self._refuse("configuration.reference_is_absent", place, reference=name)
            value, at = value[step], (*at, step)
        self.fill(value, schema, at)
        return value

    def _spend(self, amount: int, place: Place) -> None:
        self.work += amount
        if self.work > MOST_WORK:
            self._refuse("configuration.computed_too_large", place)

    def _refuse(self, code: str, place: Place, **params: Any) -> NoReturn:
        problem = {"code": code, "params": {"name": readable(place), **params}}
        raise Invalid("configuration.not_computable", fields={pointer(place): [problem]}, name=readable(place))
