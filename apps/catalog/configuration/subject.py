"""What a document is about, as far as a computed default may know it. Must not: hold a row of the database."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Subject:
    """Slugs of project and environment, the environment's tier, the language's slug, and the workload's name."""

    project: str
    environment: str
    tier: str
    language: str
    workload_name: str


TIERS = ("development", "test", "staging", "production")
SUBJECT_NAMES = ("project", "environment", "tier", "language", "workload_name")
