"""Kubernetes quantities (`500m`, `1Gi`): parse exactly, add, write in the unit family they came in.

Must not: accept what the API would refuse; that is validation's part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
_DECIMAL = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "": Fraction(1),
    "k": Fraction(10**3),
    "M": Fraction(10**6),
    "G": Fraction(10**9),
    "T": Fraction(10**12),
    "P": Fraction(10**15),
    "E": Fraction(10**18),
}
_PATTERN = re.compile(r"([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+)|([A-Za-z]{0,2}))$")


@dataclass(frozen=True)
class Quantity:
    """An exact amount and whether it is written in Ki, Mi, Gi."""

    value: Fraction = Fraction(0)
    is_binary: bool = False

    @classmethod
    def parse(cls, text: str | int | float) -> Quantity:
        """Read a quantity; raises ValueError on anything else."""
        match = _PATTERN.match(str(text).strip())
        if match is None:
            raise ValueError(f"not a quantity: {text!r}")
        number = Fraction(match[1])
        if match[2]:
            return cls(number * Fraction(10) ** int(match[2]))
        suffix = match[3] or ""
        if suffix in _BINARY:
            return cls(number * _BINARY[suffix], True)
        if suffix not in _DECIMAL:
            raise ValueError(f"not a quantity: {text!r}")
        return cls(number * _DECIMAL[suffix])

    def __add__(self, other: Quantity) -> Quantity:
        return Quantity(self.value + other.value, self.is_binary or other.is_binary)

    def __gt__(self, other: Quantity) -> bool:
        return self.value > other.value

    def __str__(self) -> str:
        """The shortest exact spelling, as the API prints it."""
        if self.value == 0:
            return "0"
        if self.is_binary and self.value.denominator == 1:
            for suffix, factor in reversed(_BINARY.items()):
                if self.value % factor == 0:
                    return f"{self.value // factor}{suffix}"
            return str(self.value)
        for suffix, unit in sorted(_DECIMAL.items(), key=lambda item: -item[1]):
            if (self.value / unit).denominator == 1:
                return f"{self.value / unit}{suffix}"
        return f"{-(-self.value // _DECIMAL['n'])}n"
