"""The values the portal holds for a workload: counted for a plan, compared as digests, filled in when they are applied.

The only module that reads a value. Between reading and the call to the cluster it stands in the object that is sent, and
nowhere else. Must not: return a value to anything that stores, shows or logs it.
"""

from __future__ import annotations

import base64
import binascii
import copy
from collections.abc import Iterable
from typing import Any

from django.utils.crypto import salted_hmac

from apps.catalog.configuration.pointers import pointer
from apps.common.errors import Conflict, Invalid
from apps.projects.models import ProjectEnvironment
from apps.workloads.models import HeldSecret
from apps.workloads.rendering.secrets import PULL_DATA_KEY, PULL_KEY, key_of
from apps.workloads.rendering.subject import HeldKey

Json = dict[str, Any]

SECRET = "Secret"  # noqa: S105 - a kind of object
_SALT = "opsportal.workloads.held"
# Valid base64 of valid JSON, whatever the type of the Secret: what a dry run sends in place of each value.
_PLACEHOLDER = base64.b64encode(b"{}").decode()


def held_keys(pair: ProjectEnvironment, name: str) -> tuple[HeldKey, ...]:
    """What is held for a workload, by key; one query."""
    return tuple(
        HeldKey(row.key, row.version, _digest(scope_of(pair, name), row.value.encode())) for row in _rows(pair, name)
    )


def scope_of(pair: ProjectEnvironment, name: str) -> str:
    """What a digest is made for, so that equal values of two workloads have different ones."""
    return f"{pair.pk}/{name}"


def missing_values(document: Json, held: Iterable[HeldKey]) -> list[tuple[int, str]]:
    """The entries of `secrets` (place, key) that take from the portal what it does not hold."""
    known = {one.key for one in held} - {PULL_KEY}
    entries = enumerate(document["secrets"])
    return [(at, key_of(one)) for at, one in entries if not one["secret"] and key_of(one) not in known]


def assert_held(pair: ProjectEnvironment, name: str, document: Json, held: Iterable[HeldKey]) -> None:
    """Invalid `secret.no_value` with `fields` for every key that has no value yet: no cluster could be given it."""
    lacking = missing_values(document, held)
    if not lacking:
        return
    where = {"workload": name, "environment": pair.environment.slug}
    params = [{"name": document["secrets"][at]["name"], "key": key, **where} for at, key in lacking]
    fields = {
        pointer(("secrets", at, "key")): [{"code": "secret.no_value", "params": told}]
        for (at, _), told in zip(lacking, params, strict=True)
    }
    raise Invalid("secret.no_value", fields=fields, **params[0])


def sealed(live: Json | None, scope: str) -> Json | None:
    """A live object without values: each of a Secret's data as its digest. Anything else stays as it is."""
    if live is None or live.get("kind") != SECRET:
        return live
    shut = copy.deepcopy(live)
    shut["data"] = {key: _digest(scope, _bytes(text)) for key, text in (live.get("data") or {}).items()}
    # `kubectl apply` leaves a copy of the whole object, values and all.
    notes = (shut.get("metadata") or {}).get("annotations") or {}
    notes.pop("kubectl.kubernetes.io/last-applied-configuration", None)
    return shut


def for_dry_run(wanted: Json) -> Json:
    """What a dry run sends: a Secret with placeholders for values."""
    if wanted["kind"] != SECRET:
        return wanted
    return {**wanted, "data": dict.fromkeys(wanted["data"], _PLACEHOLDER)}


def tried(answer: Json, wanted: Json, scope: str) -> Json:
    """What a dry run answered, with digests: ours where the placeholders stood, and of what others hold there."""
    shut = sealed(answer, scope) or {}
    if wanted["kind"] == SECRET:
        shut["data"] = {**shut["data"], **wanted["data"]}
    return shut


def filled(wanted: Json, pair: ProjectEnvironment, name: str) -> Json:
    """The object as it is sent: a Secret with its values, read now.

    Raises Conflict `secret.changed_meanwhile` when what is held is no longer what the digests were made of.
    """
    if wanted["kind"] != SECRET:
        return wanted
    scope, stale, data = scope_of(pair, name), [], {}
    values = {PULL_DATA_KEY if row.key == PULL_KEY else row.key: row.value.encode() for row in _rows(pair, name)}
    for key, digest in wanted["data"].items():
        value = values.get(key, b"")
        if _digest(scope, value) != digest:
            stale.append(key)
        data[key] = base64.b64encode(value).decode()
    if stale:
        raise changed_meanwhile(pair, name, stale)
    return {**wanted, "data": data}


def changed_meanwhile(pair: ProjectEnvironment, name: str, keys: Iterable[str]) -> Conflict:
    """A value was set or deleted since a ticket began."""
    return Conflict(
        "secret.changed_meanwhile", workload=name, environment=pair.environment.slug, keys=", ".join(sorted(keys))
    )


def _rows(pair: ProjectEnvironment, name: str) -> list[HeldSecret]:
    return list(HeldSecret.objects.filter(project_environment=pair, workload=name, size__gt=0).order_by("key"))


def _digest(scope: str, value: bytes) -> str:
    """Keyed, so that nobody can try values against it; a colon, so that no cluster takes it for base64."""
    return "hmac-sha256:" + salted_hmac(f"{_SALT}:{scope}", value, algorithm="sha256").hexdigest()


def _bytes(text: Any) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except binascii.Error:
        return str(text).encode()
