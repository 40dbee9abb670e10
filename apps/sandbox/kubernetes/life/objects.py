"""Small helpers on plain Kubernetes objects: times, owners, conditions, hashes.

Must not: touch the store.
"""

from __future__ import annotations

import hashlib
import json
import math
from datetime import UTC, datetime
from typing import Any

Obj = dict[str, Any]
Key = tuple[str, str]
# Kubernetes leaves out vowels and look-alikes, so that no names spell words.
SAFE_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
HASH_LABEL = "pod-template-hash"


def stamp(now: datetime) -> str:
    """A time as the API writes it: whole seconds, UTC."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def micro_stamp(now: datetime) -> str:
    """A time with microseconds, as in `eventTime`."""
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse_stamp(text: str) -> datetime:
    """A time of the API."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def key_of(obj: Obj) -> Key:
    """Namespace ("" for cluster objects) and name."""
    return obj["metadata"].get("namespace", ""), obj["metadata"]["name"]


def controller_uid(obj: Obj) -> str | None:
    """The uid of the owner that controls an object."""
    for owner in obj["metadata"].get("ownerReferences") or ():
        if owner.get("controller"):
            return str(owner["uid"])
    return None


def owner_reference(owner: Obj) -> Obj:
    """The reference that a controller puts on what it makes."""
    return {
        "apiVersion": owner["apiVersion"],
        "kind": owner["kind"],
        "name": owner["metadata"]["name"],
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }


def safe_encode(number: int, length: int = 10) -> str:
    """A number as lower-case name characters."""
    digits = ""
    while number and len(digits) < length:
        number, rest = divmod(number, len(SAFE_ALPHABET))
        digits += SAFE_ALPHABET[rest]
    return digits or SAFE_ALPHABET[0]


def template_hash(template: Obj) -> str:
    """A stable hash of a pod template, whatever its key order and without the hash label itself."""
    metadata = dict(template.get("metadata") or {})
    metadata.pop("creationTimestamp", None)
    metadata["labels"] = {k: v for k, v in (metadata.get("labels") or {}).items() if k != HASH_LABEL}
    metadata = {k: v for k, v in metadata.items() if v}
    text = json.dumps({"metadata": metadata, "spec": template.get("spec")}, sort_keys=True)
    return safe_encode(int.from_bytes(hashlib.sha256(text.encode()).digest()[:6], "big"))


def find_condition(status: Obj, kind: str) -> Obj | None:
    """The condition of a type."""
    return next((c for c in status.get("conditions") or () if c["type"] == kind), None)


def drop_condition(status: Obj, kind: str) -> None:
    """Take a condition out."""
    kept = [c for c in status.get("conditions") or () if c["type"] != kind]
    status.pop("conditions", None)
    if kept:
        status["conditions"] = kept


def put_condition(status: Obj, new: Obj) -> None:
    """Set a condition as the deployment controller does: nothing changes while status and reason stay the same."""
    old = find_condition(status, new["type"])
    if old is not None and old["status"] == new["status"] and old["reason"] == new["reason"]:
        return
    if old is not None and old["status"] == new["status"]:
        new = {**new, "lastTransitionTime": old["lastTransitionTime"]}
    drop_condition(status, new["type"])
    status.setdefault("conditions", []).append(new)


def resolve_count(value: int | str | None, total: int, *, up: bool) -> int:
    """`maxSurge`/`maxUnavailable`: a number, or a percentage rounded up or down."""
    if isinstance(value, str) and value.endswith("%"):
        share = int(value[:-1]) * total / 100
        return math.ceil(share) if up else math.floor(share)
    return int(value or 0)


def is_ready(pod: Obj) -> bool:
    """Whether a pod's Ready condition is True."""
    ready = find_condition(pod.get("status") or {}, "Ready")
    return ready is not None and ready["status"] == "True"


def is_terminating(obj: Obj) -> bool:
    """Whether an object is marked for deletion."""
    return "deletionTimestamp" in obj["metadata"]


def is_ended(pod: Obj) -> bool:
    """Whether a pod has run to its end."""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_active(pod: Obj) -> bool:
    """Whether a pod counts as a replica."""
    return not is_terminating(pod) and not is_ended(pod)
