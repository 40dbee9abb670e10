"""What nobody entered breaks no standard that the portal brings, in no language, tier, kind and importance."""

from __future__ import annotations

from typing import Any

import pytest

from apps.catalog.standards.defaults import DEFAULTS
from apps.catalog.standards.findings import evaluate
from apps.catalog.standards.look import Subject
from tests.catalog.configuration.samples import LANGUAGES, TIERS, whole

DOCUMENTS: list[dict[str, Any]] = [{}, {"workload": "worker"}, {"workload": "cron", "schedule": "30 3 * * *"}]


@pytest.mark.parametrize("document", DOCUMENTS)
@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_defaults_break_no_standard(language: str, tier: str, document: dict[str, Any]) -> None:
    subject = Subject("book-api", "online", tier, language, "book-api-n1", "registry.example.com/book-api:1")
    for importance in ("platform", "important", "ordinary"):
        made = whole({**document, "importance": importance}, language, tier)
        assert [(found.standard, found.field) for found in evaluate(made, subject, DEFAULTS)] == []


def test_the_standards_are_there_to_be_broken() -> None:
    made = whole({"probes": {"readiness": None}}, "java")
    subject = Subject("book-api", "online", "production", "java", "book-api-n1", "registry.example.com/book-api:1")
    assert [found.standard for found in evaluate(made, subject, DEFAULTS)] == ["probes.readiness"]
