"""Quantities in every form in which a cluster may write them, as exact numbers.

Source: Kubernetes' API reference, "Quantity". Must not: round, or guess what a person meant.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

_SERVER = re.compile(r"(?P<number>[+-]?(?:\d+(?:\.\d*)?|\.\d+))(?P<unit>[eE][+-]?\d+|[numkMGTPE]|[KMGTPE]i)?")
_UNITS = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1)}
_UNITS |= {unit: Fraction(1000 ** (place + 1)) for place, unit in enumerate("kMGTPE")}
_UNITS |= {f"{unit}i": Fraction(1024 ** (place + 1)) for place, unit in enumerate("KMGTPE")}


def from_server(text: str | int) -> Fraction | None:
    """The number of a quantity as a cluster may write it (`1288490188800m`, `1e3`, `2k`); None when it is none."""
    found = _SERVER.fullmatch(str(text))
    if found is None:
        return None
    number, unit = Fraction(Decimal(found["number"])), found["unit"] or ""
    if len(unit) > 1 and unit[0] in "eE" and unit[1:] != "i":
        exponent = int(unit[1:])
        return None if abs(exponent) > 30 else number * Fraction(10) ** exponent
    return number * _UNITS[unit]
