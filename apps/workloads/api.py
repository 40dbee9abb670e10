"""What the views ask about workloads: rows narrowed to what the actor may see, and observations in words.

Must not: ask a cluster; the number of viewers never reaches an API server.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from apps.policy.actor import Actor
from apps.policy.services import visible_project_ids
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from apps.workloads.observe import SeenPod, digest_of, judge

FRESH = timedelta(seconds=15)
STATES = {"done": "ready", "moving": "moving", "failed": "failing"}


@dataclass(frozen=True)
class Condition:
    """A workload in one word, with the code that says why; `state` is one of STATES' values, offline, gone, unknown."""

    state: str
    code: str = ""
    params: dict[str, Any] = field(default_factory=dict)


def visible_workloads(actor: Actor) -> QuerySet[Workload]:
    """Workloads of the projects the actor is a member of, with all that an answer shows."""
    ids = visible_project_ids(actor)
    rows = workloads_in_full()
    return rows if ids is None else rows.filter(project_environment__project__in=ids)


def workloads_in_full() -> QuerySet[Workload]:
    """Workloads with their project, environment, cluster, heartbeat and observation in one query."""
    return Workload.objects.select_related(
        "project_environment__project", "project_environment__environment", "placement__cluster__heartbeat", "observed"
    )


def observed_of(workload: Workload) -> ObservedDeployment | None:
    """What the watcher last saw; None before it looked."""
    return getattr(workload, "observed", None)


def heartbeat_of(workload: Workload) -> ClusterHeartbeat | None:
    """When the watcher last heard from the workload's cluster; None when none ever watched it."""
    return getattr(workload.placement.cluster, "heartbeat", None)


def is_fresh(beat: ClusterHeartbeat | None, now: datetime) -> bool:
    """Whether what was observed on the cluster may be taken for the present."""
    return beat is not None and beat.seen_at is not None and now - beat.seen_at <= FRESH


def condition_of(workload: Workload, now: datetime) -> Condition:
    """The one word: what was seen, or that nobody knows (a silent cluster is never shown as healthy)."""
    row, beat = observed_of(workload), heartbeat_of(workload)
    cluster = workload.placement.cluster.name
    if beat is None or beat.seen_at is None:
        return Condition("unknown", "workload.never_seen", {"cluster": cluster})
    if not is_fresh(beat, now):
        seconds = int((now - beat.seen_at).total_seconds())
        return Condition("unknown", "workload.cluster_silent", {"cluster": cluster, "seconds": seconds})
    if row is None:
        return Condition("unknown", "workload.not_seen_yet", {"deployment": workload.deployment, "cluster": cluster})
    if not row.exists and not workload.deployment_uid:
        params = {"deployment": workload.deployment, "cluster": cluster}
        return Condition("offline", "workload.not_made_yet", params)
    if not row.exists:
        return Condition("gone", "workload.gone", {"deployment": workload.deployment, "cluster": cluster})
    if row.replicas_wanted == 0 and row.replicas == 0:
        return Condition("offline", "workload.offline", {})
    return _judged(row)


def _judged(row: ObservedDeployment) -> Condition:
    seen = row.as_seen()
    digest = digest_of(seen.image)
    if not digest:
        # Deployed by tag: what the tag meant is unknown, so that no imageID can contradict it.
        seen = replace(seen, pods=[replace(pod, image_id="") for pod in seen.pods])
    judgement = judge(seen, digest=digest, generation=seen.generation)
    return Condition(STATES[judgement.state], judgement.code, judgement.params)


def tag_of(image: str) -> str:
    """The version in an image reference: its tag; empty when it has none."""
    return image.partition("@")[0].rpartition("/")[2].partition(":")[2]


def pods_of(row: ObservedDeployment) -> list[dict[str, Any]]:
    """The pods by meaning: version, whether it is the wanted one, ready, restarts, since when, and what is wrong."""
    wanted = digest_of(row.image) or row.image
    found = [_pod(pod, wanted) for pod in row.as_seen().pods]
    return sorted(found, key=lambda pod: (not pod["is_current"], pod["is_ready"], pod["since"] or "", pod["name"]))


def _pod(pod: SeenPod, wanted: str) -> dict[str, Any]:
    return {
        "name": pod.name,
        "version": tag_of(pod.image),
        "digest": pod.digest,
        "is_current": (pod.digest or pod.image) == wanted,
        "is_ready": pod.ready,
        "is_terminating": pod.terminating,
        "restarts": pod.restarts,
        "reason": pod.reason,
        "message": pod.message,
        "exit_code": pod.exit_code,
        "since": pod.since or None,
    }
