"""What the tests of the configuration room share: subjects, schemas, and the problems of a document."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.configuration.schema import schema_for
from apps.catalog.configuration.subject import Subject
from apps.catalog.configuration.validate import check_shape, normalize
from apps.common.errors import Invalid

LANGUAGES = ("java", "go", "php", "nodejs", "python")
TIERS = ("development", "test", "staging", "production")


def subject(language: str = "go", tier: str = "production") -> Subject:
    return Subject("book-api", "online", tier, language, "book-api-n1")


def whole(document: dict[str, Any], language: str = "go", tier: str = "production") -> dict[str, Any]:
    schema = schema_for(language, tier, document.get("workload", "service"))
    return normalize(document, schema, subject(language, tier))


def problems(document: Any, language: str = "go", workload: str = "service") -> dict[str, list[dict[str, Any]]]:
    """The fields of the refusal of `check_shape`; {} when it is accepted."""
    try:
        check_shape(document, schema_for(language, "production", workload))
    except Invalid as error:
        assert error.fields is not None
        return error.fields
    return {}


def codes(document: Any, language: str = "go", workload: str = "service") -> dict[str, list[str]]:
    found = problems(document, language, workload)
    return {place: [one["code"] for one in problem] for place, problem in found.items()}


def refused(function: Any, *arguments: Any) -> tuple[str, dict[str, Any]]:
    """Code and params of the Invalid that a call must end in."""
    with pytest.raises(Invalid) as caught:
        function(*arguments)
    return caught.value.code, caught.value.params
