"""Any object of a cluster: read, apply, delete, list what is ours; namespaces made once.

Server-side apply goes out under `opsportal-config` alone and refuses unknown fields; a conflict is told, never taken
over silently. Must not: render an object, or decide what to prune.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from apps.common.errors import IntegrationError, NotFound, Rejected
from apps.integrations.kubernetes.base import Calls
from apps.integrations.kubernetes.ownership import content_of, is_ours, is_same_step, step_key
from apps.integrations.kubernetes.paths import CLUSTER_WIDE, KINDS, path_of, plural_of
from apps.integrations.kubernetes.statuses import status_of
from apps.integrations.kubernetes.types import (
    CONFIG_KEY,
    CONFIG_MANAGER,
    MANAGED_BY,
    PORTAL,
    STEP_KEY,
    Applied,
    EnsuredNamespace,
    Json,
    Propagation,
)

APPLY = {"Content-Type": "application/apply-patch+yaml"}
# What a refusal of a Secret may repeat: these messages hold names and numbers, others can hold its values.
HARMLESS = frozenset(
    {"kubernetes.quota_exceeded", "kubernetes.forbidden", "kubernetes.namespace_terminating", "kubernetes.replaced"}
)


class Objects(Calls):
    """Calls for any kind in `paths.KINDS`. `kind` is the plural; `namespace` None for what is cluster-wide."""

    async def get_object(self, kind: str, namespace: str | None, name: str) -> Json:
        """An object as raw JSON. NotFound `kubernetes.object_missing` (or the kind's own). Read: repeatable."""
        with self._naming(kind, namespace, name):
            what = _what(kind, namespace, name)
            return (await self.http.request("GET", path_of(kind, namespace, name), what=what)).object()

    async def find_object(self, kind: str, namespace: str | None, name: str) -> Json | None:
        """An object as raw JSON, None when it (or its namespace) is not there. Read: repeatable.

        A cluster that does not serve the kind at all is `outside.not_found`, not None.
        """
        try:
            return await self.get_object(kind, namespace, name)
        except NotFound as error:
            if error.code.startswith("kubernetes."):
                return None
            raise

    async def apply(
        self,
        obj: Json,
        *,
        key: str,
        dry_run: bool = False,
        force: bool = False,
        seen: Json | None = None,
        resource_version: str = "",
    ) -> Applied:
        """Create or update by server-side apply. Key: the annotation `opsportal.io/config-key` on the object itself.

        May be repeated under the same key: the same content again changes nothing. After an unknown outcome repeat
        it, or look at `ownership.config_key` of the object. Under another key it is another change.
        `seen` is a read just before, to spare one. With `resource_version` (D9) any change since that read is
        `kubernetes.conflict`, retryable; without it only fields of other managers are guarded.
        `force` takes over other managers' fields: only for a person who was shown `kubernetes.apply_conflict`.
        A dry run answers the same and stores nothing.
        Rejected: `kubernetes.apply_conflict`, `.immutable_field`, `.unknown_field`, `.too_large`, `.invalid`,
        `.quota_exceeded`, `.forbidden`, `.namespace_terminating`, `.namespace_missing`, `.admission_refused`.
        """
        kind = plural_of(obj)
        name, namespace = identity(obj, kind)
        before = seen if seen is not None else await self.find_object(kind, namespace, name)
        query = {"fieldManager": CONFIG_MANAGER, "fieldValidation": "Strict"}
        query |= {"force": "true"} if force else {}
        query |= {"dryRun": "All"} if dry_run else {}
        body = keyed(obj, CONFIG_KEY, key)
        if resource_version:
            body["metadata"]["resourceVersion"] = resource_version
        with self._naming(kind, namespace, name):
            answer = await self.http.request(
                "PATCH",
                path_of(kind, namespace, name),
                what=_what(kind, namespace, name),
                query=query,
                data=json.dumps(body).encode(),
                headers=APPLY,
            )
        after = answer.object()
        created = answer.status == 201
        return Applied(after, created, created or before is None or content_of(before) != content_of(after))

    async def delete_object(
        self, kind: str, namespace: str | None, name: str, *, uid: str, propagation: Propagation = "Background"
    ) -> bool:
        """Delete the object with this uid; False when it is already gone. May be repeated.

        Another object made anew under the name is `kubernetes.replaced`, and stays. True means accepted: with
        Foreground, and for pods and namespaces, it is gone later.
        """
        if not uid:
            raise ValueError("an object is deleted by its uid")
        options = {
            "kind": "DeleteOptions",
            "apiVersion": "v1",
            "propagationPolicy": propagation,
            "preconditions": {"uid": uid},
        }
        with self._naming(kind, namespace, name):
            answer = await self.http.request(
                "DELETE",
                path_of(kind, namespace, name),
                what=_what(kind, namespace, name),
                json_body=options,
                allow=(404,),
            )
            # Of a kind that the cluster does not serve it names no object: that is no success.
            if answer.status == 404 and not (status_of(answer).get("details") or {}).get("name"):
                raise self.http.error_of(answer, is_write=True)
        return answer.status != 404

    async def list_ours(self, namespace: str, selector: str, kinds: list[str]) -> list[Json]:
        """The portal's own objects of these kinds, each with `kind` and `apiVersion`; for pruning. Read: repeatable.

        Ours is what carries our label and fields under our manager: a copy with our labels is somebody else's.
        """
        label = f"{MANAGED_BY}={PORTAL}"
        found: list[Json] = []
        for kind in kinds:
            listed = await self.list_objects(
                kind, namespace, label_selector=f"{label},{selector}" if selector else label
            )
            version, one = KINDS[kind]
            found += [{"apiVersion": version, "kind": one, **item} for item in listed.items if is_ours(item)]
        return found

    async def ensure_namespace(self, name: str, labels: dict[str, str], *, key: str) -> EnsuredNamespace:
        """Make a namespace once, or adopt the one that is there, untouched. May be repeated under the same step.

        `created` is true where this step made it, on any attempt: its key stands on the namespace.
        Rejected `kubernetes.namespace_terminating`: it is being deleted, wait until it is gone.
        """
        found = await self.find_object("namespaces", None, name)
        if found is None:
            found = await self._create_namespace(name, labels, key)
        metadata = found["metadata"]
        if metadata.get("deletionTimestamp"):
            about = self.http.about(f"Namespace {name}")
            raise Rejected("kubernetes.namespace_terminating", namespace=name, object=name, said="", **about)
        return EnsuredNamespace(name, str(metadata["uid"]), is_same_step(step_key(found), key))

    async def _create_namespace(self, name: str, labels: dict[str, str], key: str) -> Json:
        obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        answer = await self._create("namespaces", None, keyed(obj, STEP_KEY, key))
        return answer if answer is not None else await self.get_object("namespaces", None, name)

    async def _create(self, kind: str, namespace: str | None, obj: Json) -> Json | None:
        """The new object; None when one of that name is already there (read it, and look whose it is)."""
        name = str(obj["metadata"]["name"])
        with self._naming(kind, namespace, name):
            answer = await self.http.request(
                "POST",
                path_of(kind, namespace),
                what=_what(kind, namespace, name),
                query={"fieldManager": CONFIG_MANAGER, "fieldValidation": "Strict"},
                json_body=obj,
                allow=(409,),
            )
            if answer.status != 409:
                return answer.object()
            if status_of(answer).get("reason") == "AlreadyExists":
                return None
            raise self.http.error_of(answer, is_write=True)

    @contextmanager
    def _naming(self, kind: str, namespace: str | None, name: str) -> Iterator[None]:
        """Every refusal names the object, also where the cluster's answer does not."""
        try:
            yield
        except IntegrationError as error:
            if error.code.startswith("kubernetes."):
                error.params |= {"kind": KINDS[kind][1], "place": _place(namespace, name)}
                error.params["namespace"] = error.params.get("namespace") or namespace or ""
                error.params["object"] = error.params.get("object") or name
            if kind == "secrets" and error.code not in HARMLESS and error.params.get("said"):
                error.params["said"] = ""
            raise


def _place(namespace: str | None, name: str) -> str:
    return f"{namespace}/{name}" if namespace else name


def _what(kind: str, namespace: str | None, name: str) -> str:
    return f"{KINDS[kind][1]} {_place(namespace, name)}"


def identity(obj: Json, kind: str) -> tuple[str, str | None]:
    """Name and namespace of a rendered object. ValueError where one is missing: a path would be another's."""
    metadata = obj.get("metadata") or {}
    name, namespace = str(metadata.get("name") or ""), str(metadata.get("namespace") or "")
    if not name or (not namespace and kind not in CLUSTER_WIDE):
        raise ValueError(f"a {obj.get('kind')} without name or namespace")
    return name, None if kind in CLUSTER_WIDE else namespace


def keyed(obj: Json, annotation: str, key: str) -> Json:
    """The object with a step's key as that annotation; the argument stays as it is."""
    metadata = obj.get("metadata") or {}
    annotations = {**(metadata.get("annotations") or {}), annotation: key}
    return {**obj, "metadata": {**metadata, "annotations": annotations}}
