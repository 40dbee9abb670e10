"""The JSON Schema (draft 2020-12) of a workload's configuration document, made for a language and a tier (W1, W2).

Source of every member and default: docs/configuration.md. Must not: judge a document or hold a sentence.
"""

from __future__ import annotations

from typing import Any

from apps.catalog.configuration.parts_network import network
from apps.catalog.configuration.parts_probes import probes
from apps.catalog.configuration.parts_process import process
from apps.catalog.configuration.parts_runtime import runtime
from apps.catalog.configuration.parts_scale import WORKLOADS, scale
from apps.catalog.configuration.subject import TIERS
from apps.common.errors import Invalid

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def schema_for(language: str, tier: str, workload: str = "service") -> dict[str, Any]:
    """The schema of a document of that workload; a new dict each time.

    `language` is a catalog slug (one the portal does not bring gets the defaults of most), `tier` one of `TIERS`,
    `workload` one of `service`, `worker`, `cron`: what a worker or a cron has by default is another thing, so a
    document goes with the schema of its own workload. Raises Invalid for a tier or workload that does not exist.
    """
    if tier not in TIERS:
        raise Invalid("configuration.unknown_tier", tier=tier[:40], tiers=list(TIERS))
    if workload not in WORKLOADS:
        raise Invalid("configuration.unknown_workload", workload=workload[:40], workloads=list(WORKLOADS))
    members = (
        scale(language, tier, workload) | network(workload) | probes(language, workload) | process() | runtime(language)
    )
    return {
        "$schema": DRAFT,
        "title": "configuration.document",
        "description": "configuration.document.help",
        "type": "object",
        "properties": members,
        "additionalProperties": False,
    }
