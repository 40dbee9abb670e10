"""The main container and the sidecar: words, variables, probes, resources, life cycle."""

from __future__ import annotations

import re
import subprocess
from typing import Any

import pytest

from apps.workloads.rendering import render
from tests.workloads.rendering.documents import NASTY, completed, cron, probe, subject, worker
from tests.workloads.rendering.parts import app, of_kind, pod, refused

Json = dict[str, Any]


def expanded(text: str, variables: dict[str, str]) -> str:
    """What the kubelet makes of a text (third_party/forked/golang/expansion)."""
    return re.sub(
        r"\$\$|\$\(([^)]*)\)",
        lambda m: "$" if m[0] == "$$" else variables.get(m[1], m[0]),
        text,
    )


# -- words --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("text", [NASTY, "$(TZ)", "$$", "$$$", "$$(TZ)", "$$$(TZ)$", "a$b", "$", "$(", "$(TZ", "plain"])
def test_a_text_arrives_as_it_was_entered_and_is_never_expanded(text: str) -> None:
    check = probe(type="exec", path="", port=0, command=["test", text])
    probes = {"readiness": check, "liveness": None, "startup": None}
    found = app(environment=[{"name": "A", "value": text}], command=["run", text], args=[text], probes=probes)
    sent = [
        found["env"][1]["value"],
        found["command"][1],
        found["args"][0],
        found["readinessProbe"]["exec"]["command"][1],
    ]
    assert [expanded(each, {"TZ": "UTC"}) for each in sent] == [text] * 4


