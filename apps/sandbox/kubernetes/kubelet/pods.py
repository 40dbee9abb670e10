"""The kubelet of every node: brings scheduled pods up, restarts what crashes, backs off what cannot be pulled.

Each container has one next step with a due time. Must not: choose nodes, or remove pods (see `termination.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from apps.sandbox.kubernetes.kubelet.configuration import missing_configuration
from apps.sandbox.kubernetes.kubelet.images import (
    SIDE_LOADED,
    BadReferenceError,
    Behaviour,
    Image,
    ImageSource,
    PullError,
    Reference,
    parse_reference,
)
from apps.sandbox.kubernetes.kubelet.runs import Container, PodRun, run_of, sandbox_annotations, shown_image
from apps.sandbox.kubernetes.kubelet.status import build
from apps.sandbox.kubernetes.life.objects import Obj, find_condition, is_ended, is_terminating, key_of, stamp
from apps.sandbox.kubernetes.life.work import Life

CONTAINER, POD = "container", "pod"
EPOCH = "1970-01-01T00:00:00Z"
START_DELAY = 0.05
FIRST_RESTART_DELAY = 0.2
SETTLE_SECONDS = 0.3
PULL_BACK_OFF, LONGEST_PULL_BACK_OFF = 2.0, 60.0
# The kubelet says "back-off 10s"; here it lasts a fifth of what it says.
CRASH_BACK_OFF, LONGEST_CRASH_BACK_OFF, CRASH_PACE = 10, 300, 0.2
PROBE_PERIOD = 10.0
FROZEN_RETRY = 1.0


class Kubelet:
    """Runs the pods of all nodes."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._store = life.store
        self.images = ImageSource(life.registry)
        self.runs: dict[str, PodRun] = {}
        self._on_nodes: dict[str, dict[str, Image]] = {}
        life.on_work(CONTAINER, self._container_due)
        life.on_work(POD, self._admit)
        life.on_change("pods", self._changed)

    # -- pods come and go ---------------------------------------------------------------------------------
    def _changed(self, kind: str, resource: str, pod: Obj, old: Obj | None) -> None:
        uid = pod["metadata"]["uid"]
        if kind == "DELETED" or is_terminating(pod):
            run = self.runs.get(uid)
            for container in run.containers.values() if run else ():
                self._life.timers.cancel((CONTAINER, uid, container.name))
            if kind == "DELETED":
                self.runs.pop(uid, None)
        elif pod["spec"].get("nodeName") and uid not in self.runs and not is_ended(pod):
            self._life.want(POD, key_of(pod))

    def _admit(self, namespace: str, name: str) -> None:
        """A pod has come to its node; or the cluster was started again with it."""
        pod = self._store.get("pods", namespace, name)
        if pod is None or is_terminating(pod) or is_ended(pod) or pod["metadata"]["uid"] in self.runs:
            return
        run = self.runs[pod["metadata"]["uid"]] = run_of(self._life, pod)
        if not self._is_node_ready(run):
            del self.runs[run.uid]
            self._life.want(POD, run.key, FROZEN_RETRY)
            return
        self._write(run)
        self._go_on(run)

    def _go_on(self, run: PodRun) -> None:
        """Start what can be started: the first unfinished init container, else all the others."""
        unfinished = [c for c in run.init if c.state.exit_code != 0]
        for container in unfinished[:1] or run.main:
            if container.state.is_running and not container.state.ready:
                self._later(run, container, container.behaviour.start_seconds, self._become_ready)
            elif not container.state.is_running and container.state.exit_code is None:
                self._later(run, container, START_DELAY, self._begin)

    # -- steps --------------------------------------------------------------------------------------------
    def _later(
        self, run: PodRun, container: Container, delay: float, step: Callable[[PodRun, Container], None]
    ) -> None:
        container.step = lambda: step(run, container)
        self._life.timers.reset((CONTAINER, run.uid, container.name), delay)

    def _container_due(self, uid: str, name: str) -> None:
        run = self.runs.get(uid)
        container = run.containers.get(name) if run else None
        if run is None or container is None or container.step is None:
            return
        if not self._is_node_ready(run):
            self._life.timers.reset((CONTAINER, uid, name), FROZEN_RETRY)
            return
        container.step()

    def _is_node_ready(self, run: PodRun) -> bool:
        """Unknown nodes count as ready: a store without nodes is a test's."""
        node = self._store.get("nodes", None, run.place.node)
        ready = find_condition((node or {}).get("status") or {}, "Ready")
        return ready is None or ready["status"] == "True"

    def _is_current(self, run: PodRun) -> bool:
        pod = self._store.get("pods", *run.key)
        return self.runs.get(run.uid) is run and pod is not None and not is_terminating(pod)

    # -- images -------------------------------------------------------------------------------------------
    def _begin(self, run: PodRun, container: Container) -> None:
        image = container.spec["image"]
        try:
            reference = parse_reference(image)
        except BadReferenceError as error:
            self._event(run, container, "InspectFailed", str(error), warning=True)
            self._event(run, container, "Failed", "Error: InvalidImageName", warning=True)
            self._wait_because(run, container, "InvalidImageName", str(error))
            return
        known = self._on_nodes.get(run.place.node, {}).get(image)
        is_side_loaded = not reference.host and reference.repository in SIDE_LOADED
        is_here = is_side_loaded or (known is not None and container.spec.get("imagePullPolicy") != "Always")
        if container.spec.get("imagePullPolicy") == "Never" and not is_here:
            why = f'Container image "{image}" is not present with pull policy of Never'
            self._event(run, container, "ErrImageNeverPull", why, warning=True)
            self._event(run, container, "Failed", "Error: ErrImageNeverPull", warning=True)
            self._wait_because(run, container, "ErrImageNeverPull", why)
        elif known is not None and is_here:
            self._event(run, container, "Pulled", f'Container image "{image}" already present on machine')
            self._use(run, container, known)
        else:
            if not is_here:
                self._event(run, container, "Pulling", f'Pulling image "{image}"')
            self._life.spawn(self._pull(run, container, reference))

    async def _pull(self, run: PodRun, container: Container, reference: Reference) -> None:
        began = self._life.loop.time()
        try:
            image = await self.images.pull(reference)
        except PullError as error:
            if self._is_current(run):
                self._pull_failed(run, container, str(error))
            return
        if not self._is_current(run):
            return
        self._on_nodes.setdefault(run.place.node, {})[reference.text] = image
        if not reference.host and reference.repository in SIDE_LOADED:
            text = f'Container image "{reference.text}" already present on machine'
        else:
            took = f"{max(1, round((self._life.loop.time() - began) * 1000))}ms"
            text = f'Successfully pulled image "{reference.text}" in {took} ({took} including waiting). '
            text += f"Image size: {image.size} bytes."
        self._event(run, container, "Pulled", text)
        self._use(run, container, image)

    def _pull_failed(self, run: PodRun, container: Container, why: str) -> None:
        image = container.spec["image"]
        self._event(run, container, "Failed", f'Failed to pull image "{image}": {why}', warning=True)
        self._event(run, container, "Failed", "Error: ErrImagePull", warning=True)
        self._wait_because(run, container, "ErrImagePull", why)

        def back_off(run: PodRun, container: Container) -> None:
            seconds = min(LONGEST_PULL_BACK_OFF, PULL_BACK_OFF * 2**container.pull_failures) * self._life.scale
            container.pull_failures += 1
            self._event(run, container, "BackOff", f'Back-off pulling image "{image}"')
            self._event(run, container, "Failed", "Error: ImagePullBackOff", warning=True)
            message = f'Back-off pulling image "{image}": ErrImagePull: {why}'
            self._wait_because(run, container, "ImagePullBackOff", message)
            self._later(run, container, seconds, self._begin)

        self._later(run, container, SETTLE_SECONDS, back_off)

    def _use(self, run: PodRun, container: Container, image: Image) -> None:
        pod = self._store.get("pods", *run.key)
        wishes = sandbox_annotations(pod) if pod is not None else {}
        container.behaviour = Behaviour.of({**image.labels, **wishes}, self._life.pod_start_seconds)
        container.pull_failures = 0
        container.state.image_id = image.image_id
        container.state.image = shown_image(container.spec["image"])
        self._start(run, container)

    # -- running ------------------------------------------------------------------------------------------
    def _start(self, run: PodRun, container: Container) -> None:
        missing = missing_configuration(self._store, run.key[0], container.spec)
        if missing:
            self._event(run, container, "Failed", f"Error: {missing}", warning=True)
            self._wait_because(run, container, "CreateContainerConfigError", missing)
            self._later(run, container, PULL_BACK_OFF * self._life.scale, self._start)
            return
        state = container.state
        state.container_id = f"containerd://{secrets.token_hex(32)}"
        self._event(run, container, "Created", f"Created container: {container.name}")
        self._event(run, container, "Started", f"Started container {container.name}")
        if "terminated" in state.state:
            state.last_state = state.state
        state.state = {"running": {"startedAt": stamp(self._life.now())}}
        state.started, state.ready = not state.is_init, False
        self._write(run)
        behaviour = container.behaviour
        is_crashing = behaviour.crash_exit_code is not None or behaviour.oom
        if state.is_init or is_crashing or self._is_task(run, container):
            seconds = min(behaviour.start_seconds, 0.5) if state.is_init else behaviour.start_seconds
            self._later(run, container, seconds, self._exit)
        elif behaviour.never_ready:
            self._later(run, container, min(behaviour.start_seconds, 0.5), self._probe_failed)
        else:
            self._later(run, container, behaviour.start_seconds, self._become_ready)

    def _is_task(self, run: PodRun, container: Container) -> bool:
        """Whether the container has a command to finish rather than a service to keep up."""
        pod = self._store.get("pods", *run.key)
        policy = pod["spec"].get("restartPolicy", "Always") if pod is not None else "Always"
        return policy != "Always" and bool(container.spec.get("command") or container.spec.get("args"))

    def _become_ready(self, run: PodRun, container: Container) -> None:
        container.state.ready = True
        self._write(run)

    def _probe_failed(self, run: PodRun, container: Container) -> None:
        why = "Readiness probe failed: HTTP probe failed with statuscode: 503"
        self._event(run, container, "Unhealthy", why, warning=True)
        self._later(run, container, PROBE_PERIOD, self._probe_failed)

    def _exit(self, run: PodRun, container: Container) -> None:
        state, behaviour = container.state, container.behaviour
        code, reason = behaviour.crash_exit_code or 0, "Completed"
        if behaviour.oom:
            code, reason = 137, "OOMKilled"
        elif code:
            reason = "Error"
        ended = {
            "exitCode": code,
            "reason": reason,
            "startedAt": state.state["running"]["startedAt"],
            "finishedAt": stamp(self._life.now()),
            "containerID": state.container_id,
        }
        state.state, state.ready, state.started = {"terminated": ended}, state.is_init and code == 0, False
        self._write(run)
        pod = self._store.get("pods", *run.key)
        policy = pod["spec"].get("restartPolicy", "Always") if pod is not None else "Never"
        if state.is_init and code == 0:
            self._go_on(run)
        elif policy == "Always" or (policy == "OnFailure" and code != 0):
            delay, step = (
                (FIRST_RESTART_DELAY, self._restart) if state.restarts == 0 else (SETTLE_SECONDS, self._crash_loop)
            )
            self._later(run, container, delay, step)

    def _restart(self, run: PodRun, container: Container) -> None:
        state = container.state
        state.restarts += 1
        if "terminated" in state.state:
            state.last_state = state.state
        image = container.spec["image"]
        self._event(run, container, "Pulled", f'Container image "{image}" already present on machine')
        self._start(run, container)

    def _crash_loop(self, run: PodRun, container: Container) -> None:
        state, name = container.state, container.name
        nominal = min(LONGEST_CRASH_BACK_OFF, CRASH_BACK_OFF * 2 ** min(state.restarts - 1, 10))
        namespace, pod_name = run.key
        about = f"{pod_name}_{namespace}({run.uid})"
        state.last_state = state.state
        text = f"Back-off restarting failed container {name} in pod {about}"
        self._event(run, container, "BackOff", text, warning=True)
        message = f"back-off {_go_duration(nominal)} restarting failed container={name} pod={about}"
        self._wait_because(run, container, "CrashLoopBackOff", message)
        self._later(run, container, nominal * CRASH_PACE * self._life.scale, self._restart)

    # -- what others see ----------------------------------------------------------------------------------
    def _wait_because(self, run: PodRun, container: Container, reason: str, message: str) -> None:
        container.state.state = {"waiting": {"reason": reason, "message": message}}
        container.state.ready = container.state.started = False
        self._write(run)

    def _event(self, run: PodRun, container: Container, reason: str, message: str, *, warning: bool = False) -> None:
        pod = self._store.get("pods", *run.key)
        if pod is None:
            return
        group = "initContainers" if container.state.is_init else "containers"
        path = f"spec.{group}{{{container.name}}}"
        self._life.events.record(
            pod, reason, message, component="kubelet", host=run.place.node, field_path=path, warning=warning
        )

    def rewrite(self, uid: str) -> None:
        """Write a pod's status again, after its node was lost or found."""
        if uid in self.runs:
            self._write(self.runs[uid])

    def _write(self, run: PodRun) -> None:
        pod = self._store.get("pods", *run.key)
        if pod is None or pod["metadata"]["uid"] != run.uid:
            return
        states = [c.state for c in run.containers.values()]
        status = build(pod, states, run.place, self._life.now(), is_node_ready=self._is_node_ready(run))
        self._store.update("pods", {**pod, "status": status}, status_only=True)


def _go_duration(seconds: int) -> str:
    """Seconds as Go prints them: 10s, 1m20s, 5m0s."""
    return f"{seconds // 60}m{seconds % 60}s" if seconds >= 60 else f"{seconds}s"
