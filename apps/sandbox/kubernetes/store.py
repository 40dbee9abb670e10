"""The objects of one cluster: resourceVersions, change notices, the ring that watches replay, and the file on disk.

Single-threaded: everything runs on the server's event loop. Objects handed out are the stored ones and are never
changed in place, by nobody. Must not: validate, default, or know of HTTP.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import time
import uuid
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.resources import BY_PLURAL

Obj = dict[str, Any]
Objs = list[Obj]  # the Store has a method named `list`
Callback = Callable[[str, str, Obj, Obj | None], None]
NAME_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
RING_SIZE = 4000
SERVER_OWNED = ("uid", "creationTimestamp")
DELETION = ("deletionTimestamp", "deletionGracePeriodSeconds", "finalizers", "ownerReferences")


class Change(NamedTuple):
    """One entry of the ring."""

    rv: int
    type: str
    resource: str
    new: Obj
    old: Obj | None


def random_suffix(length: int = 5) -> str:
    """The characters that `generateName` appends."""
    return "".join(random.choices(NAME_ALPHABET, k=length))


def path_of(namespace: str | None, name: str) -> str:
    """The key that decides the order of lists."""
    return f"{namespace or ''}/{name}"


def without_times(fields: list[Obj] | None) -> list[Obj]:
    """managedFields without their times, for comparing."""
    return [{k: v for k, v in entry.items() if k != "time"} for entry in fields or []]


def _unbound(spec: Obj) -> Obj:
    return {key: value for key, value in spec.items() if key != "nodeName"}


class Store:
    """See the module's text. `rv` is the current resourceVersion, `compacted_rv` the newest one no longer replayable."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        ring_size: int = RING_SIZE,
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self.rv = 1
        self.compacted_rv = 0
        self._clock = clock or (lambda: datetime.now(UTC))
        self._objects: dict[str, dict[str, Obj]] = {}
        self._order: dict[str, list[str]] = {}
        self._ring: deque[Change] = deque()
        self._ring_size = ring_size
        self._callbacks: list[Callback] = []
        self._notices: deque[Change] = deque()
        self._is_notifying = False
        self._path = path
        self._save_timer: asyncio.TimerHandle | None = None
        self._save_took = 0.0
        if path is not None and path.exists():
            self._load(path)

    # -- reading --------------------------------------------------------------------------------------------
    def get(self, resource: str, namespace: str | None, name: str) -> Obj | None:
        """The object, or None."""
        objects = self._objects.get(resource)
        return objects.get(path_of(namespace, name)) if objects else None

    def list(self, resource: str, namespace: str | None = None) -> Objs:
        """Objects bytewise by namespace/name; of one namespace when given."""
        order, objects = self._order.get(resource, []), self._objects.get(resource, {})
        if namespace:
            # "0" is the character after "/".
            order = order[bisect_left(order, f"{namespace}/") : bisect_left(order, f"{namespace}0")]
        return [objects[key] for key in order]

    def since(self, rv: int, resource: str) -> Sequence[Change] | None:
        """Changes of a resource strictly after `rv`; None when some of them are forgotten."""
        if rv < self.compacted_rv:
            return None
        return [c for c in self._ring if c.rv > rv and c.resource == resource]

    # -- writing --------------------------------------------------------------------------------------------
    def create(self, resource: str, obj: Obj) -> Obj:
        """Store a new object; the argument is not kept."""
        metadata = dict(obj.get("metadata") or {})
        namespace = metadata.get("namespace")
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = metadata["generateName"] + random_suffix()
        key = path_of(namespace, metadata["name"])
        if key in self._objects.setdefault(resource, {}):
            raise errors.already_exists(resource, metadata["name"])
        new = self.prepared(resource, {**obj, "metadata": metadata})
        new["metadata"]["resourceVersion"] = str(self._next())
        self._objects[resource][key] = new
        insort(self._order.setdefault(resource, []), key)
        self._record("ADDED", resource, new, None)
        return new

    def prepared(self, resource: str, obj: Obj) -> Obj:
        """A new object as it would be created, without resourceVersion (what a dry run answers)."""
        metadata = dict(obj["metadata"])
        metadata.pop("resourceVersion", None)
        metadata["uid"] = str(uuid.UUID(int=random.getrandbits(128), version=4))
        metadata["creationTimestamp"] = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        metadata.pop("generation", None)
        if self._has_generation(resource):
            metadata["generation"] = 1
        return {**obj, "metadata": metadata}

    def update(self, resource: str, obj: Obj, *, expect_rv: str | None = None, status_only: bool = False) -> Obj:
        """Replace an object; a change of nothing keeps the resourceVersion and tells nobody.

        `status_only` takes `status` and metadata other than labels, as the status subresource does.
        """
        metadata = obj["metadata"]
        name = metadata["name"]
        key = path_of(metadata.get("namespace"), name)
        old = self._objects.get(resource, {}).get(key)
        if old is None:
            raise errors.not_found(resource, name)
        if expect_rv is not None and expect_rv != old["metadata"]["resourceVersion"]:
            raise errors.conflict(resource, name)
        new = self.merged(resource, old, obj, status_only=status_only)
        if new is old:
            return old
        new["metadata"]["resourceVersion"] = str(self._next())
        self._objects[resource][key] = new
        self._record("MODIFIED", resource, new, old)
        return new

    def merged(self, resource: str, old: Obj, obj: Obj, *, status_only: bool = False) -> Obj:
        """What `update` would store, with the old resourceVersion (what a dry run answers); `old` for no change."""
        before, metadata = old["metadata"], dict(obj["metadata"])
        if status_only:
            obj = {**old, "status": obj.get("status")}
            for key in ("labels", *DELETION):
                metadata.pop(key, None)
                if key in before:
                    metadata[key] = before[key]
        for key in (*SERVER_OWNED, "resourceVersion", "generation"):
            metadata.pop(key, None)
            if key in before:
                metadata[key] = before[key]
        new = {**obj, "metadata": metadata}
        if self._is_same(old, new):
            return old
        if self._has_generation(resource) and not status_only and self._moves_generation(resource, old, new):
            metadata["generation"] = before.get("generation", 0) + 1
        return new

    def delete(self, resource: str, namespace: str | None, name: str) -> Obj | None:
        """Remove an object; answers its last state with the resourceVersion of the deletion, None when absent."""
        key = path_of(namespace, name)
        old = self._objects.get(resource, {}).pop(key, None)
        if old is None:
            return None
        order = self._order[resource]
        del order[bisect_left(order, key)]
        last = {**old, "metadata": {**old["metadata"], "resourceVersion": str(self._next())}}
        self._record("DELETED", resource, last, old)
        return last

    @staticmethod
    def _has_generation(resource: str) -> bool:
        known = BY_PLURAL.get(resource)
        return known is not None and known.has_generation

    @staticmethod
    def _is_same(old: Obj, new: Obj) -> bool:
        before, after = old["metadata"], new["metadata"]
        if before.get("managedFields") == after.get("managedFields"):
            return old == new
        if without_times(before.get("managedFields")) != without_times(after.get("managedFields")):
            return False
        return old == {**new, "metadata": {**after, "managedFields": before.get("managedFields")}}

    @staticmethod
    def _moves_generation(resource: str, old: Obj, new: Obj) -> bool:
        before, after = old["metadata"], new["metadata"]
        if "deletionTimestamp" in after and "deletionTimestamp" not in before:
            return True
        if old.get("spec") != new.get("spec"):
            # Binding a pod to a node is no change of what is wanted.
            return resource != "pods" or _unbound(old["spec"]) != _unbound(new["spec"])
        return resource == "deployments" and (before.get("annotations") or {}) != (after.get("annotations") or {})

    # -- notices and ring -----------------------------------------------------------------------------------
    def subscribe(self, callback: Callback) -> Callable[[], None]:
        """Be told of each change, in order; a change made inside a callback is told after the one being told."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    def compact(self, keep: int = 0) -> None:
        """Forget history but the newest `keep` changes, so that older watches and continue tokens are expired."""
        while len(self._ring) > keep:
            self.compacted_rv = self._ring.popleft().rv
        if keep == 0:
            self.compacted_rv = self.rv

    def _next(self) -> int:
        self.rv += 1
        return self.rv

    def _record(self, kind: str, resource: str, new: Obj, old: Obj | None) -> None:
        change = Change(self.rv, kind, resource, new, old)
        self._ring.append(change)
        if len(self._ring) > self._ring_size:
            self.compacted_rv = self._ring.popleft().rv
        self._schedule_save()
        self._notices.append(change)
        if self._is_notifying:
            return
        self._is_notifying = True
        try:
            while self._notices:
                told = self._notices.popleft()
                for callback in tuple(self._callbacks):
                    callback(told.type, told.resource, told.new, told.old)
        finally:
            self._is_notifying = False

    # -- disk -----------------------------------------------------------------------------------------------
    def _load(self, path: Path) -> None:
        raw = json.loads(path.read_text(encoding="utf-8"))
        self.rv = self.compacted_rv = raw["rv"]
        for resource, objects in raw["objects"].items():
            self._objects[resource] = {
                path_of(o["metadata"].get("namespace"), o["metadata"]["name"]): o for o in objects
            }
            self._order[resource] = sorted(self._objects[resource])

    def _schedule_save(self) -> None:
        if self._path is None or self._save_timer is not None:
            return
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # set up before the server runs: `save` at stop, or the next change, writes it
            return
        # At most once a second, and never more than a twentieth of the time.
        self._save_timer = loop.call_later(max(1.0, self._save_took * 20), self.save)

    def save(self) -> None:
        """Write everything to disk now."""
        if self._save_timer is not None:
            self._save_timer.cancel()
            self._save_timer = None
        if self._path is None:
            return
        began = time.monotonic()
        content = {"rv": self.rv, "objects": {name: self.list(name) for name in self._objects}}
        temporary = self._path.with_suffix(".tmp")
        temporary.touch(mode=0o600)
        temporary.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        os.replace(temporary, self._path)
        self._save_took = time.monotonic() - began
