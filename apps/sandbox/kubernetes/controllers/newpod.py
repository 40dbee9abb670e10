"""A pod that a controller makes goes through what the API does with one: defaults, validation, first status.

Must not: be used for pods that come over the API.
"""

from __future__ import annotations

from apps.sandbox.kubernetes import errors
from apps.sandbox.kubernetes.api import validation
from apps.sandbox.kubernetes.defaults import apply_defaults, first_status
from apps.sandbox.kubernetes.life.objects import Obj


def new_pod(pod: Obj) -> Obj:
    """The pod with its defaults and its first status; raises 422 as the API would."""
    apply_defaults("Pod", pod)
    causes = validation.check("Pod", pod, None)
    if causes:
        raise errors.invalid("Pod", pod["metadata"]["name"], causes)
    first_status("Pod", pod)
    return pod
