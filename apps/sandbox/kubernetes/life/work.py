"""What makes a cluster live: one work queue fed by the store, from which controllers and kubelet take keys.

Every reaction is a key (kind of work, namespace, name) made due by a change or by time. Must not: scan the
world per tick, or answer a request.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Hashable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

from apps.sandbox.kubernetes.life.events import EventRecorder
from apps.sandbox.kubernetes.life.objects import Key, Obj, key_of
from apps.sandbox.kubernetes.life.processes import ProcessTables
from apps.sandbox.kubernetes.life.timers import Timers
from apps.sandbox.kubernetes.resources import BY_PLURAL

if TYPE_CHECKING:
    from apps.sandbox.base.faults import FaultBook
    from apps.sandbox.kubernetes.store import Store

# Between a change and the reaction to it: long enough that a client sees the state in between.
REACTION_SECONDS = 0.02
Work = Callable[[str, str], None]
Change = Callable[[str, str, Obj, Obj | None], None]


class Registry(Protocol):
    """Where images of one host are looked up."""

    host: str
    url: str
    user: str
    password: str


class Cluster(Protocol):
    """What the living parts need of the server they belong to."""

    store: Store
    faults: FaultBook


class Life:
    """The running reactions of one cluster."""

    def __init__(self, server: Cluster) -> None:
        self.server = server
        self.store: Store = server.store
        self.faults: FaultBook = server.faults
        self.registry: Registry | None = getattr(server, "registry", None)
        self.pod_start_seconds = float(_setting(server, "pod_start_seconds", 2.0))
        self.scale = float(_setting(server, "progress_seconds_scale", 1.0))
        self.loop = asyncio.get_running_loop()
        self.timers = Timers(self.loop, self._fire)
        self.events = EventRecorder(self.store, self.now)
        self.processes = ProcessTables()
        self._work: dict[str, Work] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._listeners: dict[str, list[Change]] = {}
        self._unsubscribe = self.store.subscribe(self._changed)

    @staticmethod
    def now() -> datetime:
        """The time of the cluster."""
        return datetime.now(UTC)

    # -- work ---------------------------------------------------------------------------------------------
    def on_work(self, kind: str, work: Work) -> None:
        """Who does a kind of work."""
        self._work[kind] = work

    def want(self, kind: str, key: Key, delay: float = REACTION_SECONDS) -> None:
        """Have work done soon; wishes for the same key melt into one."""
        self.timers.wish((kind, *key), delay)

    def _fire(self, key: Hashable) -> None:
        assert isinstance(key, tuple)
        self._work[key[0]](*key[1:])

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run a coroutine for as long as the cluster lives."""
        task = self.loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # -- changes ------------------------------------------------------------------------------------------
    def on_change(self, resource: str, listener: Change) -> None:
        """Have `listener(type, resource, object, old)` called after each change of a resource; "*" for all."""
        self._listeners.setdefault(resource, []).append(listener)

    def _changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        for listener in self._listeners.get(resource, ()):
            listener(kind, resource, obj, old)
        for listener in self._listeners.get("*", ()):
            listener(kind, resource, obj, old)

    def replay(self) -> None:
        """Show every existing object to its listeners, as after a restart."""
        for resource in BY_PLURAL:
            for obj in self.store.list(resource):
                self._changed("ADDED", resource, obj, None)

    async def stop(self) -> None:
        """End everything that runs."""
        self._unsubscribe()
        self.timers.stop()
        self.processes.kill_all()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Children:
    """The objects of one resource by the uid of their controller."""

    def __init__(self, life: Life, resource: str) -> None:
        self._store, self._resource = life.store, resource
        self._by_owner: dict[str, set[Key]] = {}
        life.on_change(resource, self._changed)

    def _changed(self, kind: str, resource: str, obj: Obj, old: Obj | None) -> None:
        for state in (old, obj):
            if state is None:
                continue
            for owner in state["metadata"].get("ownerReferences") or ():
                keys = self._by_owner.setdefault(owner["uid"], set())
                if state is obj and kind != "DELETED":
                    keys.add(key_of(obj))
                else:
                    keys.discard(key_of(obj))
                if not keys:
                    del self._by_owner[owner["uid"]]

    def of(self, uid: str) -> list[Obj]:
        """The objects that a uid owns, by name."""
        found = (self._store.get(self._resource, *key) for key in sorted(self._by_owner.get(uid, ())))
        return [obj for obj in found if obj is not None]


_LIVES: weakref.WeakKeyDictionary[Any, Life] = weakref.WeakKeyDictionary()


def remember(server: Any, life: Life) -> None:
    """Let `life_of` find it."""
    _LIVES[server] = life


def life_of(server: Any) -> Life:
    """The running life of a server."""
    return _LIVES[server]


def _setting(server: Any, name: str, default: float) -> float:
    """A speed: on the server itself or in its `settings`."""
    for place in (server, getattr(server, "settings", None)):
        value = place.get(name) if isinstance(place, dict) else getattr(place, name, None)
        if value is not None:
            return float(value)
    return default
