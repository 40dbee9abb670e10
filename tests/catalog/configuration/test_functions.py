"""The named functions of computed defaults, one by one."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.configuration import functions
from apps.catalog.configuration.functions import FUNCTIONS, CannotCompute
from apps.catalog.configuration.quantities import QuantityError


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("twice", (3,), 6),
        ("twice", ("500m",), "1"),
        ("twice", ("1536Mi",), "3Gi"),
        ("twice", ("1",), "2"),
        ("twice", ("",), ""),
        ("at_least", (1, 3), 3),
        ("at_least", (3, 3), 3),
        ("at_least", ("500m", "1"), "1"),
        ("at_least", ("1.0", "1"), "1.0"),
        ("at_least", ("1G", "1Gi"), "1Gi"),
        ("at_least", ("", "1"), "1"),
        ("at_least", ("1", ""), "1"),
        ("at_most", (1, 3), 1),
        ("at_most", ("2500m", "2"), "2"),
        ("at_most", ("1G", "1Gi"), "1G"),
        ("at_most", ("", ""), ""),
        ("heap_of", ("1Gi",), "768m"),
        ("heap_of", ("4Gi",), "3g"),
        ("heap_of", ("512Mi",), "256m"),
        ("heap_of", ("320Mi",), "64m"),
        ("heap_of", ("128Mi",), "64m"),
        ("heap_of", ("8G",), "5722m"),
        ("threads_of", ("2500m",), 2),
        ("threads_of", ("250m",), 1),
        ("threads_of", ("4",), 4),
        ("part_of", ("1", 2), "500m"),
        ("part_of", ("1Gi", 2), "512Mi"),
        ("part_of", ("3Gi", 2), "1536Mi"),
        ("part_of", ("", 2), ""),
        ("when_at_least", (2, 2, "yes", "no"), "yes"),
        ("when_at_least", (1, 2, "yes", "no"), "no"),
    ],
)
def test_a_function_gives(name: str, arguments: tuple[Any, ...], result: Any) -> None:
    assert FUNCTIONS[name].run(*arguments) == result
    assert FUNCTIONS[name].arity == len(arguments)


@pytest.mark.parametrize(
    ("name", "arguments", "code"),
    [
        ("twice", (None,), "configuration.bad_argument"),
        ("twice", (True,), "configuration.bad_argument"),
        ("twice", ("1" * 41,), "configuration.bad_argument"),
        ("at_least", ([], 1), "configuration.bad_argument"),
        ("heap_of", ("",), "configuration.no_limit"),
        ("heap_of", (5,), "configuration.bad_argument"),
        ("threads_of", ("",), "configuration.no_limit"),
        ("threads_of", (None,), "configuration.bad_argument"),
        ("part_of", ("1", 0), "configuration.bad_argument"),
        ("part_of", ("1", "2"), "configuration.bad_argument"),
        ("part_of", ("1Ki", 3), "configuration.not_exact"),
    ],
)
def test_a_function_refuses(name: str, arguments: tuple[Any, ...], code: str) -> None:
    with pytest.raises(CannotCompute) as caught:
        FUNCTIONS[name].run(*arguments)
    assert caught.value.code == code


@pytest.mark.parametrize(("name", "arguments"), [("heap_of", ("1g",)), ("threads_of", ("1Gi",)), ("part_of", ("1", 3))])
def test_a_quantity_that_is_none_or_cannot_be_written_is_refused(name: str, arguments: tuple[Any, ...]) -> None:
    with pytest.raises(QuantityError):
        FUNCTIONS[name].run(*arguments)


def test_every_function_says_what_it_gives() -> None:
    assert [name for name, one in FUNCTIONS.items() if not (one.run.__doc__ or "").strip()] == []
    assert functions.IN_TIER not in FUNCTIONS