def test_the_deregistering_words_reach_the_command_as_words_and_the_sleep_follows(tmp_path: Any) -> None:
    spy = tmp_path / "leave"
    spy.write_text(f'#!/bin/sh\nfor word in "$@"; do printf \'%s\\n\' "$word"; done > {tmp_path}/seen\n')
    (tmp_path / "sleep").write_text(f'#!/bin/sh\necho "$1" > {tmp_path}/slept\n')
    for file in (spy, tmp_path / "sleep"):
        file.chmod(0o755)
    words = [str(spy), "$(touch hacked)", "; touch hacked", "`touch hacked`", "a  b"]
    command = app(shutdown={"deregister": words, "sleep_seconds": 10, "grace_seconds": 40})["lifecycle"]["preStop"]
    argv = command["exec"]["command"]
    assert argv == ["/bin/sh", "-c", '"$@"; exec sleep "$0"', "10", *words]
    subprocess.run(argv, check=True, cwd=tmp_path, env={"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (tmp_path / "seen").read_text().splitlines() == words[1:]
    assert (tmp_path / "slept").read_text() == "10\n"
    assert not (tmp_path / "hacked").exists()


@pytest.mark.parametrize(
    ("deregister", "seconds", "command"),
    [([], 10, ["sleep", "10"]), (["/app/leave", "now"], 0, ["/app/leave", "now"])],
)
def test_pre_stop_is_what_is_left_when_one_of_its_two_parts_is_missing(
    deregister: list[str], seconds: int, command: list[str]
) -> None:
    found = app(shutdown={"deregister": deregister, "sleep_seconds": seconds, "grace_seconds": 40})
    assert found["lifecycle"] == {"preStop": {"exec": {"command": command}}}


def test_without_either_there_is_no_lifecycle() -> None:
    assert "lifecycle" not in app(shutdown={"deregister": [], "sleep_seconds": 0, "grace_seconds": 40})


# -- variables ----------------------------------------------------------------------------------------------------
def test_java_options_are_those_of_the_heap_and_the_collector() -> None:
    (_, options) = app("java", java={"heap": "2g", "gc_threads": 4})["env"]
    value = "-XX:+ExitOnOutOfMemoryError -XX:ParallelGCThreads=4 -Xmx2g -Xms2g"
    assert options == {"name": "JAVA_TOOL_OPTIONS", "value": value}


def test_a_persons_java_options_stand_behind_ours_so_that_theirs_win() -> None:
    own = [{"name": "A", "value": "1"}, {"name": "JAVA_TOOL_OPTIONS", "value": "-Xms1g -Dx=$(TZ)"}]
    found = app("java", java={"heap": "2g", "gc_threads": None}, environment=own)["env"]
    assert [entry["name"] for entry in found] == ["TZ", "JAVA_TOOL_OPTIONS", "A"]
    assert found[1]["value"] == "-XX:+ExitOnOutOfMemoryError -Xmx2g -Xms2g -Xms1g -Dx=$$(TZ)"


def test_another_language_and_a_java_without_sizes_keep_the_images_own_options() -> None:
    own = [{"name": "JAVA_TOOL_OPTIONS", "value": "-Xmx1g"}]
    tz = {"name": "TZ", "value": "Asia/Shanghai"}
    assert app("go", environment=own)["env"] == [tz, own[0]]
    assert app("java", java={"heap": "", "gc_threads": None}, environment=own)["env"] == [tz, own[0]]
    assert app("java", java=None)["env"] == [tz]


def test_a_heap_that_is_more_than_a_size_is_refused_before_it_becomes_an_option() -> None:
    document = completed("java", java={"heap": "1g -XX:OnError=id", "gc_threads": 1})
    assert refused(document, language="java")[0] == "quantity.bad_heap"


@pytest.mark.parametrize(
    ("members", "code", "name"),
    [
        ({"environment": [{"name": "TZ", "value": "UTC"}]}, "rendering.variable_ours", "TZ"),
        ({"environment": [{"name": "A", "value": "1"}] * 2}, "rendering.variable_twice", "A"),
        ({"secrets": [{"name": "A", "secret": "s", "key": "k"}] * 2}, "rendering.variable_twice", "A"),
        (
            {"secrets": [{"name": "JAVA_TOOL_OPTIONS", "secret": "s", "key": "k"}]},
            "rendering.variable_ours",
            "JAVA_TOOL_OPTIONS",
        ),
    ],
)
def test_a_variable_that_would_be_there_twice_is_refused(members: Json, code: str, name: str) -> None:
    assert refused(completed("java", **members), language="java") == (code, {"name": name})


def test_a_variable_of_the_portals_own_secret_refers_to_its_object_and_is_refused_without_one() -> None:
    secrets = [{"name": "PASSWORD", "secret": "", "key": ""}, {"name": "B", "secret": "theirs", "key": "b"}]
    assert app(secrets=secrets)["env"][1:] == [
        {"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "book-secrets", "key": "PASSWORD"}}},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "theirs", "key": "b"}}},
    ]
    found = refused(completed(secrets=secrets))
    assert found == ("rendering.no_held_secret", {"name": "PASSWORD", "workload": "book"})


# -- containers ---------------------------------------------------------------------------------------------------
def test_resources_are_written_as_the_server_will_answer_them() -> None:
    sizes = {"cpu_request": "0.5", "cpu_limit": "2000m", "memory_request": "1024Mi", "memory_limit": "2000M"}
    assert app(resources=sizes)["resources"] == {
        "requests": {"cpu": "500m", "memory": "1Gi"},
        "limits": {"cpu": "2", "memory": "2G"},
    }


def test_resources_that_are_not_set_are_not_there_and_a_bad_one_is_refused() -> None:
    sizes = {"cpu_request": "", "cpu_limit": "", "memory_request": "", "memory_limit": "1Gi"}
    assert app(resources=sizes)["resources"] == {"limits": {"memory": "1Gi"}}
    assert "resources" not in app(resources=dict.fromkeys(sizes, ""))
    found = refused(completed(resources={**sizes, "memory_limit": "1g"}))
    assert found == ("quantity.bad_memory", {"value": "1g", "suggestion": "1Gi"})


def test_a_probe_of_each_type_asks_only_what_its_type_needs() -> None:
    probes = {
        "readiness": probe(initial_delay_seconds=0),
        "liveness": probe(type="tcp", path="/left-over"),
        "startup": probe(type="exec", command=["/alive"]),
    }
    found = app(probes=probes)
    times = {"periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 3}
    assert found["readinessProbe"] == {"httpGet": {"path": "/healthz", "port": 8080}, **times}
    assert found["livenessProbe"] == {"tcpSocket": {"port": 8080}, "initialDelaySeconds": 5, **times}
    assert found["startupProbe"] == {"exec": {"command": ["/alive"]}, "initialDelaySeconds": 5, **times}


def test_the_sidecar_shares_a_folder_and_is_refused_without_an_image() -> None:
    spec = pod(sidecar={"logging": True}, files=[{"path": "/a", "content": "1"}])
    assert [c["name"] for c in spec["containers"]] == ["app", "logging"]
    assert [c["volumeMounts"][-1]["mountPath"] for c in spec["containers"]] == ["/var/log/app"] * 2
    assert [v["name"] for v in spec["volumes"]] == ["files", "logs"]
    sizes = spec["containers"][1]["resources"]
    assert sizes["requests"] == sizes["limits"]  # a Guaranteed pod stays one
    assert refused(completed(sidecar={"logging": True})) == ("rendering.no_sidecar_image", {"language": "go"})


def test_a_worker_has_probes_but_no_ports() -> None:
    (deployed, budget) = render(worker(ports=[{"name": "http", "port": 1}]), subject())
    container = deployed["spec"]["template"]["spec"]["containers"][0]
    assert (deployed["kind"], budget["kind"]) == ("Deployment", "PodDisruptionBudget")
    assert ("ports" in container, "livenessProbe" in container) == (False, True)


def test_a_cron_runs_the_same_container_without_what_only_serving_needs() -> None:
    served = app(environment=[{"name": "A", "value": "1"}], command=["x"])
    document = cron(
        environment=[{"name": "A", "value": "1"}],
        command=["x"],
        resources=completed()["resources"],
        ports=[{"name": "http", "port": 8080}],
        probes=completed()["probes"],
    )
    (made,) = render(document, subject())
    spec = made["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    assert served.keys() - container.keys() == {"ports", "readinessProbe", "livenessProbe", "lifecycle"}
    assert container == {key: served[key] for key in container}
    assert (spec["restartPolicy"], "topologySpreadConstraints" in spec) == ("Never", False)


def test_an_adopted_container_keeps_its_name() -> None:
    made = of_kind(render(completed(), subject(container="main")), "Deployment")
    assert [c["name"] for c in made["spec"]["template"]["spec"]["containers"]] == ["main"]
