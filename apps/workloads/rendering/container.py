"""The main container, the same for a Deployment, a CronJob and a pre-rollout Job, and the logging sidecar.

Must not: give what the server fills in; whoever names a field in server-side apply owns it and fights for it.
"""

from __future__ import annotations

from apps.common.errors import Invalid
from apps.workloads.rendering import files
from apps.workloads.rendering.measures import cpu_text, memory_text
from apps.workloads.rendering.subject import Json, Subject
from apps.workloads.rendering.variables import variables
from apps.workloads.rendering.words import literals

SIDECAR = "logging"
LOG_VOLUME = "logs"
LOG_FOLDER = "/var/log/app"
# Requests are the limits, so that a Guaranteed pod stays one.
SIDECAR_CPU, SIDECAR_MEMORY = "100m", "128Mi"
PROBES = (("readiness", "readinessProbe"), ("liveness", "livenessProbe"), ("startup", "startupProbe"))
TIMES = (
    ("initial_delay_seconds", "initialDelaySeconds"),
    ("period_seconds", "periodSeconds"),
    ("timeout_seconds", "timeoutSeconds"),
    ("failure_threshold", "failureThreshold"),
)
# A person's words are the positional parameters of a fixed text, never part of it; $0 is the number of seconds.
DEREGISTER_THEN_SLEEP = '"$@"; exec sleep "$0"'


def present(members: Json) -> Json:
    """The members that say something: no null, no empty text, list or object."""
    return {key: value for key, value in members.items() if value not in (None, "", [], {})}


def main_container(document: Json, subject: Subject, *, serves: bool) -> Json:
    """The container. Not `serves`: one that runs to its end, without ports, probes and preStop.

    Nothing asks such a container for readiness, and a liveness probe made for a server would kill a long task.
    """
    container: Json = {
        "name": subject.container,
        "image": subject.image,
        "command": literals(document["command"]),
        "args": literals(document["args"]),
        "env": variables(document, subject),
        "resources": resources(document),
        "volumeMounts": files.mounts(document),
    }
    if serves:
        container["ports"] = [
            {"name": port["name"], "containerPort": port["port"], "protocol": "TCP"} for port in ports(document)
        ]
        for member, field in PROBES:
            container[field] = probe(document["probes"][member])
        container["lifecycle"] = present({"preStop": pre_stop(document["shutdown"])})
    return present(container)


def ports(document: Json) -> list[Json]:
    """The document's ports; a worker and a cron have none."""
    found: list[Json] = document["ports"] if document["workload"] == "service" else []
    return found


def resources(document: Json) -> Json:
    """Requests and limits, each text as the server writes it; what is "" is not set."""
    given = document["resources"]
    sides = {
        side: present(
            {
                "cpu": given[f"cpu_{word}"] and cpu_text(given[f"cpu_{word}"]),
                "memory": given[f"memory_{word}"] and memory_text(given[f"memory_{word}"]),
            }
        )
        for side, word in (("requests", "request"), ("limits", "limit"))
    }
    return present(sides)


def probe(given: Json | None) -> Json | None:
    """A probe as Kubernetes has it; a delay of 0 is the default and not sent."""
    if given is None:
        return None
    if given["type"] == "exec":
        asked: Json = {"exec": {"command": literals(given["command"])}}
    elif given["type"] == "tcp":
        asked = {"tcpSocket": {"port": given["port"]}}
    else:
        asked = {"httpGet": present({"path": given["path"], "port": given["port"]})}
    return asked | {field: given[member] for member, field in TIMES if given.get(member)}


def pre_stop(shutdown: Json) -> Json | None:
    """First deregister, then wait until nobody calls any more (W8); None when there is neither.

    Lifecycle commands are not expanded by the kubelet, so the words stand as they are.
    """
    words, seconds = list(shutdown["deregister"]), int(shutdown["sleep_seconds"])
    if not words:
        command = ["sleep", str(seconds)] if seconds else []
    elif not seconds:
        command = words
    else:
        command = ["/bin/sh", "-c", DEREGISTER_THEN_SLEEP, str(seconds), *words]
    return {"exec": {"command": command}} if command else None


def has_sidecar(document: Json) -> bool:
    """Whether the logging sidecar is wanted."""
    return bool((document.get("sidecar") or {}).get("logging"))


def add_sidecar(pod: Json, subject: Subject) -> None:
    """The logging sidecar and the folder it shares with the main container (W18); changes `pod` in place."""
    if not subject.sidecar_image:
        raise Invalid("rendering.no_sidecar_image", language=subject.language)
    amounts = {"cpu": SIDECAR_CPU, "memory": SIDECAR_MEMORY}
    pod["containers"][0].setdefault("volumeMounts", []).append({"name": LOG_VOLUME, "mountPath": LOG_FOLDER})
    pod["containers"].append(
        {
            "name": SIDECAR,
            "image": subject.sidecar_image,
            "resources": {"requests": dict(amounts), "limits": dict(amounts)},
            "volumeMounts": [{"name": LOG_VOLUME, "mountPath": LOG_FOLDER, "readOnly": True}],
        }
    )
    pod.setdefault("volumes", []).append({"name": LOG_VOLUME, "emptyDir": {}})
