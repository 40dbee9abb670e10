"""Kubernetes quantities as exact numbers: `500m` CPU, `1536Mi` of memory, and what people mean by `1g`.

Source: Kubernetes' API reference, "Quantity". Must not: round; what cannot be written exactly is refused.
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction

_QUANTITY = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?P<unit>[A-Za-z]{0,2})")
_BINARY = {"Ki": 1 << 10, "Mi": 1 << 20, "Gi": 1 << 30, "Ti": 1 << 40, "Pi": 1 << 50}
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "P": 10**15}
# What Java, Docker and people write, and what they mean by it.
_MEANT = {"g": "Gi", "gb": "Gi", "m": "Mi", "mb": "Mi", "k": "Ki", "kb": "Ki", "b": ""}
KIB, MIB, GIB = _BINARY["Ki"], _BINARY["Mi"], _BINARY["Gi"]


class QuantityError(ValueError):
    """A text that is no quantity. `code` and `params` name a sentence; `suggestion` is what was probably meant, or ""."""

    def __init__(self, code: str, text: str, suggestion: str = "") -> None:
        super().__init__(f"{code}: {text!r}")
        self.code, self.text, self.suggestion = code, text, suggestion

    @property
    def params(self) -> dict[str, str]:
        """For the sentence."""
        return {"value": self.text[:40], "suggestion": self.suggestion}


def cpu(text: str) -> Fraction:
    """Cores: `500m` is 1/2, `2` is 2."""
    number, unit = _split(text, "quantity.bad_cpu")
    if unit not in ("", "m"):
        raise QuantityError("quantity.bad_cpu", text)
    cores = number / (1000 if unit == "m" else 1)
    if (cores * 1000).denominator != 1:
        raise QuantityError("quantity.cpu_too_fine", text)
    return cores


def memory(text: str) -> int:
    """Bytes. `1g`, `512m` and `1GB` are refused with what was meant: in Kubernetes `m` is a thousandth."""
    number, unit = _split(text, "quantity.bad_memory")
    if unit not in _BINARY and unit not in _DECIMAL:
        meant = _MEANT.get(unit.lower())
        raise QuantityError("quantity.bad_memory", text, "" if meant is None else f"{_plain(number)}{meant}")
    if unit == "k":  # a thousand to Kubernetes, 1024 to who comes from Java
        raise QuantityError("quantity.bad_memory", text, f"{_plain(number)}Ki")
    size = number * (_BINARY.get(unit) or _DECIMAL[unit])
    if size.denominator != 1:
        raise QuantityError("quantity.bad_memory", text)
    return int(size)


def cpu_text(cores: Fraction | int) -> str:
    """The shortest way to write cores: `2`, `500m`."""
    milli = Fraction(cores) * 1000
    if milli.denominator != 1 or milli < 0:
        raise QuantityError("quantity.cpu_too_fine", str(cores))
    return str(int(milli) // 1000) if milli % 1000 == 0 else f"{int(milli)}m"


def memory_text(size: int) -> str:
    """The shortest way to write bytes: `1536Mi`, `2Gi`."""
    for unit in ("Pi", "Ti", "Gi", "Mi", "Ki"):
        if size and size % _BINARY[unit] == 0:
            return f"{size // _BINARY[unit]}{unit}"
    return str(size)


def java_size(text: str) -> int:
    """Bytes of a Java size as in `-Xmx2g`: `2g`, `1536m`, `65536k`; upper case is the same."""
    found = re.fullmatch(r"([0-9]+)([kKmMgG])", text)
    if found is None:
        raise QuantityError("quantity.bad_heap", text)
    return int(found[1]) * {"k": KIB, "m": MIB, "g": GIB}[found[2].lower()]


def java_text(size: int) -> str:
    """The shortest way to write bytes for Java, rounded down to MiB: `2g`, `1536m`."""
    mebi = size // MIB
    return f"{mebi // 1024}g" if mebi and mebi % 1024 == 0 else f"{mebi}m"


def _split(text: str, code: str) -> tuple[Fraction, str]:
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise QuantityError(code, text)
    return Fraction(Decimal(found["number"])), found["unit"]


def _plain(number: Fraction) -> str:
    return str(int(number)) if number.denominator == 1 else str(float(number))
