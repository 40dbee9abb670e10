"""The table of resources that the stand-in serves: names, verbs, subresources and where they are stored.

Must not: hold behaviour of a single resource (see defaults, api and controllers).
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

ALL_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")
REVIEW_VERBS = ("create",)


@dataclass(frozen=True)
class Subresource:
    """One subresource; `group`/`version` only where its kind is of another group than its parent's."""

    name: str
    kind: str
    verbs: tuple[str, ...]
    group: str = ""
    version: str = ""


@dataclass(frozen=True)
class Resource:
    """One resource of one group version. `stored` is the name under which the Store keeps its objects."""

    group: str
    version: str
    plural: str
    singular: str
    kind: str
    namespaced: bool = True
    short_names: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    verbs: tuple[str, ...] = ALL_VERBS
    subresources: tuple[Subresource, ...] = ()
    has_generation: bool = False

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1` …"""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def qualified(self) -> str:
        """The plural as messages write it: `pods`, `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    @property
    def qualified_kind(self) -> str:
        """The kind as 422 messages write it: `Pod`, `Deployment.apps`."""
        return f"{self.kind}.{self.group}" if self.group else self.kind

    @property
    def is_stored(self) -> bool:
        """Whether objects are kept (reviews are answered and forgotten)."""
        return self.verbs != REVIEW_VERBS

    @property
    def storage_version_hash(self) -> str:
        """A stable stand-in of the hash that discovery shows."""
        digest = hashlib.sha256(f"{self.group}/{self.version}/{self.kind}".encode()).digest()
        return base64.b64encode(digest[:8]).decode()

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of that name."""
        return next((s for s in self.subresources if s.name == name), None)


def _status(kind: str) -> Subresource:
    return Subresource("status", kind, ("get", "patch", "update"))


_SCALE = Subresource("scale", "Scale", ("get", "patch", "update"), "autoscaling", "v1")
_POD_PARTS = (
    Subresource("eviction", "Eviction", ("create",), "policy", "v1"),
    Subresource("exec", "PodExecOptions", ("create", "get")),
    Subresource("log", "Pod", ("get",)),
    _status("Pod"),
)


def _core(plural: str, singular: str, kind: str, **more: object) -> Resource:
    return Resource("", "v1", plural, singular, kind, **more)  # type: ignore[arg-type]


def _workload(plural: str, kind: str, short: str, parts: tuple[Subresource, ...]) -> Resource:
    names = (short,)
    return Resource(
        *("apps", "v1", plural, kind.lower(), kind),
        short_names=names,
        categories=("all",),
        subresources=parts,
        has_generation=True,
    )


def _review(group: str, plural: str, kind: str) -> Resource:
    return Resource(group, "v1", plural, kind.lower(), kind, namespaced=False, verbs=REVIEW_VERBS)


TABLE: tuple[Resource, ...] = (
    _core("configmaps", "configmap", "ConfigMap", short_names=("cm",)),
    _core("endpoints", "endpoints", "Endpoints", short_names=("ep",)),
    _core("events", "event", "Event", short_names=("ev",)),
    _core("limitranges", "limitrange", "LimitRange", short_names=("limits",)),
    _core(
        "namespaces",
        "namespace",
        "Namespace",
        namespaced=False,
        short_names=("ns",),
        verbs=("create", "delete", "get", "list", "patch", "update", "watch"),
        subresources=(_status("Namespace"),),
    ),
    _core("nodes", "node", "Node", namespaced=False, short_names=("no",), subresources=(_status("Node"),)),
    _core(
        "persistentvolumeclaims",
        "persistentvolumeclaim",
        "PersistentVolumeClaim",
        short_names=("pvc",),
        subresources=(_status("PersistentVolumeClaim"),),
    ),
    _core(
        "pods",
        "pod",
        "Pod",
        short_names=("po",),
        categories=("all",),
        subresources=_POD_PARTS,
        has_generation=True,
    ),
    _core(
        "resourcequotas",
        "resourcequota",
        "ResourceQuota",
        short_names=("quota",),
        subresources=(_status("ResourceQuota"),),
    ),
    _core("secrets", "secret", "Secret"),
    _core("serviceaccounts", "serviceaccount", "ServiceAccount", short_names=("sa",)),
    _core(
        "services",
        "service",
        "Service",
        short_names=("svc",),
        categories=("all",),
        subresources=(_status("Service"),),
    ),
    _workload("daemonsets", "DaemonSet", "ds", (_status("DaemonSet"),)),
    Resource(
        "apps",
        "v1",
        "deployments",
        "deployment",
        "Deployment",
        short_names=("deploy",),
        categories=("all",),
        subresources=(_SCALE, _status("Deployment")),
        has_generation=True,
    ),
    Resource(
        "apps",
        "v1",
        "replicasets",
        "replicaset",
        "ReplicaSet",
        short_names=("rs",),
        categories=("all",),
        subresources=(_SCALE, _status("ReplicaSet")),
        has_generation=True,
    ),
    _workload("statefulsets", "StatefulSet", "sts", (_SCALE, _status("StatefulSet"))),
    _review("authentication.k8s.io", "selfsubjectreviews", "SelfSubjectReview"),
    _review("authentication.k8s.io", "tokenreviews", "TokenReview"),
    _review("authorization.k8s.io", "selfsubjectaccessreviews", "SelfSubjectAccessReview"),
    Resource(
        "autoscaling",
        "v2",
        "horizontalpodautoscalers",
        "horizontalpodautoscaler",
        "HorizontalPodAutoscaler",
        short_names=("hpa",),
        categories=("all",),
        subresources=(_status("HorizontalPodAutoscaler"),),
    ),
    Resource(
        "batch",
        "v1",
        "cronjobs",
        "cronjob",
        "CronJob",
        short_names=("cj",),
        categories=("all",),
        subresources=(_status("CronJob"),),
        has_generation=True,
    ),
    Resource(
        "batch",
        "v1",
        "jobs",
        "job",
        "Job",
        categories=("all",),
        subresources=(_status("Job"),),
        has_generation=True,
    ),
    Resource("events.k8s.io", "v1", "events", "event", "Event", short_names=("ev",)),
    Resource(
        "networking.k8s.io",
        "v1",
        "ingresses",
        "ingress",
        "Ingress",
        short_names=("ing",),
        subresources=(_status("Ingress"),),
        has_generation=True,
    ),
    Resource(
        "policy",
        "v1",
        "poddisruptionbudgets",
        "poddisruptionbudget",
        "PodDisruptionBudget",
        short_names=("pdb",),
        subresources=(_status("PodDisruptionBudget"),),
        has_generation=True,
    ),
)


@dataclass(frozen=True)
class GroupVersion:
    """One group version and what it serves."""

    group: str
    version: str
    resources: tuple[Resource, ...] = field(default_factory=tuple)

    @property
    def name(self) -> str:
        """`v1`, `apps/v1` …"""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def path(self) -> str:
        """The path without leading slash: `api/v1`, `apis/apps/v1`."""
        return f"apis/{self.name}" if self.group else f"api/{self.version}"


def _group_versions() -> tuple[GroupVersion, ...]:
    found: dict[tuple[str, str], list[Resource]] = {}
    for resource in TABLE:
        found.setdefault((resource.group, resource.version), []).append(resource)
    return tuple(GroupVersion(group, version, tuple(items)) for (group, version), items in found.items())


GROUP_VERSIONS = _group_versions()
# The Store knows resources by their plural alone; `events` is kept as core v1.
BY_PLURAL: dict[str, Resource] = {r.plural: r for r in reversed(TABLE)}
BY_PATH: dict[tuple[str, str, str], Resource] = {(r.group, r.version, r.plural): r for r in TABLE}
STORED: tuple[str, ...] = tuple(r.plural for r in BY_PLURAL.values() if r.is_stored)
