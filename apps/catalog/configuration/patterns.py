"""Whether a regular expression of a schema can be run on anybody's text without taking for ever.

Only what has a bound that can be seen is let through: anchored, without back-references and lookarounds, no repeated
group, at most three repetitions. Then a text of n characters takes at most about n³ steps, and n is bounded too.
Must not: try an expression to see how long it takes.
"""

from __future__ import annotations

import re

LONGEST, MOST_REPETITIONS, LONGEST_TEXT = 200, 3, 256
_QUANTIFIER = re.compile(r"[*+?]|\{(?P<least>[0-9]*)(?P<comma>,)?(?P<most>[0-9]*)\}")


def fault_of(pattern: str) -> str | None:
    """The code of what is wrong with an expression; None when it is fine."""
    if len(pattern) > LONGEST:
        return "configuration.pattern_too_long"
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return "configuration.pattern_unparsable"
    if not pattern.startswith("^") or "|" in _outside_groups(pattern):
        return "configuration.pattern_not_anchored"
    return "configuration.pattern_unbounded" if _can_explode(pattern) else None


def _can_explode(pattern: str) -> bool:
    """Walk atom by atom; a class or an escape is one atom, `)` ends a group."""
    at, repetitions, after_group = 0, 0, False
    while at < len(pattern):
        quantifier = _QUANTIFIER.match(pattern, at)
        if quantifier and pattern[at] != "?":
            fixed = quantifier["least"] and not quantifier["comma"] and int(quantifier["least"]) <= LONGEST_TEXT
            if after_group or (quantifier["least"] is not None and not fixed and not quantifier["comma"]):
                return True
            repetitions += 0 if fixed else 1
            at, after_group = quantifier.end(), False
        elif pattern[at] == "(" and pattern[at + 1 : at + 2] == "?" and pattern[at + 2 : at + 3] != ":":
            return True
        else:
            length = _atom_length(pattern, at)
            if re.match(r"\\[0-9]", pattern[at:]):
                return True
            after_group = pattern[at] == ")"
            at += length
    return repetitions > MOST_REPETITIONS


def _atom_length(pattern: str, at: int) -> int:
    if pattern[at] == "\\":
        return 2
    if pattern[at] != "[":
        return 1
    end = at + 1 + (pattern[at + 1 : at + 2] == "^")
    end += pattern[end : end + 1] == "]"
    while pattern[end] != "]":
        end += 2 if pattern[end] == "\\" else 1
    return end + 1 - at


def _outside_groups(pattern: str) -> str:
    """What stands outside parentheses and classes: `^a|b` would be anchored on one side only."""
    at, depth, outside = 0, 0, ""
    while at < len(pattern):
        depth += (pattern[at] == "(") - (pattern[at] == ")")
        length = _atom_length(pattern, at)
        if depth == 0 and length == 1:
            outside += pattern[at]
        at += length
    return outside
