"""What would change in an object, in meaning: lists by their keys, the server's own fields left aside, secrets masked.

Source of the list keys: Kubernetes' API reference, "patch merge key" and listMapKey. Must not: show a secret's value,
or call a change what the cluster would not.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import Any

from apps.integrations.kubernetes.quantities import from_server
from apps.workloads.rendering.owned import CONFIG_MANAGER, Fields, field, item, owned_fields
from apps.workloads.rendering.subject import REVISION, TEMPLATE_VERSION, Json

ADDED, CHANGED, REMOVED = "added", "changed", "removed"
# Where a list's items are known by keys; the first key, and the second unless it says what is usual, name the item.
LIST_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "initContainers": (("name",),),
    "env": (("name",),),
    "volumes": (("name",),),
    "imagePullSecrets": (("name",),),
    "ports": (("containerPort", "protocol"), ("port", "protocol")),
    "volumeMounts": (("mountPath",),),
    "hostAliases": (("ip",),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
}
KEY_DEFAULTS = {"protocol": "TCP"}
KEYS_UNSHOWN = {"protocol": "TCP", "whenUnsatisfiable": "ScheduleAnyway"}
SERVER_METADATA = frozenset(
    {
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "generation",
        "managedFields",
        "resourceVersion",
        "selfLink",
        "uid",
    }
)
# Bookkeeping, and in the second one a copy of the whole object, of a Secret's data too.
IGNORED_ANNOTATIONS = frozenset(
    (
        REVISION,
        TEMPLATE_VERSION,
        "kubectl.kubernetes.io/last-applied-configuration",
        "deployment.kubernetes.io/revision",
    )
)
QUANTITIES = frozenset(("limits", "requests", "hard", "capacity"))
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_NOTHING: tuple[Any, ...] = (None, "", [], {})


@dataclass(frozen=True)
class Change:
    """One difference. `path` is for people (`spec.template.spec.containers[app].image`), "" the whole object.

    kind: added, changed or removed. `before` and `after` are the values as JSON; both None for what is secret.
    """

    path: str
    before: Any
    after: Any
    kind: str


def changes(live: Json | None, wanted: Json, manager: str = CONFIG_MANAGER) -> list[Change]:
    """What applying `wanted` would change in `live`; None: there is none yet.

    A field that only `live` has is the server's or somebody else's and stays, unless `manager` applied it: what it
    no longer names, server-side apply takes away.
    """
    if live is None:
        is_secret = wanted.get("kind") == "Secret"
        return [Change("", None, None if is_secret else wanted, ADDED)]
    return _Walk(is_whole=False, is_secret=wanted.get("kind") == "Secret").compare(
        live, wanted, owned_fields(live, manager)
    )


def between(before: Json, after: Json) -> list[Change]:
    """All differences of two objects of one nature: two renderings, or a live object and a dry run's answer."""
    is_secret = "Secret" in (before.get("kind"), after.get("kind"))
    return _Walk(is_whole=True, is_secret=is_secret).compare(before, after, {})


