"""Quantities on their way to a cluster, written as the API server writes them.

Source: Kubernetes' API reference, "Quantity" (canonical form). Must not: take a person's text that the catalog's
quantities refuse, or round.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from apps.catalog.configuration import quantities
from apps.common.errors import Invalid


def cpu_of(text: str) -> Fraction:
    """Cores of a document's text; Invalid with the catalog's code."""
    try:
        return quantities.cpu(text)
    except quantities.QuantityError as error:
        raise _refused(error) from None


def memory_of(text: str) -> int:
    """Bytes of a document's text; Invalid with the catalog's code."""
    try:
        return quantities.memory(text)
    except quantities.QuantityError as error:
        raise _refused(error) from None


def heap_of(text: str) -> str:
    """A Java size, known to be one and nothing more: it becomes part of the virtual machine's options."""
    try:
        quantities.java_size(text)
    except quantities.QuantityError as error:
        raise _refused(error) from None
    return text


def _refused(error: quantities.QuantityError) -> Invalid:
    params: dict[str, Any] = {**error.params}
    return Invalid(error.code, **params)


def cpu_text(text: str) -> str:
    """A document's CPU as the server will answer it: `0.5` is `500m`. Otherwise every comparison would differ."""
    return quantities.cpu_text(cpu_of(text))


def memory_text(text: str) -> str:
    """A document's memory as the server will answer it: `1024Mi` is `1Gi`, `1000M` is `1G`; the family of units stays."""
    size = memory_of(text)
    return _decimal(size) if text[-1].isalpha() and not text.endswith("i") else quantities.memory_text(size)


def size_text(size: int) -> str:
    """Bytes for people: in whole MiB or more where that is exact, else decimal."""
    return quantities.memory_text(size) if size % quantities.MIB == 0 else _decimal(size)


def _decimal(size: int) -> str:
    for unit, power in (("P", 5), ("T", 4), ("G", 3), ("M", 2), ("k", 1)):
        if size and size % 1000**power == 0:
            return f"{size // 1000**power}{unit}"
    return str(size)
