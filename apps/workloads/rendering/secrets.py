"""The portal's own Secret of a workload and its image pull Secret, with a digest where each value will stand (W17).

A digest is no base64, so that an object whose values were never filled in is refused by every cluster. Must not: hold a
value, or be given one.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable

from apps.common.errors import Invalid
from apps.workloads.rendering.subject import HeldKey, Json, Subject, metadata

SECRET_VERSIONS = "opsportal.io/secret-versions"  # noqa: S105 - an annotation
PULL_KEY = ".pull"
PULL_TYPE = "kubernetes.io/dockerconfigjson"
PULL_DATA_KEY = ".dockerconfigjson"


def own_keys(document: Json) -> list[str]:
    """The keys that a document takes from the portal's own Secret, each once, in order."""
    return sorted({key_of(entry) for entry in document["secrets"] if not entry["secret"]})


def key_of(entry: Json) -> str:
    """The key an entry of `secrets` takes its value from."""
    return str(entry["key"] or entry["name"])


def used(document: Json, held: Iterable[HeldKey]) -> list[HeldKey]:
    """Of what is held, what goes with the document: the keys it names, and what images are pulled with, unless it names
    another Secret for that."""
    wanted = {*own_keys(document)} - {PULL_KEY}
    if not document["pull_secret"]:
        wanted.add(PULL_KEY)
    return [one for one in held if one.key in wanted]


def versions(document: Json, held: Iterable[HeldKey]) -> dict[str, int]:
    """`{key: version}` of what goes with the document; what fingerprints are made of, for it says nothing of a value."""
    return {one.key: one.version for one in used(document, held)}


def secret_name(subject: Subject) -> str:
    """The name of the portal's own Secret."""
    return f"{subject.workload_name}-secrets"


def pull_secret_name(document: Json, subject: Subject) -> str:
    """The Secret images are pulled with: the one the document names, else the portal's own where it holds one, or ""."""
    own = any(one.key == PULL_KEY for one in used(document, subject.held))
    return f"{subject.workload_name}-pull" if own else str(document["pull_secret"])


def held_secret(document: Json, subject: Subject) -> Json | None:
    """The Secret of the keys that the document names; None when it names none of the portal's own."""
    data = {one.key: one.digest for one in used(document, subject.held) if one.key != PULL_KEY}
    return _secret(subject, secret_name(subject), "Opaque", data) if data else None


def pull_secret(document: Json, subject: Subject) -> Json | None:
    """The image pull Secret; None where none is held, or the document names another."""
    digest = next((one.digest for one in used(document, subject.held) if one.key == PULL_KEY), None)
    if digest is None:
        return None
    return _secret(subject, pull_secret_name(document, subject), PULL_TYPE, {PULL_DATA_KEY: digest})


def reference(entry: Json, subject: Subject) -> Json:
    """`secretKeyRef` of an entry; Invalid where the portal's own Secret has no such key."""
    if entry["secret"]:
        return {"name": entry["secret"], "key": key_of(entry)}
    if all(one.key != key_of(entry) for one in subject.held) or key_of(entry) == PULL_KEY:
        raise Invalid("rendering.no_held_secret", name=entry["name"], workload=subject.workload_name)
    return {"name": secret_name(subject), "key": key_of(entry)}


def notes(document: Json, subject: Subject) -> dict[str, str]:
    """The annotation of the pods by which a new value restarts them: a variable is read once, when a container starts."""
    found = versions(document, subject.held)
    found.pop(PULL_KEY, None)
    told = ",".join(f"{key}={version}" for key, version in sorted(found.items()))
    return {SECRET_VERSIONS: told} if told else {}


def without_values(obj: Json) -> tuple[Json, list[str]]:
    """An object as it may be shown, and the keys of its data; an object that is no Secret stays as it is, without keys."""
    if obj.get("kind") != "Secret":
        return obj, []
    shown = copy.deepcopy(obj)
    return shown, list((shown.pop("data", None) or {}).keys())


def _secret(subject: Subject, name: str, kind: str, data: dict[str, str]) -> Json:
    about = metadata(subject, name)
    return {"apiVersion": "v1", "kind": "Secret", "metadata": about, "type": kind, "data": dict(sorted(data.items()))}