class _Walk:
    """One comparison. `is_whole`: what only the first has is removed, whoever owned it."""

    def __init__(self, *, is_whole: bool, is_secret: bool) -> None:
        self.is_whole, self.is_secret = is_whole, is_secret
        self.found: list[Change] = []

    def compare(self, live: Json, wanted: Json, fields: Fields) -> list[Change]:
        """Everything but what the server writes itself."""
        self._members(_comparable(live), _comparable(wanted), fields, ())
        return self.found

    def _value(self, old: Any, new: Any, fields: Fields, path: tuple[str, ...]) -> None:
        if _is_same(old, new, path):
            return
        if isinstance(old, dict) and isinstance(new, dict):
            self._members(old, new, fields, path)
        elif isinstance(old, list) and isinstance(new, list):
            self._list(old, new, fields, path)
        else:
            self._note(old, new, path)

    def _members(self, old: Json, new: Json, fields: Fields, path: tuple[str, ...]) -> None:
        for name, value in new.items():
            self._value(old.get(name), value, field(fields, name) or {}, (*path, name))
        for name, value in old.items():
            below = field(fields, name)
            if name not in new and (self.is_whole or below is not None):
                self._gone(value, below or {}, (*path, name))

    def _gone(self, value: Any, fields: Fields, path: tuple[str, ...]) -> None:
        """A field that is no longer named: of an object only what the manager owns in it goes."""
        if isinstance(value, dict) and not self.is_whole and set(fields) - {"."}:
            self._members(value, {}, fields, path)
        elif isinstance(value, list) and not self.is_whole and set(fields) - {"."}:
            self._list(value, [], fields, path)
        elif value not in _NOTHING:
            self._note(value, None, path)

    def _list(self, old: list[Any], new: list[Any], fields: Fields, path: tuple[str, ...]) -> None:
        keys = _keys_of(path[-1], old + new)
        if keys:
            self._keyed(old, new, keys, fields, path)
        elif len(old) == len(new) and all(isinstance(each, dict) for each in old + new):
            for place, (before, after) in enumerate(zip(old, new, strict=True)):
                self._value(before, after, {}, (*path, f"[{place}]"))
        else:
            self._note(old, new, path)

    def _keyed(
        self, old: list[Json], new: list[Json], keys: tuple[str, ...], fields: Fields, path: tuple[str, ...]
    ) -> None:
        before = {_identity(each, keys): each for each in old}
        after = {_identity(each, keys): each for each in new}
        if len(before) < len(old) or len(after) < len(new):
            self._note(old, new, path)
            return
        for identity, value in after.items():
            owned = item(fields, dict(zip(keys, identity, strict=True)))
            self._value(before.get(identity), value, owned or {}, (*path, _shown(keys, identity)))
        for identity, value in before.items():
            owned = item(fields, dict(zip(keys, identity, strict=True)))
            if identity not in after and (self.is_whole or owned is not None):
                self._note(value, None, (*path, _shown(keys, identity)))

    def _note(self, old: Any, new: Any, path: tuple[str, ...]) -> None:
        kind = ADDED if old in _NOTHING else REMOVED if new is None else CHANGED
        if self.is_secret and path[:1] == ("data",):
            old = new = None
        self.found.append(Change(_path(path), old, new, kind))


def _comparable(obj: Json) -> Json:
    """The object without status and the server's metadata, a Secret's plain texts among its data."""
    members = {key: value for key, value in obj.items() if key not in ("status", "apiVersion", "kind")}
    about = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in SERVER_METADATA}
    if about.get("annotations"):
        left = {key: value for key, value in about["annotations"].items() if key not in IGNORED_ANNOTATIONS}
        about["annotations"] = left
    members["metadata"] = about
    if obj.get("kind") == "Secret":
        plain = members.pop("stringData", None) or {}
        encoded = {key: base64.b64encode(value.encode()).decode() for key, value in plain.items()}
        members["data"] = (members.get("data") or {}) | encoded
    return members


def _is_same(old: Any, new: Any, path: tuple[str, ...]) -> bool:
    """Equal, or equal to the cluster: nothing is as good as absent, `0.5` of a core as `500m`."""
    if old in _NOTHING and new in _NOTHING:
        return path[-1] != "emptyDir" or old == new
    if type(old) is type(new) and old == new:
        return True
    if len(path) > 1 and path[-2] in QUANTITIES and isinstance(old, str | int) and isinstance(new, str | int):
        number = from_server(old)
        return number is not None and number == from_server(new)
    return False


def _keys_of(name: str, items: list[Any]) -> tuple[str, ...]:
    """The keys by which the items of a list are known, () when it is compared by place."""
    for keys in LIST_KEYS.get(name, ()):
        if all(isinstance(each, dict) and keys[0] in each for each in items):
            return keys
    return ()


def _identity(entry: Json, keys: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(entry.get(key, KEY_DEFAULTS.get(key)) for key in keys)


def _shown(keys: tuple[str, ...], identity: tuple[Any, ...]) -> str:
    parts = [
        str(value)
        for key, value in zip(keys, identity, strict=True)
        if value is not None and KEYS_UNSHOWN.get(key) != value
    ]
    return f"[{'/'.join(parts)}]"


def _path(parts: tuple[str, ...]) -> str:
    """Fields with dots, everything else in brackets, for labels and paths have dots of their own."""
    text = ""
    for part in parts:
        if part.startswith("["):
            text += part
        elif _WORD.fullmatch(part):
            text += f".{part}" if text else part
        else:
            text += f"[{part}]"
    return text
