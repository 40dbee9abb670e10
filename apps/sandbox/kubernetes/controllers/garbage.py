"""What must go when its owner or its namespace goes: background, foreground and orphan deletion.

Must not: remove a pod at once; pods end with their grace.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.life.objects import Obj, is_terminating, stamp
from apps.sandbox.kubernetes.life.work import Life
from apps.sandbox.kubernetes.resources import BY_PLURAL

if TYPE_CHECKING:
    from collections.abc import Callable

OWNER_GONE, OWNER_GOING, NAMESPACE = "owner-gone", "owner-going", "namespace"
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
RETRY_SECONDS = 0.2
Place = tuple[str, str, str]


class GarbageCollector:
    """Follows owner references by uid."""

    def __init__(self, life: Life, end_pod: Callable[[Obj], object]) -> None:
        self._life, self._end_pod = life, end_pod
        self._dependents: dict[str, set[Place]] = {}
        self._going: dict[str, Place] = {}
        life.on_change("*", self._changed)
        life.on_work(OWNER_GONE, self._owner_gone)
        life.on_work(OWNER_GOING, self._owner_going)
        life.on_work(NAMESPACE, self._empty_namespace)

    def _changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        metadata = obj["metadata"]
        place = (resource, metadata.get("namespace", ""), metadata["name"])
        for state in (old, obj):
            for owner in (state["metadata"].get("ownerReferences") or ()) if state else ():
                places = self._dependents.setdefault(owner["uid"], set())
                if state is obj and kind != "DELETED":
                    places.add(place)
                else:
                    places.discard(place)
                    if owner["uid"] in self._going:
                        self._life.want(OWNER_GOING, (owner["uid"], ""))
                if not places:
                    del self._dependents[owner["uid"]]
        uid = metadata["uid"]
        if kind == "DELETED":
            self._going.pop(uid, None)
            if uid in self._dependents:
                self._life.want(OWNER_GONE, (uid, ""))
        elif is_terminating(obj):
            self._note_going(place, obj)

    def _note_going(self, place: Place, obj: Obj) -> None:
        finalizers = obj["metadata"].get("finalizers") or ()
        if FOREGROUND in finalizers or ORPHAN in finalizers:
            self._going[obj["metadata"]["uid"]] = place
            self._life.want(OWNER_GOING, (obj["metadata"]["uid"], ""))
        elif place[0] == "namespaces":
            self._life.want(NAMESPACE, ("", place[2]))

    # -- owners -------------------------------------------------------------------------------------------
    def _owner_gone(self, uid: str, _: str) -> None:
        for place in sorted(self._dependents.get(uid, ())):
            self._remove(place)

    def _owner_going(self, uid: str, _: str) -> None:
        place = self._going.get(uid)
        owner = self._life.store.get(*place) if place else None
        if place is None or owner is None:
            return
        dependents = sorted(self._dependents.get(uid, ()))
        if ORPHAN in (owner["metadata"].get("finalizers") or ()):
            for dependent in dependents:
                self._release(dependent, uid)
        elif dependents:
            for dependent in dependents:
                self._remove(dependent, foreground=True)
            return
        self._life.store.delete(*place)

    def _release(self, place: Place, uid: str) -> None:
        obj = self._life.store.get(*place)
        if obj is None:
            return
        metadata = dict(obj["metadata"])
        kept = [o for o in metadata.pop("ownerReferences", ()) if o["uid"] != uid]
        if kept:
            metadata["ownerReferences"] = kept
        self._life.store.update(place[0], {**obj, "metadata": metadata})

    def _remove(self, place: Place, *, foreground: bool = False) -> None:
        obj = self._life.store.get(*place)
        if obj is None or is_terminating(obj):
            return
        if place[0] == "pods":
            self._end_pod(obj)
        elif foreground and obj["metadata"]["uid"] in self._dependents:
            mark = {
                "deletionTimestamp": stamp(self._life.now()),
                "deletionGracePeriodSeconds": 0,
                "finalizers": [FOREGROUND],
            }
            self._life.store.update(place[0], {**obj, "metadata": {**obj["metadata"], **mark}})
        else:
            self._life.store.delete(*place)

    # -- namespaces ---------------------------------------------------------------------------------------
    def _empty_namespace(self, _: str, name: str) -> None:
        """Delete what is in a terminating namespace, then the namespace."""
        left = False
        for resource in BY_PLURAL:
            for obj in self._life.store.list(resource, name):
                if resource == "pods":
                    left = True
                    self._remove((resource, name, obj["metadata"]["name"]))
                elif obj["metadata"].get("namespace") == name:
                    self._life.store.delete(resource, name, obj["metadata"]["name"])
        if left:
            self._life.want(NAMESPACE, ("", name), RETRY_SECONDS)
        elif self._life.store.get("namespaces", None, name) is not None:
            self._life.store.delete("namespaces", None, name)
