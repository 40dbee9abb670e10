"""A pod as its kubelet carries it: containers with what comes next for each of them.

Must not: write the store.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.sandbox.kubernetes.kubelet.images import BadReferenceError, Behaviour, parse_reference
from apps.sandbox.kubernetes.kubelet.status import ContainerState, Place, repeated_of
from apps.sandbox.kubernetes.life.objects import Key, Obj, key_of, stamp
from apps.sandbox.kubernetes.life.work import Life

_ADDRESSES = itertools.count(10)


@dataclass
class Container:
    """One container: its spec, its state, its image's behaviour and its next step."""

    spec: Obj
    state: ContainerState
    behaviour: Behaviour
    pull_failures: int = 0
    step: Callable[[], None] | None = None

    @property
    def name(self) -> str:
        """Its name in the pod."""
        return self.state.name


@dataclass
class PodRun:
    """One pod on its node."""

    uid: str
    key: Key
    place: Place
    containers: dict[str, Container] = field(default_factory=dict)

    @property
    def init(self) -> list[Container]:
        """Init containers in order."""
        return [c for c in self.containers.values() if c.state.is_init]

    @property
    def main(self) -> list[Container]:
        """The other containers."""
        return [c for c in self.containers.values() if not c.state.is_init]


def shown_image(text: str) -> str:
    """The runtime's name of an image: host-less ones are Docker Hub's."""
    try:
        reference = parse_reference(text)
    except BadReferenceError:
        return text
    if reference.host or reference.digest:
        return text
    library = "" if "/" in reference.repository else "library/"
    return f"docker.io/{library}{reference.repository}:{reference.tag}"


def run_of(life: Life, pod: Obj) -> PodRun:
    """A run for a pod, going on from its stored status where there is one."""
    status = pod.get("status") or {}
    place = Place(
        node=pod["spec"]["nodeName"],
        host_ip=_node_address(life, pod["spec"]["nodeName"]),
        pod_ip=status.get("podIP") or _next_address(),
        start_time=status.get("startTime") or stamp(life.now()),
    )
    run = PodRun(pod["metadata"]["uid"], key_of(pod), place)
    default = Behaviour.of(sandbox_annotations(pod), life.pod_start_seconds)
    has_init = bool(pod["spec"].get("initContainers"))
    for group, statuses, is_init in (
        ("initContainers", "initContainerStatuses", True),
        ("containers", "containerStatuses", False),
    ):
        known = {s["name"]: s for s in status.get(statuses) or ()}
        for spec in pod["spec"].get(group) or ():
            if spec["name"] in known:
                state = ContainerState.from_json(known[spec["name"]], is_init=is_init)
            else:
                reason = "PodInitializing" if has_init else "ContainerCreating"
                state = ContainerState(spec["name"], spec["image"], is_init, {"waiting": {"reason": reason}})
            state.repeated = repeated_of(spec)
            run.containers[spec["name"]] = Container(spec, state, default)
    return run


def sandbox_annotations(pod: Obj) -> dict[str, str]:
    """A pod's own wishes for how its images behave; they win over the images' labels."""
    annotations = pod["metadata"].get("annotations") or {}
    return {k: v for k, v in annotations.items() if k.startswith("sandbox.")}


def is_task(pod: Obj | None, container: Container) -> bool:
    """Whether a container has something to finish rather than a service to keep up."""
    if pod is None or pod["spec"].get("restartPolicy", "Always") == "Always":
        return False
    is_of_job = any(o["kind"] == "Job" for o in pod["metadata"].get("ownerReferences") or ())
    return is_of_job or bool(container.spec.get("command") or container.spec.get("args"))


def go_duration(seconds: int) -> str:
    """Seconds as Go prints them: 10s, 1m20s, 5m0s."""
    return f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"


def _node_address(life: Life, node: str) -> str:
    found = life.store.get("nodes", None, node)
    for address in ((found or {}).get("status") or {}).get("addresses") or ():
        if address["type"] == "InternalIP":
            return str(address["address"])
    return "127.0.0.1"


def _next_address() -> str:
    number = next(_ADDRESSES)
    return f"10.244.{number // 250 % 250}.{number % 250 + 1}"
