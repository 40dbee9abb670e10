"""Events: count style for kubelet and controllers, new style for the scheduler; repetition raises the count.

Must not: keep events longer than their hour, or be the reason that a controller fails.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from apps.sandbox.kubernetes.life.objects import Key, Obj, key_of, micro_stamp, parse_stamp, stamp

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.store import Store

KEPT_SECONDS = 3600


class EventRecorder:
    """Writes events into the store."""

    def __init__(self, store: Store, clock: Callable[[], datetime]) -> None:
        self._store, self._clock = store, clock
        self._known: dict[tuple[str, ...], Key] = {}
        # In order of creation, so that the old ones are found at the front.
        self._written: dict[Key, datetime] = {}

    def load(self) -> None:
        """Take over the events that are stored already, so that they age too."""
        stored = self._store.list("events")
        for event in sorted(stored, key=lambda e: e["metadata"]["creationTimestamp"]):
            self._written[key_of(event)] = parse_stamp(event["metadata"]["creationTimestamp"])

    def record(
        self,
        about: Obj,
        reason: str,
        message: str,
        *,
        component: str,
        host: str = "",
        field_path: str = "",
        warning: bool = False,
    ) -> None:
        """One occurrence, count style."""
        kind = "Warning" if warning else "Normal"
        identity = (about["metadata"]["uid"], kind, reason, message, field_path, component)
        now = self._clock()
        known = self._known.get(identity)
        old = self._store.get("events", *known) if known else None
        if old is not None:
            again = copy.deepcopy(old)
            again["count"] = old["count"] + 1
            again["lastTimestamp"] = stamp(now)
            self._store.update("events", again)
            return
        event = self._base(about, reason, message, kind, now, field_path)
        event["source"] = {"component": component} | ({"host": host} if host else {})
        event |= {"firstTimestamp": stamp(now), "lastTimestamp": stamp(now), "count": 1, "eventTime": None}
        event |= {"reportingComponent": component, "reportingInstance": host}
        self._known[identity] = self._create(event, now)

    def record_action(self, about: Obj, reason: str, message: str, action: str, *, warning: bool = False) -> None:
        """One occurrence in the scheduler's style: eventTime, no count."""
        now = self._clock()
        event = self._base(about, reason, message, "Warning" if warning else "Normal", now, "")
        event |= {"source": {}, "firstTimestamp": None, "lastTimestamp": None, "eventTime": micro_stamp(now)}
        event |= {"action": action, "reportingComponent": "default-scheduler"}
        event["reportingInstance"] = "default-scheduler-sandbox"
        self._create(event, now)

    def _base(self, about: Obj, reason: str, message: str, kind: str, now: datetime, field_path: str) -> Obj:
        metadata = about["metadata"]
        namespace = metadata.get("namespace", "default")
        involved = {
            "kind": about["kind"],
            "namespace": metadata.get("namespace"),
            "name": metadata["name"],
            "uid": metadata["uid"],
            "apiVersion": about["apiVersion"],
            "resourceVersion": metadata.get("resourceVersion"),
            "fieldPath": field_path,
        }
        return {
            "kind": "Event",
            "apiVersion": "v1",
            "metadata": {"name": self._name(metadata["name"], namespace, now), "namespace": namespace},
            "involvedObject": {k: v for k, v in involved.items() if v},
            "reason": reason,
            "message": message,
            "type": kind,
        }

    def _name(self, about: str, namespace: str, now: datetime) -> str:
        number = int(now.timestamp() * 1_000_000) * 1000
        while self._store.get("events", namespace, f"{about}.{number:x}") is not None:
            number += 1
        return f"{about}.{number:x}"

    def _create(self, event: Obj, now: datetime) -> Key:
        self._forget_old(now)
        self._store.create("events", event)
        key = (event["metadata"]["namespace"], event["metadata"]["name"])
        self._written[key] = now
        return key

    def _forget_old(self, now: datetime) -> None:
        gone = []
        for key, written in self._written.items():
            if (now - written).total_seconds() < KEPT_SECONDS:
                break
            gone.append(key)
        for key in gone:
            del self._written[key]
            self._store.delete("events", *key)
        if gone:
            lost = set(gone)
            self._known = {identity: key for identity, key in self._known.items() if key not in lost}
