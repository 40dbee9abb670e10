"""ResourceQuota: refuses a pod that would exceed one, in the API's words, and keeps `status.used` true.

What is used is counted from the store at the moment of asking. Must not: change pods.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.errors import ApiError
from apps.sandbox.kubernetes.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from apps.sandbox.kubernetes.life.work import Life
    from apps.sandbox.kubernetes.resources import Resource
    from apps.sandbox.kubernetes.store import Store

Obj = dict[str, Any]
Used = dict[str, Quantity]
KIND = "quota"
UPKEEP_SECONDS = 0.1
ONE = Quantity.parse("1")
# Old short names of what is counted.
COUNTED = (
    "configmaps",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "resourcequotas",
    "secrets",
    "services",
)


def admit_pod(store: Store, pod: Obj) -> None:
    """Raise 403 when a quota of the pod's namespace does not allow it."""
    namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
    for quota in store.list("resourcequotas", namespace):
        hard = quota["spec"].get("hard") or {}
        quota_name = quota["metadata"]["name"]
        unset = _unset(hard, pod)
        if unset:
            raise _forbidden(name, f"failed quota: {quota_name}: must specify {unset}")
        asked = usage_of(pod, hard)
        used = count_used(store, namespace, hard)
        over = [r for r in sorted(asked) if asked[r].value and used[r] + asked[r] > Quantity.parse(hard[r])]
        if over:
            parts = (
                "requested: " + ",".join(f"{r}={asked[r]}" for r in over),
                "used: " + ",".join(f"{r}={used[r]}" for r in over),
                "limited: " + ",".join(f"{r}={Quantity.parse(hard[r])}" for r in over),
            )
            raise _forbidden(name, f"exceeded quota: {quota_name}, {', '.join(parts)}")


def admit_object(store: Store, resource: Resource, obj: Obj) -> None:
    """Raise 403 when a quota that counts objects of this kind is used up."""
    namespace, name = obj["metadata"].get("namespace"), obj["metadata"]["name"]
    if not namespace:
        return
    counted = [f"count/{resource.qualified}", *([resource.plural] if resource.plural in COUNTED else [])]
    for quota in store.list("resourcequotas", namespace):
        hard = quota["spec"].get("hard") or {}
        used = count_used(store, namespace, [c for c in counted if c in hard])
        over = [c for c in sorted(used) if used[c] + ONE > Quantity.parse(hard[c])]
        if over:
            parts = (
                "requested: " + ",".join(f"{c}=1" for c in over),
                "used: " + ",".join(f"{c}={used[c]}" for c in over),
                "limited: " + ",".join(f"{c}={Quantity.parse(hard[c])}" for c in over),
            )
            raise errors.forbidden(resource, name, f"exceeded quota: {quota['metadata']['name']}, {', '.join(parts)}")


def _forbidden(name: str, why: str) -> ApiError:
    return ApiError(403, "Forbidden", f'pods "{name}" is forbidden: {why}', {"name": name, "kind": "pods"})


def _containers(pod: Obj) -> list[Obj]:
    return list(pod["spec"].get("containers") or [])


def _place(resource: str) -> tuple[str, str] | None:
    """Where a compute resource stands in a container: (requests or limits, name); None for counts."""
    if resource in ("cpu", "memory"):
        return "requests", resource
    group, dot, name = resource.partition(".")
    return (group, name) if dot and group in ("requests", "limits") and name in ("cpu", "memory") else None


def _value(container: Obj, group: str, name: str) -> str | None:
    resources = container.get("resources") or {}
    value = (resources.get(group) or {}).get(name)
    if value is None and group == "requests":
        # A limit without a request is the request.
        value = (resources.get("limits") or {}).get(name)
    return None if value is None else str(value)


def _unset(hard: Obj, pod: Obj) -> str:
    """`limits.memory for: c; requests.cpu for: c`, or empty."""
    missing = []
    for resource in sorted(hard):
        place = _place(resource)
        if place is None:
            continue
        names = [c["name"] for c in _containers(pod) if _value(c, *place) is None]
        if names:
            missing.append(f"{resource} for: {','.join(sorted(names))}")
    return "; ".join(missing)


def usage_of(pod: Obj, hard: Iterable[str]) -> Used:
    """What one pod takes of the resources that a quota names."""
    used: Used = {}
    for resource in hard:
        place = _place(resource)
        if resource in ("pods", "count/pods"):
            used[resource] = ONE
        elif place is not None:
            total = Quantity()
            for container in _containers(pod):
                total += Quantity.parse(_value(container, *place) or "0")
            used[resource] = total
    return used


def count_used(store: Store, namespace: str, hard: Iterable[str]) -> Used:
    """What a namespace uses of the resources that a quota names; ended pods use nothing but `count/pods`."""
    names = list(hard)
    used: Used = {name: Quantity() for name in names}
    if any(_place(name) or name in ("pods", "count/pods") for name in names):
        for pod in store.list("pods", namespace):
            has_ended = (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")
            wanted = [n for n in names if n == "count/pods"] if has_ended else names
            for resource, amount in usage_of(pod, wanted).items():
                used[resource] += amount
    for name in names:
        counted = name[len("count/") :].partition(".")[0] if name.startswith("count/") else name
        if (name.startswith("count/") and counted != "pods") or name in COUNTED:
            used[name] = Quantity.parse(len(store.list(counted, namespace)))
    return used


class QuotaUpkeep:
    """Writes the status of ResourceQuotas a moment after something in their namespace changed."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._namespaces: dict[str, set[str]] = {}
        life.on_change("*", self._changed)
        life.on_work(KIND, self.sync)

    def _changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        namespace = obj["metadata"].get("namespace", "")
        if resource == "resourcequotas":
            names = self._namespaces.setdefault(namespace, set())
            (names.discard if kind == "DELETED" else names.add)(obj["metadata"]["name"])
            if not names:
                del self._namespaces[namespace]
        if namespace not in self._namespaces or resource == "events":
            return
        is_counted = kind != "MODIFIED" or resource == "resourcequotas"
        if is_counted or (resource == "pods" and _phase(obj) != _phase(old)):
            self._life.want(KIND, (namespace, ""), UPKEEP_SECONDS)

    def sync(self, namespace: str, _name: str) -> None:
        """Count and write."""
        store = self._life.store
        for quota in store.list("resourcequotas", namespace):
            hard = {name: str(Quantity.parse(v)) for name, v in (quota["spec"].get("hard") or {}).items()}
            used = {name: str(amount) for name, amount in count_used(store, namespace, hard).items()}
            status = {"hard": hard, "used": used}
            if status != quota.get("status"):
                store.update("resourcequotas", {**quota, "status": status}, status_only=True)


def _phase(pod: Obj | None) -> str:
    return str(((pod or {}).get("status") or {}).get("phase", ""))
