"""The expressions of `x-default`: how a reference is written, and the check of all of a schema before it is saved.

A circle, a reference to nothing, an unknown function or a wrong number of arguments is refused with its place. Must not:
evaluate anything (see `computed`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from apps.catalog.configuration.functions import FUNCTIONS, IN_TIER, IN_TIER_ARITY
from apps.catalog.configuration.pointers import Place, pointer
from apps.catalog.configuration.subject import SUBJECT_NAMES, TIERS
from apps.common.errors import Invalid

REFERENCE = re.compile(r"\{([^{}]*)\}")
DEFAULT = "x-default"
DEEPEST_EXPRESSION = 10
LONGEST_CHAIN = 40
EACH = "*"  # stands for any entry of a list
Steps = tuple[str, ...]


def is_call(expression: Any) -> bool:
    """Whether an expression is a call (anything else with members is a literal)."""
    return isinstance(expression, dict) and "call" in expression


def references(expression: Any) -> Iterator[str]:
    """The names in an expression, those inside arguments and literals too."""
    if isinstance(expression, str):
        yield from REFERENCE.findall(expression)
    elif isinstance(expression, dict):
        for value in expression.values():
            yield from references(value)
    elif isinstance(expression, list):
        for value in expression:
            yield from references(value)


def member_schemas(schema: dict[str, Any], steps: Steps = ()) -> Iterator[tuple[Steps, Place, dict[str, Any]]]:
    """Every member: its steps in the document (`EACH` for an entry), its place in the schema, its schema."""
    waiting: list[tuple[Steps, Place, dict[str, Any]]] = [(steps, (), schema)]
    while waiting:
        at, place, here = waiting.pop()
        if at:
            yield at, place, here
        for name, inner in reversed((here.get("properties") or {}).items()):
            waiting.append(((*at, name), (*place, "properties", name), inner))
        if isinstance(here.get("items"), dict):
            waiting.append(((*at, EACH), (*place, "items"), here["items"]))


def check_expressions(schema: dict[str, Any]) -> None:
    """Raise Invalid(code, path, what): `path` is a JSON pointer into the schema. Expects a schema of sound shape."""
    members = {steps: (place, member) for steps, place, member in member_schemas(schema)}
    # A member can be absent and get its default; an entry of a list cannot.
    _refuse_unreachable(schema, {id(member) for steps, (_, member) in members.items() if steps[-1] != EACH})
    needs: dict[Steps, set[Steps]] = {}
    for steps, (place, member) in members.items():
        if DEFAULT in member:
            where = (*place, DEFAULT)
            _check_form(member[DEFAULT], where, 1)
            names = references(member[DEFAULT])
            needs[steps] = {need for name in names for need in _needs(name, members, where)}
    _refuse_circles(needs, members)


def _refuse(code: str, place: Place, what: str, **more: Any) -> None:
    raise Invalid(code, path=pointer(place), what=what[:200], **more)


def _refuse_unreachable(schema: dict[str, Any], reached: set[int]) -> None:
    """A default that completion never comes by would be silently ignored."""
    waiting: list[tuple[Place, Any]] = [((), schema)]
    while waiting:
        place, here = waiting.pop()
        if isinstance(here, dict):
            if DEFAULT in here and id(here) not in reached and place[-1:] != ("properties",):
                _refuse("configuration.default_unreachable", (*place, DEFAULT), DEFAULT)
            waiting.extend(((*place, key), value) for key, value in here.items() if key != DEFAULT)
        elif isinstance(here, list):
            waiting.extend(((*place, at), value) for at, value in enumerate(here))


def _check_form(expression: Any, place: Place, depth: int) -> None:
    """Calls are whole, known and have as many arguments as the function takes; nothing is nested too deep."""
    if depth > DEEPEST_EXPRESSION:
        _refuse("configuration.expression_too_deep", place, DEFAULT, most=DEEPEST_EXPRESSION)
    if is_call(expression):
        _check_call(expression, place)
        for at, argument in enumerate(expression["with"]):
            _check_form(argument, (*place, "with", at), depth + 1)
    elif isinstance(expression, dict):
        for key, value in expression.items():
            _check_form(value, (*place, key), depth + 1)
    elif isinstance(expression, list):
        for at, value in enumerate(expression):
            _check_form(value, (*place, at), depth + 1)


def _check_call(expression: dict[str, Any], place: Place) -> None:
    name, arguments = expression["call"], expression.get("with")
    if set(expression) != {"call", "with"} or not isinstance(name, str) or not isinstance(arguments, list):
        _refuse("configuration.bad_call", place, str(name))
    assert isinstance(arguments, list)
    if name != IN_TIER and name not in FUNCTIONS:
        _refuse("configuration.unknown_function", (*place, "call"), name, functions=sorted([*FUNCTIONS, IN_TIER]))
    arity = IN_TIER_ARITY if name == IN_TIER else FUNCTIONS[name].arity
    if len(arguments) != arity:
        _refuse("configuration.wrong_arguments", (*place, "with"), name, given=len(arguments), takes=arity)
    if name == IN_TIER and arguments[0] not in TIERS:
        _refuse("configuration.unknown_tier_in_call", (*place, "with", 0), str(arguments[0]), tiers=list(TIERS))


def _needs(name: str, members: dict[Steps, Any], where: Place) -> set[Steps]:
    """The members that a reference makes be computed first: on the way, the target, and all inside it."""
    if name in SUBJECT_NAMES:  # `environment` is the subject's; the member of that name is named by its entries only
        return set()
    steps = tuple(EACH if part.isascii() and part.isdigit() else part for part in name.split("."))
    if steps not in members:
        _refuse("configuration.reference_to_nothing", where, name)
    on_the_way = {steps[:length] for length in range(1, len(steps) + 1)}
    return on_the_way | {other for other in members if other[: len(steps)] == steps}


def _refuse_circles(needs: dict[Steps, set[Steps]], members: dict[Steps, Any]) -> None:
    """Depth first without recursion; a chain longer than `LONGEST_CHAIN` is refused as well."""
    finished: set[Steps] = set()
    for start in needs:
        path: list[Steps] = []
        waiting: list[tuple[Steps, bool]] = [(start, False)]
        while waiting:
            steps, leaving = waiting.pop()
            if leaving:
                path.pop()
                finished.add(steps)
                continue
            if steps in path:
                circle = [".".join(step) for step in path[path.index(steps) :]] + [".".join(steps)]
                _refuse("configuration.circle", (*members[steps][0], DEFAULT), " → ".join(circle))
            if steps in finished or steps not in needs:
                continue
            if len(path) >= LONGEST_CHAIN:
                _refuse(
                    "configuration.chain_too_long", (*members[start][0], DEFAULT), ".".join(start), most=LONGEST_CHAIN
                )
            path.append(steps)
            waiting.append((steps, True))
            waiting.extend((need, False) for need in sorted(needs[steps]))
