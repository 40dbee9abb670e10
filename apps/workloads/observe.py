"""From a raw Deployment and its Pods to what the portal stores and judges (D20). Pure functions.

Must not: call a cluster or read a row; numbers that Kubernetes leaves out are 0.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any, Self

Json = dict[str, Any]

NEW_POD_TROUBLE = (
    "ErrImagePull",
    "ImagePullBackOff",
    "CrashLoopBackOff",
    "CreateContainerConfigError",
    "InvalidImageName",
)

# A pod in one of these runs nothing and never will: the controllers have replaced it and count it no more, and it
# stays listed until somebody deletes it (evicted ones do).
ENDED_PHASES = ("Succeeded", "Failed")
DEADLINE = "ProgressDeadlineExceeded"


def digest_of(image: str) -> str:
    """The digest inside an image reference or an imageID; empty for a tag only or a bare config id."""
    _, found, digest = image.rpartition("@")
    return digest if found and digest.startswith("sha256:") else ""


def container_image(deployment: Json, container: str) -> str:
    """The image of that container in the Deployment's template; empty when there is no such container."""
    spec = deployment.get("spec", {}).get("template", {}).get("spec", {})
    return next((c.get("image", "") for c in spec.get("containers", []) if c.get("name") == container), "")


@dataclass(frozen=True)
class SeenPod:
    """One pod of a Deployment, reduced to one container."""

    name: str
    digest: str
    image_id: str
    ready: bool
    reason: str
    message: str
    restarts: int
    exit_code: int | None
    terminating: bool
    owner: str
    since: str
    image: str = ""
    ended: bool = False

    def as_json(self) -> Json:
        """The stored form."""
        return {**self.__dict__}

    @classmethod
    def from_json(cls, stored: Json) -> Self:
        """Of the stored form; what a newer version wrote beside it is left alone."""
        known = {one.name for one in fields(cls)}
        return cls(**{key: value for key, value in stored.items() if key in known})


@dataclass(frozen=True)
class Seen:
    """One Deployment as it was seen: counters with absent = 0, conditions, pods."""

    uid: str
    resource_version: str
    generation: int
    observed_generation: int
    image: str
    replicas_wanted: int
    replicas: int
    updated: int
    ready: int
    available: int
    step_key: str
    paused: bool
    conditions: list[Json] = field(default_factory=list)
    pods: list[SeenPod] = field(default_factory=list)

    def condition(self, kind: str) -> Json:
        """The condition of that type; empty when absent."""
        return next((c for c in self.conditions if c.get("type") == kind), {})

    @property
    def living(self) -> list[SeenPod]:
        """The pods that run or are to run."""
        return [p for p in self.pods if not p.ended]


def see(deployment: Json, pods: list[Json], container: str, step_key_annotation: str) -> Seen:
    """Reduce raw objects. `pods` are those the Deployment's selector matches."""
    meta, spec, status = deployment["metadata"], deployment["spec"], deployment.get("status", {})
    return Seen(
        uid=meta.get("uid", ""),
        resource_version=meta.get("resourceVersion", ""),
        generation=meta.get("generation", 0),
        observed_generation=status.get("observedGeneration", 0),
        image=container_image(deployment, container),
        replicas_wanted=spec.get("replicas", 1),
        replicas=status.get("replicas", 0),
        updated=status.get("updatedReplicas", 0),
        ready=status.get("readyReplicas", 0),
        available=status.get("availableReplicas", 0),
        step_key=(meta.get("annotations") or {}).get(step_key_annotation, ""),
        paused=bool(spec.get("paused")),
        conditions=[
            {k: c.get(k, "") for k in ("type", "status", "reason", "message", "lastUpdateTime")}
            for c in status.get("conditions", [])
        ],
        pods=[see_pod(p, container) for p in sorted(pods, key=lambda p: p["metadata"]["name"])],
    )


def see_pod(pod: Json, container: str) -> SeenPod:
    """Reduce one raw Pod to what D20 and the board need."""
    meta, spec, status = pod["metadata"], pod.get("spec", {}), pod.get("status", {})
    wanted = next((c.get("image", "") for c in spec.get("containers", []) if c.get("name") == container), "")
    own: Json = next((c for c in status.get("containerStatuses", []) if c.get("name") == container), {})
    waiting = own.get("state", {}).get("waiting", {})
    ended = own.get("state", {}).get("terminated") or own.get("lastState", {}).get("terminated") or {}
    unscheduled: Json = next(
        (c for c in status.get("conditions", []) if c.get("type") == "PodScheduled" and c.get("status") == "False"), {}
    )
    ready = any(c.get("type") == "Ready" and c.get("status") == "True" for c in status.get("conditions", []))
    is_over = status.get("phase") in ENDED_PHASES
    # An ended pod's containers still tell of their last wait; why it ended is what counts.
    why = {"reason": status.get("reason") or status["phase"], "message": status.get("message", "")} if is_over else {}
    trouble: Json = why or waiting or unscheduled
    return SeenPod(
        name=meta["name"],
        digest=digest_of(wanted),
        image_id=own.get("imageID", ""),
        ready=ready,
        reason=trouble.get("reason", ""),
        message=trouble.get("message", "")[:300],
        restarts=own.get("restartCount", 0),
        exit_code=ended.get("exitCode"),
        terminating="deletionTimestamp" in meta,
        owner=next((o["name"] for o in meta.get("ownerReferences", []) if o.get("controller")), ""),
        since=status.get("startTime") or meta.get("creationTimestamp", ""),
        image=wanted,
        ended=is_over,
    )


