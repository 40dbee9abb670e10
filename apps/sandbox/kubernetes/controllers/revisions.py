"""The ReplicaSets of a Deployment by revision: which one fits the template, revision annotations, old ones' clean-up.

Must not: decide how many pods a ReplicaSet gets over time (that is `rolling.py`).
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from apps.sandbox.kubernetes.life.objects import HASH_LABEL, Obj, owner_reference, resolve_count, template_hash

PREFIX = "deployment.kubernetes.io/"
REVISION = PREFIX + "revision"
HISTORY = PREFIX + "revision-history"
DESIRED = PREFIX + "desired-replicas"
MAXIMUM = PREFIX + "max-replicas"
# Annotations of a Deployment that its ReplicaSets do not get.
NOT_COPIED = {
    REVISION,
    HISTORY,
    DESIRED,
    MAXIMUM,
    "kubectl.kubernetes.io/last-applied-configuration",
    "deprecated.deployment.rollback.to",
}


@dataclass(frozen=True)
class Strategy:
    """A Deployment's numbers, resolved."""

    replicas: int
    surge: int
    unavailable: int
    is_rolling: bool

    @classmethod
    def of(cls, deployment: Obj) -> Strategy:
        """Resolve percentages: surge up, unavailable down; both zero means one unavailable."""
        spec = deployment["spec"]
        replicas = int(spec.get("replicas", 1))
        strategy = spec.get("strategy") or {}
        if strategy.get("type", "RollingUpdate") != "RollingUpdate":
            return cls(replicas, 0, 0, False)
        rolling = strategy.get("rollingUpdate") or {}
        surge = resolve_count(rolling.get("maxSurge", "25%"), replicas, up=True)
        unavailable = resolve_count(rolling.get("maxUnavailable", "25%"), replicas, up=False)
        if surge == 0 and unavailable == 0:
            unavailable = 1
        return cls(replicas, surge, min(unavailable, replicas), True)

    @property
    def most_pods(self) -> int:
        """Pods there may be at once."""
        return self.replicas + self.surge


def wanted(replica_set: Obj) -> int:
    """`spec.replicas`."""
    return int(replica_set["spec"].get("replicas", 1))


def counter(replica_set: Obj, name: str) -> int:
    """A counter of the status; absent is zero."""
    return int((replica_set.get("status") or {}).get(name, 0))


def revision(obj: Obj) -> int:
    """The revision annotation; zero when there is none."""
    text = (obj["metadata"].get("annotations") or {}).get(REVISION, "0")
    return int(text) if text.isdecimal() else 0


def oldest_first(replica_sets: list[Obj]) -> list[Obj]:
    """By age; two of one second by revision."""
    return sorted(replica_sets, key=lambda r: (r["metadata"]["creationTimestamp"], revision(r)))


def find_new(deployment: Obj, replica_sets: list[Obj]) -> Obj | None:
    """The ReplicaSet whose template is the Deployment's."""
    digest = template_hash(deployment["spec"]["template"])
    found = (r for r in oldest_first(replica_sets) if template_hash(r["spec"]["template"]) == digest)
    return next(found, None)


def annotate(deployment: Obj, replica_set: Obj, number: int, strategy: Strategy, *, is_new: bool) -> bool:
    """Write the annotations of a Deployment's current ReplicaSet; True when one changed."""
    annotations = replica_set["metadata"].setdefault("annotations", {})
    before = dict(annotations)
    for name, value in (deployment["metadata"].get("annotations") or {}).items():
        if name not in NOT_COPIED:
            annotations[name] = value
    old = revision(replica_set)
    if old < number:
        annotations[REVISION] = str(number)
        if old:
            history = annotations.get(HISTORY)
            annotations[HISTORY] = f"{history},{old}" if history else str(old)
    if is_new:
        put_sizes(replica_set, strategy)
    return annotations != before


def put_sizes(replica_set: Obj, strategy: Strategy) -> bool:
    """Write desired-replicas and max-replicas; True when one changed."""
    annotations = replica_set["metadata"].setdefault("annotations", {})
    before = dict(annotations)
    annotations[DESIRED] = str(strategy.replicas)
    annotations[MAXIMUM] = str(strategy.most_pods)
    return annotations != before


def make(deployment: Obj, replicas: int) -> Obj:
    """A new ReplicaSet for the Deployment's template, without annotations."""
    metadata = deployment["metadata"]
    digest = template_hash(deployment["spec"]["template"])
    template = copy.deepcopy(deployment["spec"]["template"])
    template.setdefault("metadata", {}).setdefault("labels", {})[HASH_LABEL] = digest
    selector = copy.deepcopy(deployment["spec"]["selector"])
    selector.setdefault("matchLabels", {})[HASH_LABEL] = digest
    spec: Obj = {"replicas": replicas, "selector": selector, "template": template}
    if deployment["spec"].get("minReadySeconds"):
        spec["minReadySeconds"] = deployment["spec"]["minReadySeconds"]
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {
            "name": f"{metadata['name']}-{digest}",
            "namespace": metadata["namespace"],
            "labels": dict(template["metadata"]["labels"]),
            "annotations": {},
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": spec,
        "status": {"replicas": 0},
    }


def superfluous(deployment: Obj, old: list[Obj]) -> list[Obj]:
    """Empty old ReplicaSets beyond revisionHistoryLimit, oldest revision first."""
    limit = int(deployment["spec"].get("revisionHistoryLimit", 10))
    empty = [
        r
        for r in old
        if wanted(r) == 0
        and counter(r, "replicas") == 0
        and counter(r, "observedGeneration") >= r["metadata"]["generation"]
        and "deletionTimestamp" not in r["metadata"]
    ]
    return sorted(empty, key=revision)[: max(0, len(empty) - limit)]
