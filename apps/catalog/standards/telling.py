"""Findings as the browser gets them: with the standard's words in both languages and the thresholds in the words.

Must not: judge, or choose a language; the person's page does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from apps.catalog.models import Standard
from apps.catalog.standards.checks import TEXTS, filled
from apps.catalog.standards.findings import Finding, thresholds_of


def words_of(standard: Standard) -> dict[str, str]:
    """Its sentences and reasons with its thresholds in them."""
    thresholds = thresholds_of(standard)
    return {name: filled(getattr(standard, name), thresholds) for name in TEXTS}


def told(findings: Iterable[Finding], standards: Iterable[Standard]) -> list[dict[str, Any]]:
    """`{standard, level, field, params, suggestion, sentence_en, sentence_zh, reason_en, reason_zh}` for each."""
    words = {standard.id: words_of(standard) for standard in standards}
    return [
        {
            "standard": finding.standard,
            "level": finding.level,
            "field": finding.field,
            "params": finding.params,
            "suggestion": finding.suggestion,
            **words[finding.standard],
        }
        for finding in findings
    ]
