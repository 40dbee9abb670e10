"""Completed documents as docs/configuration.md gives them, and standards without a table."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from apps.catalog.standards.defaults import DEFAULTS
from apps.catalog.standards.findings import Finding, apply_suggestion, evaluate
from apps.catalog.standards.look import Subject

PROBE = {
    "type": "http",
    "path": "/healthz",
    "port": 8080,
    "initial_delay_seconds": 60,
    "period_seconds": 10,
    "timeout_seconds": 3,
    "failure_threshold": 3,
}
FULL: dict[str, Any] = {
    "workload": "service",
    "importance": "ordinary",
    "replicas": 3,
    "autoscaling": None,
    "resources": {"cpu_request": "1", "cpu_limit": "2", "memory_request": "1Gi", "memory_limit": "1536Mi"},
    "ports": [{"name": "http", "port": 8080}],
    "exposure": {"inside_only": True, "host": ""},
    "probes": {"readiness": PROBE, "liveness": PROBE, "startup": None},
    "shutdown": {"deregister": [], "sleep_seconds": 10, "grace_seconds": 40},
    "command": [],
    "args": [],
    "environment": [],
    "secrets": [],
    "pull_secret": "",
    "files": [],
    "hosts": {"of_environment": False, "entries": []},
    "java": {"heap": "1g", "gc_threads": 2},
    "log_path": "",
    "time_zone": "Asia/Shanghai",
    "placement": {"spread": "hosts", "node_labels": {}},
    "disruption": {"max_unavailable": 1},
    "schedule": "",
    "pre_rollout": None,
    "sidecar": {"logging": False},
}
AUTOSCALING = {"min": 3, "max": 10, "cpu_percent": 70, "memory_percent": None}


@dataclass
class Plain:
    """A standard without a row."""

    id: str
    levels: dict[str, str]
    languages: list[str] = field(default_factory=list)
    thresholds: dict[str, Any] = field(default_factory=dict)


def document(changes: dict[str, Any] | None = None) -> dict[str, Any]:
    """A document that breaks nothing, with places changed: `{"/probes/liveness": None}`."""
    made = copy.deepcopy(FULL)
    return apply_suggestion(made, [{"path": path, "value": value} for path, value in (changes or {}).items()])


def subject(tier: str = "production", language: str = "java", image: str = "") -> Subject:
    """Whom it is for."""
    return Subject("book-api-n1", tier, tier, language, "book-api-n1", image)


def standards(*only: str, thresholds: dict[str, Any] | None = None, level: str = "") -> list[Plain]:
    """The standards as the portal brings them (or these only); `level` in every tier; `thresholds` by id and name."""
    made = [
        Plain(
            d.id,
            dict.fromkeys(d.levels, level) if level else dict(d.levels),
            list(d.languages),
            dict(d.thresholds) | (thresholds or {}).get(d.id, {}),
        )
        for d in DEFAULTS
    ]
    return [row for row in made if not only or row.id in only]


def judged(changes: dict[str, Any] | None = None, *only: str, **who: Any) -> list[Finding]:
    """Findings in a document with these changes."""
    return evaluate(document(changes), subject(**who), standards(*only))


def satisfied(
    found: dict[str, Any], who: Subject, rows: list[Plain], rounds: int = 10
) -> tuple[dict[str, Any], list[Finding]]:
    """Take every suggestion in turn until none is left; the document and the findings that remain."""
    left = evaluate(found, who, rows)
    for _ in range(rounds):
        if not any(one.suggestion for one in left):
            break
        for one in left:
            found = apply_suggestion(found, one.suggestion)
        left = evaluate(found, who, rows)
    return found, left
