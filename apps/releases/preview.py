"""This room's part of a preview: gates, the change on every target, commits since what runs there (R9, B11).

Must not: change anything; every patch is a server-side dry run, and what could not be asked is said to be unknown.
"""

from __future__ import annotations

from typing import Any

from apps.common.errors import DomainError, IntegrationError
from apps.releases.api import commits_since
from apps.releases.change import dry_run_changes, is_name_taken, read_deployments, row_of, where
from apps.releases.gates import gates_for
from apps.releases.history import last_known_good
from apps.releases.kinds.filing import find_release
from apps.releases.kinds.roll_back import configuration_offered
from apps.releases.models import Release
from apps.releases.tags import PATTERN
from apps.releases.targets import workloads_of
from apps.tickets.api import PreviewParts
from apps.tickets.registry import Filing, Prepared
from apps.workloads.configuring.making import in_force_for
from apps.workloads.models import Workload
from apps.workloads.observe import container_image

Json = dict[str, Any]
NEW_DIGEST = "sha256:…"


def preview_parts(kind: str, filing: Filing, prepared: Prepared | None) -> PreviewParts:
    """What a release, promote or roll back would do there."""
    parts = PreviewParts()
    if filing.environment is None:
        return parts
    workloads = _workloads(filing, parts)
    if kind == "release":
        parts.changes = _present_images(filing, workloads)
        commit = str(prepared.facts["commit"]) if prepared else ""
    else:
        release = prepared.row if prepared else _release_of(kind, filing)
        if release is None:
            return parts
        _existing(kind, filing, release, workloads, parts)
        _with_objects(parts.changes, prepared)
        if kind == "roll_back":
            parts.configuration = configuration_offered(filing, release, workloads)
        commit = release.commit
    parts.findings += _of_changes(parts.changes)
    parts.commits, parts.commits_reason = commits_since(
        filing.project, filing.environment, commit, backwards=kind == "roll_back"
    )
    return parts


def _workloads(filing: Filing, parts: PreviewParts) -> list[Workload]:
    assert filing.environment is not None
    try:
        return workloads_of(filing.project, filing.environment)
    except DomainError as error:
        parts.findings.append({"level": "deny", "code": error.code, "params": error.params})
        return []


def _release_of(kind: str, filing: Filing) -> Release | None:
    """The release that a refused filing named; a roll back that names none means the last known good."""
    assert filing.environment is not None
    if filing.form.get("release"):
        return find_release(filing, filing.form["release"])
    good = last_known_good(filing.project, filing.environment) if kind == "roll_back" else None
    return good.release if good else None


def _existing(kind: str, filing: Filing, release: Release, workloads: list[Workload], parts: PreviewParts) -> None:
    """Gates and dry runs for an image that exists."""
    assert filing.environment is not None
    if release.requester_id is not None:
        parts.excluded.add(release.requester_id)
    if kind == "promote":
        parts.gates = [gate.__dict__ for gate in gates_for(filing.project, release, filing.environment)]
    if release.digest:
        parts.changes = [_shown(change) for change in dry_run_changes(kind, release, workloads)]


def _with_objects(changes: list[Json], prepared: Prepared | None) -> None:
    """What becomes of the other objects, where a configuration comes back with the image."""
    content = (prepared.fingerprint_content if prepared else None) or {}
    by_cluster = {(one["cluster"], one["deployment"]): one for one in content.get("targets", []) if "objects" in one}
    for change in changes:
        found = by_cluster.get((change["cluster"], change["deployment"]))
        if found:
            change["removed"] = found["removed"]
            change["objects"] = [
                {"object": name, "created": what == "created", "changes": [] if what == "created" else what}
                for name, what in found["objects"].items()
            ]


def _shown(change: Json) -> Json:
    return {
        **{name: change[name] for name in ("cluster", "namespace", "deployment", "container", "wave")},
        "before": change.get("from"),
        "after": change.get("to"),
        "is_pattern": False,
        "replicas": change.get("replicas"),
        "changed_fields": change.get("changed_fields", []),
        "refused": change.get("refused"),
        "not_checked": change.get("not_checked"),
        "will_be_made": change["will_be_made"],
        "pre_rollout": change["pre_rollout"],
        "objects": [],
        "removed": [],
    }


def _present_images(filing: Filing, workloads: list[Workload]) -> list[Json]:
    """A release has no digest yet: what runs now, and the pattern of what will (D4: a pattern, not a promise)."""
    in_force = in_force_for(workloads)
    repository = filing.project.image_repository
    rows = []
    for workload, found in zip(workloads, read_deployments(workloads, in_force), strict=True):
        row = row_of("release", workload, in_force.get(workload.pk))
        if isinstance(found, IntegrationError):
            row["not_checked" if found.retryable else "refused"] = found.as_reason()
        elif found is not None and is_name_taken(workload, found):
            row["refused"] = {"code": "workload.name_taken", "params": where(workload)}
        else:
            row |= {
                "from": container_image(found or {}, workload.container),
                "to": f"{workload.placement.cluster.image_host}/{repository}:{PATTERN}@{NEW_DIGEST}",
                "replicas": found["spec"].get("replicas", 1) if found else None,
                "will_be_made": found is None,
            }
        rows.append({**_shown(row), "is_pattern": True})
    return rows


def _of_changes(changes: list[Json]) -> list[Json]:
    """A refusal, a silence, nothing to do, or more than another image: one finding per cause."""
    found: list[Json] = []
    for change in changes:
        if change["refused"]:
            found.append({"level": "deny", **change["refused"]})
        elif change["not_checked"]:
            found.append({"level": "unknown", **change["not_checked"]})
    same = [change["cluster"] for change in changes if change["before"] and change["before"] == change["after"]]
    if same:
        found.append({"level": "warn", "code": "preview.runs_already", "params": {"clusters": sorted(set(same))}})
    made = [one["cluster"] for one in changes if one["will_be_made"]]
    if made:
        found.append({"level": "warn", "code": "preview.will_be_made", "params": {"clusters": sorted(set(made))}})
    commands = sorted({" ".join(one["pre_rollout"]["command"]) for one in changes if one["pre_rollout"]})
    if commands:
        found.append({"level": "warn", "code": "preview.pre_rollout", "params": {"commands": commands}})
    return found
