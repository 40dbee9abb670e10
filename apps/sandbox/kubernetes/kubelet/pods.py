"""The kubelet of every node: brings scheduled pods up, restarts what crashes, backs off what cannot be pulled.

Each container has one next step with a due time. Must not: choose nodes, or remove pods (see `termination.py`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from apps.sandbox.kubernetes.kubelet.configuration import missing_configuration
from apps.sandbox.kubernetes.kubelet.images import (
    BadReferenceError,
    Behaviour,
    Image,
    PullError,
    Reference,
    parse_reference,
)
from apps.sandbox.kubernetes.kubelet.node_images import NodeImages
from apps.sandbox.kubernetes.kubelet.reporter import Reporter
from apps.sandbox.kubernetes.kubelet.runs import (
    Container,
    PodRun,
    go_duration,
    is_task,
    run_of,
    sandbox_annotations,
    shown_image,
)
from apps.sandbox.kubernetes.life.objects import Obj, is_ended, is_terminating, key_of, stamp
from apps.sandbox.kubernetes.life.work import Life

CONTAINER, POD = "container", "pod"
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
        self._report = Reporter(life)
        self.images = NodeImages(life.registry)
        self.runs: dict[str, PodRun] = {}
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
        if not self._report.is_node_ready(run):
            del self.runs[run.uid]
            self._life.want(POD, run.key, FROZEN_RETRY)
            return
        self._report.write(run)
        self._go_on(run)

    def _go_on(self, run: PodRun) -> None:
        """Start what can be started: the first unfinished init container, else all the others."""
        unfinished = [c for c in run.init if c.state.exit_code != 0]
        for container in unfinished[:1] or run.main:
            if container.state.is_running:
                self._life.spawn(self._resume(run, container))
            elif container.state.exit_code is None:
                self._later(run, container, START_DELAY, self._begin)
            else:
                self._after_exit(run, container)

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
        if not self._report.is_node_ready(run):
            self._life.timers.reset((CONTAINER, uid, name), FROZEN_RETRY)
            return
        container.step()

    def _is_current(self, run: PodRun) -> bool:
        pod = self._store.get("pods", *run.key)
        return self.runs.get(run.uid) is run and pod is not None and not is_terminating(pod)

    # -- images -------------------------------------------------------------------------------------------
    def _begin(self, run: PodRun, container: Container) -> None:
        image = container.spec["image"]
        try:
            reference = parse_reference(image)
        except BadReferenceError as error:
            self._report.event(run, container, "InspectFailed", str(error), warning=True)
            self._report.event(run, container, "Failed", "Error: InvalidImageName", warning=True)
            self._report.wait_because(run, container, "InvalidImageName", str(error))
            return
        known = self.images.find(run.place.node, container.spec)
        is_here = known is not None or self.images.is_side_loaded(reference)
        if container.spec.get("imagePullPolicy") == "Never" and not is_here:
            why = f'Container image "{image}" is not present with pull policy of Never'
            self._report.event(run, container, "ErrImageNeverPull", why, warning=True)
            self._report.event(run, container, "Failed", "Error: ErrImageNeverPull", warning=True)
            self._report.wait_because(run, container, "ErrImageNeverPull", why)
        elif known is not None:
            self._report.event(run, container, "Pulled", f'Container image "{image}" already present on machine')
            self._use(run, container, known)
        else:
            if not is_here:
                self._report.event(run, container, "Pulling", f'Pulling image "{image}"')
            self._life.spawn(self._pull(run, container, reference))

    async def _pull(self, run: PodRun, container: Container, reference: Reference) -> None:
        try:
            image, message = await self.images.pull(run.place.node, reference)
        except PullError as error:
            if self._is_current(run):
                self._pull_failed(run, container, str(error))
            return
        if self._is_current(run):
            self._report.event(run, container, "Pulled", message)
            self._use(run, container, image)

    def _pull_failed(self, run: PodRun, container: Container, why: str) -> None:
        image = container.spec["image"]
        self._report.event(run, container, "Failed", f'Failed to pull image "{image}": {why}', warning=True)
        self._report.event(run, container, "Failed", "Error: ErrImagePull", warning=True)
        self._report.wait_because(run, container, "ErrImagePull", why)

        def back_off(run: PodRun, container: Container) -> None:
            seconds = min(LONGEST_PULL_BACK_OFF, PULL_BACK_OFF * 2**container.pull_failures) * self._life.scale
            container.pull_failures += 1
            self._report.event(run, container, "BackOff", f'Back-off pulling image "{image}"')
            self._report.event(run, container, "Failed", "Error: ImagePullBackOff", warning=True)
            message = f'Back-off pulling image "{image}": ErrImagePull: {why}'
            self._report.wait_because(run, container, "ImagePullBackOff", message)
            self._later(run, container, seconds, self._begin)

        self._later(run, container, SETTLE_SECONDS, back_off)

    def _use(self, run: PodRun, container: Container, image: Image) -> None:
        self._learn(run, container, image)
        container.pull_failures = 0
        container.state.image_id = image.image_id
        container.state.image = shown_image(container.spec["image"])
        self._start(run, container)

    def _learn(self, run: PodRun, container: Container, image: Image) -> None:
        """What the image's labels ask for; the pod's own annotations win."""
        pod = self._store.get("pods", *run.key)
        wishes = sandbox_annotations(pod) if pod is not None else {}
        container.behaviour = Behaviour.of({**image.labels, **wishes}, self._life.pod_start_seconds)

    async def _resume(self, run: PodRun, container: Container) -> None:
        """Go on with a container that was running before a restart; its image says again how it behaves."""
        try:
            image, _ = await self.images.pull(run.place.node, parse_reference(container.spec["image"]))
        except PullError:
            # The registry is away: the pod's annotations have to do.
            image = Image(container.state.image_id, {})
        if self._is_current(run):
            self._learn(run, container, image)
            if not container.state.ready:
                self._plan(run, container)

    # -- running ------------------------------------------------------------------------------------------
    def _start(self, run: PodRun, container: Container) -> None:
        missing = missing_configuration(self._store, run.key[0], container.spec)
        if missing:
            self._report.event(run, container, "Failed", f"Error: {missing}", warning=True)
            self._report.wait_because(run, container, "CreateContainerConfigError", missing)
            self._later(run, container, PULL_BACK_OFF * self._life.scale, self._start)
            return
        state = container.state
        state.container_id = f"containerd://{secrets.token_hex(32)}"
        self._report.event(run, container, "Created", f"Created container: {container.name}")
        self._report.event(run, container, "Started", f"Started container {container.name}")
        if "terminated" in state.state:
            state.last_state = state.state
        state.state = {"running": {"startedAt": stamp(self._life.now())}}
        state.started, state.ready = not state.is_init, False
        self._report.write(run)
        self._plan(run, container)

    def _plan(self, run: PodRun, container: Container) -> None:
        """What a running container does next."""
        state, behaviour = container.state, container.behaviour
        is_crashing = behaviour.crash_exit_code is not None or behaviour.oom
        if state.is_init or is_crashing or is_task(self._store.get("pods", *run.key), container):
            seconds = min(behaviour.start_seconds, 0.5) if state.is_init else behaviour.start_seconds
            self._later(run, container, seconds, self._exit)
        elif behaviour.never_ready:
            self._later(run, container, min(behaviour.start_seconds, 0.5), self._probe_failed)
        else:
            self._later(run, container, behaviour.start_seconds, self._become_ready)

    def _become_ready(self, run: PodRun, container: Container) -> None:
        container.state.ready = True
        self._report.write(run)

    def _probe_failed(self, run: PodRun, container: Container) -> None:
        why = "Readiness probe failed: HTTP probe failed with statuscode: 503"
        self._report.event(run, container, "Unhealthy", why, warning=True)
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
        self._report.write(run)
        if state.is_init and code == 0:
            self._go_on(run)
        else:
            self._after_exit(run, container)

    def _after_exit(self, run: PodRun, container: Container) -> None:
        """The first restart comes at once, the others after a back-off; or there is none."""
        pod, state = self._store.get("pods", *run.key), container.state
        policy = pod["spec"].get("restartPolicy", "Always") if pod is not None else "Never"
        if policy == "Never" or (policy == "OnFailure" and state.exit_code == 0):
            return
        if state.restarts == 0:
            self._later(run, container, FIRST_RESTART_DELAY, self._restart)
        else:
            self._later(run, container, SETTLE_SECONDS, self._crash_loop)

    def _restart(self, run: PodRun, container: Container) -> None:
        state = container.state
        state.restarts += 1
        if "terminated" in state.state:
            state.last_state = state.state
        image = container.spec["image"]
        self._report.event(run, container, "Pulled", f'Container image "{image}" already present on machine')
        self._start(run, container)

    def _crash_loop(self, run: PodRun, container: Container) -> None:
        state, name = container.state, container.name
        nominal = min(LONGEST_CRASH_BACK_OFF, CRASH_BACK_OFF * 2 ** min(state.restarts - 1, 10))
        namespace, pod_name = run.key
        about = f"{pod_name}_{namespace}({run.uid})"
        state.last_state = state.state
        text = f"Back-off restarting failed container {name} in pod {about}"
        self._report.event(run, container, "BackOff", text, warning=True)
        message = f"back-off {go_duration(nominal)} restarting failed container={name} pod={about}"
        self._report.wait_because(run, container, "CrashLoopBackOff", message)
        self._later(run, container, nominal * CRASH_PACE * self._life.scale, self._restart)

    def rewrite(self, uid: str) -> None:
        """Write a pod's status again, after its node was lost or found."""
        if uid in self.runs:
            self._report.write(self.runs[uid])
