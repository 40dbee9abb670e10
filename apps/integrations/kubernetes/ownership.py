"""Pure questions about an object: is it ours, whose key does it carry, what does it say, which image runs.

Must not: send anything, or change an object it was given.
"""

from __future__ import annotations

import copy

from apps.integrations.kubernetes.types import CONFIG_KEY, CONFIG_MANAGER, MANAGED_BY, PORTAL, STEP_KEY, Json

KEYS = frozenset({STEP_KEY, CONFIG_KEY})
# What the server writes by itself.
BOOKKEEPING = frozenset(
    {"managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"}
    | {"deletionTimestamp", "deletionGracePeriodSeconds"}
)


def step_key(obj: Json) -> str:
    """The key of the step that created the object, or moved its image; "" for none."""
    return _annotation(obj, STEP_KEY)


def config_key(obj: Json) -> str:
    """The key of the step that applied the object's configuration last, "" for none."""
    return _annotation(obj, CONFIG_KEY)


def _annotation(obj: Json, key: str) -> str:
    return str((obj.get("metadata", {}).get("annotations") or {}).get(key, ""))


def is_same_step(one: str, other: str) -> bool:
    """Whether two keys are attempts of one step: `<uuid>.<attempt>` (D5)."""
    return bool(one) and one.partition(".")[0] == other.partition(".")[0]


def is_ours(obj: Json) -> bool:
    """Whether the portal's configuration made this object: its label *and* fields under its manager.

    A label alone can be copied with a manifest; what is not ours by both is never pruned.
    """
    metadata = obj.get("metadata") or {}
    if (metadata.get("labels") or {}).get(MANAGED_BY) != PORTAL:
        return False
    return any(entry.get("manager") == CONFIG_MANAGER for entry in metadata.get("managedFields") or [])


def content_of(obj: Json) -> Json:
    """What an object says: without status, versions, owners of fields and steps' keys."""
    metadata = {k: v for k, v in (obj.get("metadata") or {}).items() if k not in BOOKKEEPING}
    annotations = {k: v for k, v in (metadata.pop("annotations", None) or {}).items() if k not in KEYS}
    if annotations:
        metadata["annotations"] = annotations
    return {**{k: v for k, v in obj.items() if k != "status"}, "metadata": metadata}


def pod_spec_of(obj: Json) -> Json:
    """The pod spec within a Deployment, StatefulSet, DaemonSet, Job or CronJob; {} for anything else."""
    spec = obj.get("spec") or {}
    if obj.get("kind") == "CronJob":
        spec = (spec.get("jobTemplate") or {}).get("spec") or {}
    return dict((spec.get("template") or {}).get("spec") or {})


def with_live_image(wanted: Json, live: Json | None, container: str) -> Json:
    """`wanted` with the image that `live` runs in that container (D22: configuration never moves an image).

    Without a live object, or where it has no such container, there is no image to carry: `wanted` as it is.
    ValueError when `wanted` itself has no such container.
    """
    carried = copy.deepcopy(wanted)
    spec = pod_spec_of(carried)
    target = next((one for one in spec.get("containers") or [] if one.get("name") == container), None)
    if target is None:
        raise ValueError(f"the rendered object has no container {container!r}")
    running = pod_spec_of(live or {}).get("containers") or []
    image = next((one.get("image") for one in running if one.get("name") == container), None)
    if image:
        target["image"] = image
    return carried