def deadline_before(deployment: Json) -> str:
    """When an earlier rollout of a raw Deployment ran past its deadline; empty when its last one did not.

    After a change the condition stays as it is until something moves, also at the new generation (`judge`).
    """
    conditions = deployment.get("status", {}).get("conditions") or []
    return next((str(c.get("lastUpdateTime", "")) for c in conditions if c.get("reason") == DEADLINE), "")


@dataclass(frozen=True)
class Judgement:
    """`state` is done, moving or failed; `code` and `params` say why for the last two; `notes` never fail anything."""

    state: str
    code: str = ""
    params: Json = field(default_factory=dict)
    notes: tuple[Json, ...] = ()


def judge(seen: Seen, *, digest: str, generation: int, is_patient: bool = False, stale_deadline: str = "") -> Judgement:
    """Has this target arrived (D20)? Only what was observed at or after `generation` counts.

    is_patient: pods refused by a quota are not a failure yet; old pods that go away may make room for them.
    stale_deadline: the time of the deadline condition that stood there before our change, and says nothing of it.
    """
    if seen.observed_generation < generation:
        return Judgement("moving", "rollout.not_observed", {"generation": generation, "seen": seen.observed_generation})
    if digest_of(seen.image) != digest:
        return Judgement("failed", "rollout.image_replaced", {"image": seen.image, "digest": digest})
    failure = seen.condition("ReplicaFailure")
    if failure.get("status") == "True":
        quota = "exceeded quota" in failure.get("message", "")
        code = "rollout.quota_exceeded" if quota else "rollout.pods_refused"
        return Judgement("moving" if is_patient else "failed", code, {"said": failure.get("message", "")[:300]})
    progress = seen.condition("Progressing")
    is_stale = bool(stale_deadline) and progress.get("lastUpdateTime") == stale_deadline
    if progress.get("reason") == DEADLINE and not is_stale:
        return Judgement("failed", *_stuck(seen, digest))
    if seen.paused:
        return Judgement("failed", "rollout.paused", {})
    return _count(seen, digest)


def _count(seen: Seen, digest: str) -> Judgement:
    wanted = seen.replicas_wanted
    counters = {"updated": seen.updated, "ready": seen.ready, "available": seen.available, "replicas": wanted}
    if not seen.updated == seen.ready == seen.available == seen.replicas == wanted:
        return Judgement("moving", "rollout.replicas", counters)
    others = [p.name for p in seen.living if p.digest != digest]
    if others:
        return Judgement("moving", "rollout.old_pods", {"pods": others[:10], "count": len(others)})
    mine = [p for p in seen.living if not p.terminating]
    if len(mine) != wanted:
        return Judgement("moving", "rollout.pods_listed", {"pods": len(mine), "replicas": wanted})
    wrong = [p for p in mine if digest_of(p.image_id) not in ("", digest)]
    if wrong:
        params = {"pod": wrong[0].name, "image_id": wrong[0].image_id, "digest": digest}
        return Judgement("failed", "rollout.other_image_runs", params)
    notes = tuple(
        {"code": "rollout.image_id_bare", "params": {"pod": p.name, "image_id": p.image_id}}
        for p in mine
        if not digest_of(p.image_id)
    )
    return Judgement("done", notes=notes)


def _stuck(seen: Seen, digest: str) -> tuple[str, Json]:
    """Why a rollout ran past its progress deadline: the most telling of the new pods."""
    for pod in seen.living:
        if pod.digest == digest and pod.reason in NEW_POD_TROUBLE:
            params = {"pod": pod.name, "reason": pod.reason, "said": pod.message, "exit_code": pod.exit_code}
            return ("rollout.image_pull" if "Image" in pod.reason else "rollout.pod_fails"), params
    for pod in seen.living:
        if pod.digest == digest and pod.reason == "Unschedulable":
            return "rollout.unschedulable", {"pod": pod.name, "said": pod.message}
    for pod in seen.living:
        if pod.digest == digest and not pod.ready and not pod.terminating:
            return "rollout.pod_not_ready", {"pod": pod.name, "ready": seen.ready, "replicas": seen.replicas_wanted}
    return "rollout.deadline_exceeded", {"ready": seen.ready, "updated": seen.updated, "replicas": seen.replicas_wanted}
