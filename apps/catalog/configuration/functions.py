"""The named functions of computed defaults (docs/configuration.md): pure, exact, a handful.

A quantity that is not set is `""`. A quantity without a unit counts as cores or bytes alike: the number is the same.
Must not: see the document, round, or grow a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from apps.catalog.configuration.quantities import MIB, cpu, cpu_text, java_text, memory, memory_text

LONGEST_QUANTITY = 40
LEAST_HEAP, BESIDE_HEAP = 64 * MIB, 256 * MIB


class CannotCompute(Exception):
    """A function refused an argument; `code` and `params` name the sentence."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code, params)
        self.code, self.params = code, params


@dataclass(frozen=True)
class Function:
    """One function: how many arguments it takes, and what it does with them."""

    arity: int
    run: Callable[..., Any]


def twice(n: Any) -> Any:
    """2 × n, of a number or a quantity; a quantity that is not set stays so."""
    if n == "":
        return ""
    return _written(_value(n) * 2, n)


def at_least(n: Any, m: Any) -> Any:
    """The greater one, as it was written; what is not set does not count."""
    return _chosen(n, m, greater=True)


def at_most(n: Any, m: Any) -> Any:
    """The smaller one, as it was written; what is not set does not count."""
    return _chosen(n, m, greater=False)


def heap_of(memory_limit: Any) -> str:
    """¾ of the limit, less where 256 MiB would not be left beside it, at least 64m: `1Gi` gives `768m`."""
    limit = _bytes(memory_limit)
    return java_text(max(LEAST_HEAP, min(limit * 3 // 4, limit - BESIDE_HEAP)))


def threads_of(cpu_limit: Any) -> int:
    """Whole cores, at least 1: `2500m` gives 2."""
    text = _quantity_text(cpu_limit)
    if text == "":
        raise CannotCompute("configuration.no_limit")
    return max(1, int(cpu(text)))


def part_of(quantity: Any, n: Any) -> str:
    """The quantity divided by n, exactly: half of `1` is `500m`, half of `1Gi` is `512Mi`. Not set stays not set."""
    text = _quantity_text(quantity)
    divisor = _count(n)
    if divisor < 1:
        raise CannotCompute("configuration.bad_argument", value=str(divisor))
    return "" if text == "" else str(_written(_value(text) / divisor, text))


def when_at_least(n: Any, m: Any, then: Any, otherwise: Any) -> Any:
    """`then` where n ≥ m, else `otherwise`."""
    return then if _value(n) >= _value(m) else otherwise


FUNCTIONS: dict[str, Function] = {
    "twice": Function(1, twice),
    "at_least": Function(2, at_least),
    "at_most": Function(2, at_most),
    "heap_of": Function(1, heap_of),
    "threads_of": Function(1, threads_of),
    "part_of": Function(2, part_of),
    "when_at_least": Function(4, when_at_least),
}
# `in_tier(tier, then, else)` looks at the subject, so the evaluation itself carries it out.
IN_TIER, IN_TIER_ARITY = "in_tier", 3


def _chosen(n: Any, m: Any, *, greater: bool) -> Any:
    if n == "" or m == "":
        return m if n == "" else n
    return n if (_value(n) >= _value(m)) is greater else m


def _value(given: Any) -> Fraction:
    """A number or quantity as an exact number: cores or bytes."""
    if isinstance(given, int) and not isinstance(given, bool):
        return Fraction(given)
    text = _quantity_text(given)
    return cpu(text) if _is_cores(text) else Fraction(memory(text))


def _written(value: Fraction, like: Any) -> Any:
    """The number in the form of what it was made from."""
    if not isinstance(like, str):
        return int(value)
    if _is_cores(like):
        return cpu_text(value)
    if value.denominator != 1:
        raise CannotCompute("configuration.not_exact", value=like)
    return memory_text(int(value))


def _is_cores(text: str) -> bool:
    return text[-1:].isdigit() or text.endswith("m")


def _bytes(given: Any) -> int:
    text = _quantity_text(given)
    if text == "":
        raise CannotCompute("configuration.no_limit")
    return memory(text)


def _quantity_text(given: Any) -> str:
    if not isinstance(given, str) or len(given) > LONGEST_QUANTITY:
        raise CannotCompute("configuration.bad_argument", value=_short(given))
    return given


def _count(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int):
        raise CannotCompute("configuration.bad_argument", value=_short(given))
    return given


def _short(given: Any) -> str:
    return given[:LONGEST_QUANTITY] if isinstance(given, str) else type(given).__name__
