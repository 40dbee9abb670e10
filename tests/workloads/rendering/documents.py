"""Completed configuration documents and their subjects, as docs/configuration.md says they become.

Must not: use the catalog's own completion; what is compared here may not be made by what it is compared with.
"""

from __future__ import annotations

import copy
from typing import Any

from apps.workloads.rendering import HostEntry, Subject

Json = dict[str, Any]
DIGEST = "sha256:" + "4a" * 32
IMAGE = f"registry.example/shop/book:20260102-030405-u7@{DIGEST}"
KEY = "0c9a1b52-6f0e-4a4e-9d37-0a2f3b1c5d77.2"
HOSTS = (HostEntry("10.1.0.12", ("db.shop.internal",)), HostEntry("10.1.0.9", ("mq.shop.internal", "mq")))
# Whatever a person may type; each place must give it back as it was.
NASTY = "{{ .Values.image }} {{{ $(TZ) $$(TZ) $$ \"; rm -rf / # `id` \\ é 数 ' {% x %}"

PROBE = {
    "type": "http",
    "path": "/healthz",
    "port": 8080,
    "initial_delay_seconds": 5,
    "period_seconds": 10,
    "timeout_seconds": 3,
    "failure_threshold": 3,
}
EXAMPLES = {
    "java": ("1", "2", "1536Mi", "2Gi"),
    "go": ("200m", "1", "128Mi", "192Mi"),
    "php": ("250m", "1", "256Mi", "384Mi"),
    "nodejs": ("250m", "1", "256Mi", "384Mi"),
    "python": ("250m", "1", "256Mi", "384Mi"),
}


def probe(**given: Any) -> Json:
    return {**PROBE, **given}


def completed(language: str = "go", tier: str = "test", **given: Any) -> Json:
    """The document `{}` completed for a language and tier, with these members instead."""
    is_production = tier == "production"
    names = ("cpu_request", "cpu_limit", "memory_request", "memory_limit")
    delay = 60 if language == "java" else 5
    document: Json = {
        "workload": "service",
        "importance": "ordinary",
        "replicas": 3 if is_production else 1,
        "autoscaling": None,
        "resources": dict(zip(names, EXAMPLES[language], strict=True)),
        "ports": [{"name": "http", "port": 8080}],
        "exposure": {"inside_only": True, "host": ""},
        "probes": {"readiness": probe(), "liveness": probe(initial_delay_seconds=delay), "startup": None},
        "shutdown": {"deregister": [], "sleep_seconds": 10, "grace_seconds": 40},
        "command": [],
        "args": [],
        "environment": [],
        "secrets": [],
        "pull_secret": "",
        "files": [],
        "hosts": {"of_environment": False, "entries": []},
        "java": {"heap": "1536m", "gc_threads": 2} if language == "java" else None,
        "log_path": "",
        "time_zone": "Asia/Shanghai",
        "placement": {"spread": "hosts", "node_labels": {}},
        "disruption": {"max_unavailable": 1} if is_production else None,
        "schedule": "",
        "pre_rollout": None,
        "sidecar": {"logging": False},
    }
    return {**document, **copy.deepcopy(given)}


def worker(**given: Any) -> Json:
    """A document without ports; its life is asked for by a command."""
    alive = probe(type="exec", path="", port=0, command=["/app/bin/alive", "--within", "30"])
    probes = {"readiness": alive, "liveness": alive, "startup": None}
    return completed("python", "production", **{"workload": "worker", "ports": [], "probes": probes, **given})


def cron(**given: Any) -> Json:
    """A document that runs at night."""
    nothing = {"readiness": None, "liveness": None, "startup": None}
    members = {"workload": "cron", "ports": [], "probes": nothing, "schedule": "30 2 * * *", "replicas": 1}
    return completed("python", "production", **{**members, "command": ["python", "-m", "app.night"], **given})


def subject(language: str = "go", tier: str = "test", **given: Any) -> Subject:
    """The workload `book` of the project `shop`."""
    members: Json = {
        "project": "shop",
        "environment": tier,
        "tier": tier,
        "language": language,
        "workload_name": "book",
        "namespace": f"shop-{tier}",
        "image": IMAGE,
        "revision": 7,
        "template_version": f"{language}-3",
        "environment_hosts": HOSTS,
    }
    return Subject(**{**members, **given})
