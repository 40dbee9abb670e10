"""The documents whose objects are kept as golden files: five languages in two tiers, and every kind of object.

Must not: hold expectations; those are the files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from apps.workloads.rendering import namespace_object, pre_rollout_job, quota_object, render
from apps.workloads.rendering.subject import HeldKey
from tests.workloads.rendering.documents import EXAMPLES, KEY, NASTY, completed, cron, probe, subject, worker

Json = dict[str, Any]

FILES = [
    {"path": "/etc/book/application.yml", "content": 'server:\n  port: 8080\n  name: "{{ book }}"\n'},
    {"path": "/app/.env", "content": "MODE=quiet"},
]
HELD = {
    "held": (
        HeldKey(".pull", 1, "hmac-sha256:" + "a" * 64),
        HeldKey("db", 3, "hmac-sha256:" + "b" * 64),
        HeldKey("unused", 9, "hmac-sha256:" + "c" * 64),
    )
}


def _rich(language: str) -> list[Json]:
    """A production service that uses most members."""
    document = completed(
        language,
        "production",
        ports=[{"name": "http", "port": 8080}, {"name": "metrics", "port": 9090}],
        exposure={"inside_only": False, "host": "book.example.com"},
        environment=[{"name": "GREETING", "value": NASTY}, {"name": "EMPTY", "value": ""}],
        secrets=[
            {"name": "DB_PASSWORD", "secret": "", "key": "db"},
            {"name": "TOKEN", "secret": "shop-tokens", "key": "book"},
        ],
        pull_secret="registry",
        files=FILES,
        hosts={"of_environment": True, "entries": [{"ip": "10.1.0.9", "names": ["search"]}]},
        placement={"spread": "racks", "node_labels": {"disk": "ssd", "example.com/net": "b"}},
        shutdown={"deregister": ["/app/leave", NASTY], "sleep_seconds": 10, "grace_seconds": 40},
    )
    return render(document, subject(language, "production", **HELD))


def _autoscaled() -> list[Json]:
    scaling = {"min": 3, "max": 10, "cpu_percent": 70, "memory_percent": 80}
    return render(completed("go", "production", autoscaling=scaling), subject("go", "production"))


def _load_balancer() -> list[Json]:
    slow = probe(type="tcp", path="", period_seconds=10, failure_threshold=90)
    probes = {"readiness": probe(), "liveness": probe(), "startup": slow}
    document = completed("php", "production", exposure={"inside_only": False, "host": ""}, probes=probes)
    return render(document, subject("php", "production"))


def _sidecar() -> list[Json]:
    image = "registry.example/base/tail@sha256:" + "7b" * 32
    return render(completed("nodejs", sidecar={"logging": True}), subject("nodejs", sidecar_image=image))


def _cron() -> list[Json]:
    return render(cron(files=FILES), subject("python", "production"))


def _pre_rollout() -> list[Json]:
    given = {"command": ["python", "manage.py", "migrate", "--noinput"], "timeout_seconds": 600}
    secrets = [{"name": "DB_PASSWORD", "secret": "", "key": "db"}]
    document = completed("python", "production", pre_rollout=given, secrets=secrets, files=FILES)
    job = pre_rollout_job(document, subject("python", "production", key=KEY, **HELD))
    assert job is not None
    return [job]


def _secrets() -> list[Json]:
    """The portal's own Secret and pull Secret; what the document does not name stays out."""
    secrets = [{"name": name, "secret": "", "key": "db"} for name in ("DB_PASSWORD", "DB_PASSWORD_OLD")]
    return render(completed("go", "production", secrets=secrets), subject("go", "production", **HELD))


def _plain(language: str, tier: str) -> Callable[[], list[Json]]:
    return lambda: render(completed(language, tier), subject(language, tier))


CASES: dict[str, Callable[[], list[Json]]] = {
    f"{language}-{tier}": _plain(language, tier) for language in EXAMPLES for tier in ("test", "production")
}
BOUNDS = {"requests.cpu": "20", "limits.memory": "64Gi", "pods": "60"}
CASES |= {
    "autoscaled": _autoscaled,
    "cron": _cron,
    "ingress": lambda: _rich("java"),
    "load-balancer": _load_balancer,
    "namespace": lambda: [namespace_object("shop-production"), quota_object("shop-production", BOUNDS)],
    "pre-rollout": _pre_rollout,
    "secrets": _secrets,
    "sidecar": _sidecar,
    "worker": lambda: render(worker(), subject("python", "production")),
}
