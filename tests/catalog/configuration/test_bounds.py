"""A document that is too big, too deep or no JSON is refused before anything reads it."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.configuration.bounds import check_bounds
from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.validate import check_shape, normalize
from apps.common.errors import Invalid
from tests.catalog.configuration.samples import refused, subject


def nested(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ([], "configuration.not_an_object"),
        (None, "configuration.not_an_object"),
        (nested(21), "configuration.too_deep"),
        (nested(5000), "configuration.too_deep"),
        ({"a": "x" * (2 << 20)}, "configuration.too_big"),
        ({"a": ["ü" * 1024] * 1025}, "configuration.too_big"),
        ({"a": [0] * (2 << 20)}, "configuration.too_big"),
        ({"x" * (2 << 20): 1}, "configuration.too_big"),
        ({"a": 10**5000}, "configuration.number_too_large"),
        ({"a": b"x"}, "configuration.not_json"),
        ({1: 1}, "configuration.not_json"),
        ({"a": "\x00"}, "forbidden_characters"),
        ({"a": "\ud800"}, "forbidden_characters"),
    ],
)
def test_a_document_out_of_bounds_is_refused(document: Any, code: str) -> None:
    schema = schema_for("go", "test")
    assert refused(check_shape, document, schema)[0] == code
    assert refused(normalize, document, schema, subject())[0] == code


def test_a_document_at_the_bounds_is_read() -> None:
    check_bounds(nested(20))
    check_bounds({"a": "x" * ((2 << 20) - 10)})


def test_what_is_out_of_bounds_is_not_validated_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def looked_at(*_: Any) -> Any:
        raise AssertionError("the document was read")

    monkeypatch.setattr("apps.catalog.configuration.validate.shape_problems", looked_at)
    with pytest.raises(Invalid, match="too_deep"):
        check_shape(nested(21), schema_for("go", "test"))
