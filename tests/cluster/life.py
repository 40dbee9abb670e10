"""How kwok's fake nodes play the life of a pod: kwok's configuration, written from here.

The fate of a pod is its first container's image name, so that whoever patches an image chooses it:
    broken    the image cannot be pulled (ImagePullBackOff); so does what names port 1, where nobody listens
    crash     exits with 1 again and again (CrashLoopBackOff)
    oom       is killed with 137 (OOMKilled, CrashLoopBackOff)
    unready   runs and never becomes ready
    stuck     stays in ContainerCreating
    else      runs and is ready
or, where the name is the portal's choice, the annotation FATE on the pod template, which spares the image in SPARES.
Must not: say anything of a node that kubernetes.md §7 does not know of a real kubelet.
"""

from __future__ import annotations

from typing import Any

import yaml

from tests.cluster.parts import HOST, Ports

FATE, SPARES = "cluster.test/fate", "cluster.test/spares-image"
GROUP = "kwok.x-k8s.io"
_FATE = (
    f'if (.metadata.annotations["{FATE}"] // "") != "" '
    f'and .metadata.annotations["{SPARES}"] != .spec.containers[0].image '
    f'then .metadata.annotations["{FATE}"] '
    'else ([.spec.containers[0].image | match("broken|^127.0.0.1:1/|crash|oom|unready|stuck").string][0] // "runs") end'
)
_WAITS_FOR = ".status.containerStatuses[0].state.waiting.reason"
_PULL_FAILS = ("broken", f"{HOST}:1/")
_NOW = '{{ $now := now | date "2006-01-02T15:04:05Z07:00" }}'
# PodIPWith gives another address at each call, and a pod's must not change.
_ADDRESS = (
    "{{ $ip := or .status.podIP (PodIPWith .spec.nodeName (or .spec.hostNetwork false) "
    '(or .metadata.uid "") (or .metadata.name "") (or .metadata.namespace "")) }}'
)
# What a container runtime says of an image pulled by digest: that digest, under the name without the tag. An image
# named by its tag alone has a made-up one.
_IMAGE_ID = (
    '{{ printf "%s@sha256:%s" (regexReplaceAll "(:[^/:@]*)?(@.*)?$" $c.image "") '
    '(regexFind "[0-9a-f]{64}$" $c.image | default ($c.image | sha256sum)) | Quote }}'
)


def configuration(ports: Ports) -> str:
    """kwok's configuration file."""
    options = {
        "manageNodesWithAnnotationSelector": f"{GROUP}/node=fake",
        "cidr": "10.44.0.1/24",
        "nodeIP": HOST,
        "nodePort": ports.fakelet,  # where the API server looks for the nodes' kubelet
        "serverAddress": f"{HOST}:{ports.kwok}",  # else kwok listens on every address
        "nodeLeaseDurationSeconds": 40,
        "enableDebuggingHandlers": True,
    }
    head = {"apiVersion": f"config.{GROUP}/v1alpha1", "kind": "KwokConfiguration", "options": options}
    return yaml.safe_dump_all([head, _create(), *_outcomes(), _delete()], sort_keys=False, width=1000)


def _stage(
    name: str, matches: list[dict[str, Any]], delay: int, jitter: int, following: dict[str, Any]
) -> dict[str, Any]:
    spec: dict[str, Any] = {"resourceRef": {"apiGroup": "v1", "kind": "Pod"}, "selector": {"matchExpressions": matches}}
    if delay:
        spec["delay"] = {"durationMilliseconds": delay, "jitterDurationMilliseconds": delay + jitter}
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {**spec, "next": following},
    }


def _is(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "operator": "In", "values": list(values)}


