"""Marks a contract test with the statement it proves: an id and its source line in the wire documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import pytest

F = TypeVar("F", bound=Callable[..., Any])


def statement(ident: str, source: str) -> Callable[[F], F]:
    """`@statement("registry.tags-null", "registry.md §5")`; ids are unique over the whole suite."""
    return lambda test: pytest.mark.contract(id=ident, source=source)(test)
