"""What a container needs before it can be created: the ConfigMaps and Secrets of its environment.

Must not: resolve values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.life.objects import Obj

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.store import Store


def missing_configuration(store: Store, namespace: str, container: Obj) -> str:
    """`configmap "absent" not found`, or empty when everything is there."""
    for source in container.get("envFrom") or ():
        for key, resource in (("configMapRef", "configmaps"), ("secretRef", "secrets")):
            missing = _missing(store, namespace, resource, source.get(key), None)
            if missing:
                return missing
    for entry in container.get("env") or ():
        origin = entry.get("valueFrom") or {}
        for key, resource in (("configMapKeyRef", "configmaps"), ("secretKeyRef", "secrets")):
            wanted = origin.get(key)
            missing = _missing(store, namespace, resource, wanted, (wanted or {}).get("key"))
            if missing:
                return missing
    return ""


def _missing(store: Store, namespace: str, resource: str, wanted: Obj | None, key: str | None) -> str:
    if not wanted or wanted.get("optional"):
        return ""
    found = store.get(resource, namespace, wanted["name"])
    if found is None:
        return f'{resource[:-1]} "{wanted["name"]}" not found'
    if key is not None and key not in (found.get("data") or {}):
        kind = "ConfigMap" if resource == "configmaps" else "Secret"
        return f"couldn't find key {key} in {kind} {namespace}/{wanted['name']}"
    return ""
