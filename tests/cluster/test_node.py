"""What only a real node does: pulls from a registry, kills for memory, crash loops, probes, logs and exec.

Seen through the portal's own reading of pods (apps/workloads/observe.py). REAL_NODE=1 make test-cluster.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from apps.workloads.observe import SeenPod, see_pod
from tests.cluster.cluster import Known
from tests.contracts.kubernetes_fixtures import namespace_of, new_name
from tests.contracts.kubernetes_life_api import Api, Obj

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REASONS = ("CrashLoopBackOff",)


@pytest.fixture(scope="module")
def api(known: Known) -> Iterator[Api]:
    if not known.images:
        pytest.skip("the nodes are fake (REAL_NODE=1 make test-cluster)")
    pinned = os.environ["OPSPORTAL_CONTRACT_KUBERNETES_IMAGES"].split(",")[0]
    images = (known.images[0], known.images[1])
    with namespace_of(Api(known.url, known.tokens["admin"], known.ca_pem, new_name(), images, pinned)) as made:
        yield made


@pytest.fixture
def name(api: Api, request: pytest.FixtureRequest) -> Iterator[str]:
    made = request.node.name.replace("_", "-")[5:45].strip("-")
    yield made
    api.delete("pods", made)
    api.wait(lambda: not api.get("pods", made))


def start(api: Api, name: str, script: str = "", **container: Any) -> None:
    command = {"command": ["/bin/sh", "-c", script]} if script else {}
    api.create("pods", api.pod(name, containers=[{"name": "app", "image": api.images[0], **command, **container}]))


def seen(api: Api, name: str) -> SeenPod:
    return see_pod(api.get("pods", name), "app")


def events(api: Api, name: str, reason: str) -> list[Obj]:
    return [e for e in api.list("events") if e["involvedObject"]["name"] == name and e["reason"] == reason]


def test_an_image_is_pulled_by_its_digest_and_runs_under_it(api: Api, name: str) -> None:
    start(api, name)
    api.running(name)
    pod = seen(api, name)
    assert (pod.ready, pod.reason, pod.digest) == (True, "", api.pinned.partition("@")[2])
    assert pod.image_id.endswith(f"@{pod.digest}")
    assert "Ready" not in pod.message


def test_a_container_over_its_memory_is_killed_with_137(api: Api, name: str) -> None:
    start(api, name, "tail /dev/zero", resources={"limits": {"memory": "24Mi"}})
    api.waiting(name, *REASONS)
    pod = seen(api, name)
    assert (pod.ready, pod.reason, pod.exit_code) == (False, "CrashLoopBackOff", 137)
    last = api.get("pods", name)["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert last["reason"] == "OOMKilled"


def test_a_crash_loop_keeps_its_exit_code_and_the_words_of_the_last_try(api: Api, name: str) -> None:
    start(api, name, "echo about to fail; exit 3")
    api.waiting(name, *REASONS)
    pod = seen(api, name)
    assert (pod.reason, pod.exit_code) == ("CrashLoopBackOff", 3)
    assert pod.restarts >= 1
    assert api.get("pods", name)["status"]["phase"] == "Running"
    assert api.log(name, previous="true") == (200, "about to fail\n")


def test_a_failing_probe_leaves_a_running_pod_unready_and_says_so(api: Api, name: str) -> None:
    probe = {"exec": {"command": ["false"]}, "periodSeconds": 1}
    start(api, name, readinessProbe=probe)
    api.wait(lambda: events(api, name, "Unhealthy"))
    pod = seen(api, name)
    assert (pod.ready, pod.reason, pod.restarts) == (False, "", 0)
    assert "running" in api.get("pods", name)["status"]["containerStatuses"][0]["state"]


def test_logs_and_commands_are_the_containers_own(api: Api, name: str) -> None:
    start(api, name)
    api.running(name)
    api.wait(lambda: "line 2" in api.log(name)[1])
    assert {"line 1", "warn 1"} <= set(api.log(name)[1].splitlines())  # both streams, in no certain order
    session = api.exec(name, "hostname")
    assert session.end()["status"] == "Success"
    assert session.out[1] == f"{name}\n".encode()
