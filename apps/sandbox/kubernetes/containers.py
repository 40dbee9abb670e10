"""Which container of a pod a log or exec call means, in the API's words when it means none.

Must not: look at the store.
"""

from __future__ import annotations

from typing import Any

from apps.sandbox.kubernetes import errors

Obj = dict[str, Any]


def choose_container(pod: Obj, name: str) -> Obj:
    """The spec of the named container, or of the only one; raises 400 when that is not clear."""
    pod_name, spec = pod["metadata"]["name"], pod["spec"]
    main, init = spec.get("containers") or [], spec.get("initContainers") or []
    if not name:
        default = (pod["metadata"].get("annotations") or {}).get("kubectl.kubernetes.io/default-container", "")
        if len(main) == 1:
            return dict(main[0])
        name = default if any(c["name"] == default for c in main) else ""
    if not name:
        choice = f"[{' '.join(c['name'] for c in main)}]"
        if init:
            choice += f" or one of the init containers: [{' '.join(c['name'] for c in init)}]"
        raise errors.bad_request(f"a container name must be specified for pod {pod_name}, choose one of: {choice}")
    found = next((c for c in (*main, *init) if c["name"] == name), None)
    if found is None:
        raise errors.bad_request(f"container {name} is not valid for pod {pod_name}")
    return dict(found)


def container_status(pod: Obj, name: str) -> Obj | None:
    """The status entry of a container."""
    status = pod.get("status") or {}
    entries = [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]
    return next((s for s in entries if s["name"] == name), None)