_STAYS = {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"}


def _event(kind: str, reason: str, message: str) -> dict[str, str]:
    return {"type": kind, "reason": reason, "message": message}


def _create() -> dict[str, Any]:
    """Pending: ContainerCreating."""
    template = (
        _NOW
        + """
phase: Pending
startTime: {{ $now | Quote }}
hostIP: {{ NodeIPWith .spec.nodeName | Quote }}
hostIPs: [{ip: {{ NodeIPWith .spec.nodeName | Quote }}}]
qosClass: {{ or .status.qosClass "BestEffort" }}
conditions:
- {type: PodReadyToStartContainers, status: "False", lastProbeTime: null, lastTransitionTime: {{ $now | Quote }}}
- {type: Initialized, status: "True", lastProbeTime: null, lastTransitionTime: {{ $now | Quote }}}
{{ range $t := list "Ready" "ContainersReady" }}
- {type: {{ $t }}, status: "False", reason: ContainersNotReady, message: 'containers with unready status: [{{ range $i, $c := $.spec.containers }}{{ if $i }} {{ end }}{{ $c.name }}{{ end }}]', lastProbeTime: null, lastTransitionTime: {{ $now | Quote }}}
{{ end }}
- {type: PodScheduled, status: "True", lastProbeTime: null, lastTransitionTime: {{ $now | Quote }}}
containerStatuses:
{{ range .spec.containers }}
- {name: {{ .name | Quote }}, image: {{ .image | Quote }}, imageID: "", ready: false, started: false, restartCount: 0, state: {waiting: {reason: ContainerCreating}}, lastState: {}}
{{ end }}
"""
    )
    new = {"key": ".status.startTime", "operator": "DoesNotExist"}
    event = _event("Normal", "Pulling", "Pulling image")
    return _stage("create", [_STAYS, new], 0, 0, {"event": event, "statusTemplate": template})


def _outcomes() -> list[dict[str, Any]]:
    creating = _is(_WAITS_FOR, "ContainerCreating")
    ready, unready = (
        _event("Normal", "Started", "Started container app"),
        _event("Warning", "Unhealthy", "Readiness probe failed: "),
    )
    pull = _event("Warning", "Failed", "Error: ImagePullBackOff")
    loop = _event("Warning", "BackOff", "Back-off restarting failed container")
    restarts = _is("(.status.containerStatuses[0].restartCount < 5) | tostring", "true")
    looping = _is(_WAITS_FOR, "ContainerCreating", "CrashLoopBackOff")
    return [
        _stage(
            "run", [_STAYS, creating, _is(_FATE, "runs")], 100, 400, {"event": ready, "statusTemplate": _running(True)}
        ),
        _stage(
            "unready",
            [_STAYS, creating, _is(_FATE, "unready")],
            100,
            400,
            {"event": unready, "statusTemplate": _running(False)},
        ),
        _stage(
            "pull", [_STAYS, creating, _is(_FATE, *_PULL_FAILS)], 100, 400, {"event": pull, "statusTemplate": _PULL}
        ),
        _stage(
            "crash",
            [_STAYS, looping, _is(_FATE, "crash"), restarts],
            300,
            700,
            {"event": loop, "statusTemplate": _crashing(1, "Error")},
        ),
        _stage(
            "oom",
            [_STAYS, looping, _is(_FATE, "oom"), restarts],
            300,
            700,
            {"event": loop, "statusTemplate": _crashing(137, "OOMKilled")},
        ),
    ]


def _running(is_ready: bool) -> str:
    kinds = [
        "PodReadyToStartContainers",
        "Initialized",
        "PodScheduled",
        *(["Ready", "ContainersReady"] if is_ready else []),
    ]
    # kwok merges a condition into the old one: what is to go has to be emptied.
    conditions = "".join(
        f'- {{type: {kind}, status: "True", reason: "", message: "", lastProbeTime: null, lastTransitionTime: {{{{ $now | Quote }}}}}}\n'
        for kind in kinds
    )
    return f"""{_NOW}{_ADDRESS}
phase: Running
podIP: {{{{ $ip | Quote }}}}
podIPs: [{{ip: {{{{ $ip | Quote }}}}}}]
conditions:
{conditions}containerStatuses:
{{{{ range $c := .spec.containers }}}}
- name: {{{{ $c.name | Quote }}}}
  image: {{{{ $c.image | Quote }}}}
  imageID: {_IMAGE_ID}
  containerID: {{{{ printf "containerd://%s" (printf "%s/%s" $.metadata.uid $c.name | sha256sum) | Quote }}}}
  ready: {str(is_ready).lower()}
  started: true
  restartCount: 0
  state: {{running: {{startedAt: {{{{ $now | Quote }}}}}}}}
  lastState: {{}}
{{{{ end }}}}
"""


_PULL = """
containerStatuses:
{{ range $c := .spec.containers }}
{{ $why := "rpc error: code = NotFound desc = failed to pull and unpack image: not found" }}
{{ if hasPrefix "127.0.0.1:1/" $c.image }}{{ $why = "failed to pull and unpack image: failed to do request: dial tcp 127.0.0.1:1: connect: connection refused" }}{{ end }}
- {name: {{ $c.name | Quote }}, image: {{ $c.image | Quote }}, imageID: "", ready: false, started: false, restartCount: 0, state: {waiting: {reason: ImagePullBackOff, message: 'Back-off pulling image "{{ $c.image }}": ErrImagePull: {{ $why }}'}}, lastState: {}}
{{ end }}
"""


def _crashing(code: int, reason: str) -> str:
    return f"""{_NOW}{_ADDRESS}{{{{ $root := . }}}}
phase: Running
podIP: {{{{ $ip | Quote }}}}
podIPs: [{{ip: {{{{ $ip | Quote }}}}}}]
conditions:
- {{type: PodReadyToStartContainers, status: "True", lastProbeTime: null, lastTransitionTime: {{{{ $now | Quote }}}}}}
containerStatuses:
{{{{ range $i, $c := .spec.containers }}}}
{{{{ $n := add1 (index $root.status.containerStatuses $i).restartCount }}}}
{{{{ $id := printf "containerd://%s" (printf "%s/%s/%d" $root.metadata.uid $c.name $n | sha256sum) }}}}
- name: {{{{ $c.name | Quote }}}}
  image: {{{{ $c.image | Quote }}}}
  imageID: {_IMAGE_ID}
  containerID: {{{{ $id | Quote }}}}
  ready: false
  started: false
  restartCount: {{{{ $n }}}}
  state: {{waiting: {{reason: CrashLoopBackOff, message: 'back-off 10s restarting failed container={{{{ $c.name }}}} pod={{{{ $root.metadata.name }}}}_{{{{ $root.metadata.namespace }}}}({{{{ $root.metadata.uid }}}})'}}}}
  lastState: {{terminated: {{exitCode: {code}, reason: {reason}, startedAt: {{{{ $now | Quote }}}}, finishedAt: {{{{ $now | Quote }}}}, containerID: {{{{ $id | Quote }}}}}}}}
{{{{ end }}}}
"""


def _delete() -> dict[str, Any]:
    """Terminating, then gone; a finalizer is somebody else's to take away."""
    going = {"key": ".metadata.deletionTimestamp", "operator": "Exists"}
    free = {"key": ".metadata.finalizers", "operator": "DoesNotExist"}
    return _stage("delete", [going, free], 100, 400, {"delete": True})
