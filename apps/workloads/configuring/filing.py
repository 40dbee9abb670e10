"""What a proposed configuration has to pass before it becomes a ticket: standards, quotas, what clusters refuse.

Must not: write a row, or let pass what nobody could read.
"""

from __future__ import annotations

from typing import Any

from apps.catalog.standards.findings import Finding, evaluate
from apps.catalog.standards.services import current_standards
from apps.common.canonical import sha256_hex
from apps.common.errors import Conflict, Invalid
from apps.projects.models import ProjectEnvironment
from apps.workloads.configuring import revisions
from apps.workloads.configuring.planning import Plan, judged_subject

Json = dict[str, Any]


def assert_newest(pair: ProjectEnvironment, name: str, based_on: int) -> None:
    """Conflict naming who applied another revision, and when, since the edited one was read."""
    newer = revisions.applied_since(pair, name, based_on)
    if newer is not None:
        params = {"number": newer["number"], "by": newer["by"], "at": newer["at"].isoformat(timespec="seconds")}
        raise Conflict("configuration.applied_meanwhile", workload=name, based_on=based_on, **params)


def assert_acceptable(plan: Plan, rows: list[Json]) -> None:
    """Conflict with the first thing a cluster refuses, or the first quota that would not be kept (E5)."""
    for row in rows:
        refusals = [row["refused"], *(one["refused"] for one in row["objects"])]
        for reason in [one for one in refusals if one]:
            raise Conflict(reason["code"], **reason["params"])
        for quota in row["quotas"]:
            for short in quota["shortfalls"]:
                params = {name: short[name] for name in ("resource", "hard", "used", "asked", "missing")}
                where = {"cluster": row["cluster"], "namespace": row["namespace"], "quota": quota["name"]}
                code = "configuration.quota_unset" if short["is_unset"] else "configuration.quota"
                raise Conflict(code, **where, **params)
    if not rows:
        raise Conflict("configuration.no_placement", environment=plan.pair.environment.slug)


def assert_standards(plan: Plan, document: Json, image: str, explanations: Json) -> None:
    """Conflict with every denied finding by its field; Invalid for warnings that nobody explained."""
    findings = assert_not_denied(plan, document, image)
    silent = sorted({one.standard for one in findings} - set(explanations))
    if silent:
        problems = [{"code": "configuration.unexplained", "params": {"standards": silent}}]
        raise Invalid("configuration.unexplained", fields={"explanations": problems}, standards=silent)


def assert_not_denied(plan: Plan, document: Json, image: str) -> list[Finding]:
    """Conflict with every denied finding by its field; else all findings."""
    findings = evaluate(document, judged_subject(plan.pair, plan.name, image), current_standards())
    denied = [one for one in findings if one.level == "deny"]
    if denied:
        names = sorted({one.standard for one in denied})
        raise Conflict("configuration.denied", fields=_by_field(denied), standards=names)
    return findings


def _by_field(findings: list[Finding]) -> dict[str, list[Json]]:
    found: dict[str, list[Json]] = {}
    for one in findings:
        problem = {"code": "configuration.against_standard", "params": {**one.params, "standard": one.standard}}
        found.setdefault(one.field, []).append(problem)
    return found


def content_of(plan: Plan, document: Json, rows: list[Json], *, take_over: bool) -> Json:
    """D17's content: the document, the versions of the held values that go with it (never a value), and per target our
    change of each object as from → to."""
    versions = plan.secret_versions(document)
    return {
        **({"secrets": versions} if versions else {}),
        "kind": "configure",
        "name": plan.name,
        "document": sha256_hex(document),
        "take_over": take_over,
        "targets": [
            {
                "cluster": target.cluster.name,
                "cluster_uid": target.cluster.uid,
                "namespace": target.namespace,
                "wave": target.wave,
                **objects_of(row),
            }
            for target, row in zip(plan.targets, rows, strict=True)
        ],
    }


def objects_of(row: Json) -> Json:
    """What becomes of each object of a cluster, and which would go."""
    return {
        "objects": {one["object"]: "created" if one["created"] else one["changes"] for one in row["objects"]},
        "removed": row["removed"],
    }
