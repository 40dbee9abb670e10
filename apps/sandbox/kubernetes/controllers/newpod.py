"""A pod that a controller makes goes through what the API does with one: defaults, validation, first status.

Must not: be used for pods that come over the API.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import validation
from apps.sandbox.kubernetes.defaults import apply_defaults, first_status
from apps.sandbox.kubernetes.life.objects import Obj, owner_reference
from apps.sandbox.kubernetes.store import random_suffix

if TYPE_CHECKING:
    from apps.sandbox.kubernetes.store import Store


def pod_of_template(store: Store, owner: Obj, template: Obj, labels: dict[str, str] | None = None) -> Obj:
    """A pod of an owner's template under a free name, ready to be stored; raises 422 as the API would."""
    namespace, prefix = owner["metadata"]["namespace"], owner["metadata"]["name"] + "-"
    name = prefix + random_suffix()
    while store.get("pods", namespace, name) is not None:
        name = prefix + random_suffix()
    metadata: Obj = {"name": name, "generateName": prefix, "namespace": namespace}
    given = template.get("metadata") or {}
    if given.get("labels") or labels:
        metadata["labels"] = {**(given.get("labels") or {}), **(labels or {})}
    if given.get("annotations"):
        metadata["annotations"] = dict(given["annotations"])
    metadata["ownerReferences"] = [owner_reference(owner)]
    return _completed(
        {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": copy.deepcopy(template["spec"])}
    )


def _completed(pod: Obj) -> Obj:
    apply_defaults("Pod", pod)
    causes = validation.check("Pod", pod, None)
    if causes:
        raise errors.invalid("Pod", pod["metadata"]["name"], causes)
    first_status("Pod", pod)
    return pod
