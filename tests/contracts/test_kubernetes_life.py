"""What the portal relies on in a living cluster: rollouts, pods, events, quota, logs and exec (kubernetes.md 6-10).

What it is asked of: kubernetes_fixtures.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
import websocket

from tests.contracts.kubernetes_fixtures import api, needs_kubelet
from tests.contracts.kubernetes_life_api import MERGE, Api, Obj, condition
from tests.contracts.statements import statement

__all__ = ["api"]

NEVER_THERE = "127.0.0.1:1/no/such:1"


@pytest.fixture
def web(api: Api) -> Iterator[str]:
    """A complete Deployment of three replicas."""
    api.create("deployments", api.deployment("web"))
    api.settled("web", 3)
    yield "web"
    api.remove("web")


def states(seen: list[Obj]) -> list[tuple[Any, ...]]:
    """generation, observedGeneration, revision, Progressing reason, updatedReplicas of each event."""
    found = []
    for event in seen:
        metadata, status = event["object"]["metadata"], event["object"].get("status") or {}
        number = (metadata.get("annotations") or {}).get("deployment.kubernetes.io/revision")
        reason = condition(status, "Progressing").get("reason")
        found.append(
            (metadata["generation"], status.get("observedGeneration"), number, reason, status.get("updatedReplicas"))
        )
    return found


# -- 6 rollouts -----------------------------------------------------------------------------------------------
@statement("kubernetes.create-order", "kubernetes.md 6")
def test_a_new_deployment_shows_no_status_then_its_replica_set_then_progress(api: Api) -> None:
    with api.watching("deployments", "fresh") as seen:
        created = api.create("deployments", api.deployment("fresh"))
        api.settled("fresh", 3)
        api.wait(lambda: seen and (seen[-1]["object"]["status"] or {}).get("availableReplicas") == 3)
        told = states(seen)
    assert created["status"] == {}
    assert told[0] == (1, None, None, None, None)
    assert told[1] == (1, None, "1", "NewReplicaSetCreated", None)
    assert told[-1] == (1, 1, "1", "NewReplicaSetAvailable", 3)
    assert "ReplicaSetUpdated" in [t[3] for t in told]
    api.remove("fresh")


@statement("kubernetes.observed-generation-lags", "kubernetes.md 6")
def test_after_a_patch_the_old_success_stays_until_observed_generation_catches_up(api: Api, web: str) -> None:
    with api.watching("deployments", web) as seen:
        patched = api.set_image(web, api.images[1])
        api.settled(web, 3)
        api.wait(lambda: states(seen)[-1][3:] == ("NewReplicaSetAvailable", 3) and len(seen) > 4)
        told = states(seen)
    assert (patched["metadata"]["generation"], patched["status"]["observedGeneration"]) == (2, 1)
    assert told[0] == (2, 1, "1", "NewReplicaSetAvailable", 3)
    assert told[1] == (2, 1, "2", "NewReplicaSetCreated", 3)
    assert told[2][:4] == (2, 2, "2", "NewReplicaSetCreated")
    assert told[2][4] in (None, 1)  # whether the first new pod has been counted yet
    assert told[-1] == (2, 2, "2", "NewReplicaSetAvailable", 3)


@statement("kubernetes.rollback-reuses", "kubernetes.md 6")
def test_a_rollback_reuses_the_replica_set_with_the_next_revision(api: Api, web: str) -> None:
    first = api.list("replicasets", f"app={web}")[0]["metadata"]
    assert first["name"] == f"{web}-{first['labels']['pod-template-hash']}"
    api.set_image(web, api.images[1])
    api.settled(web, 3)
    api.set_image(web, api.images[0])
    api.settled(web, 3)
    annotations = api.get("replicasets", first["name"])["metadata"]["annotations"]
    assert annotations["deployment.kubernetes.io/revision"] == "3"
    assert annotations["deployment.kubernetes.io/revision-history"] == "1"
    assert len(api.list("replicasets", f"app={web}")) == 2


@statement("kubernetes.same-image-no-rollout", "kubernetes.md 6")
def test_the_same_image_again_is_no_rollout(api: Api, web: str) -> None:
    before = api.get("deployments", web)["metadata"]["resourceVersion"]
    assert api.set_image(web, api.images[0])["metadata"]["resourceVersion"] == before


@statement("kubernetes.progress-deadline", "kubernetes.md 6")
def test_a_rollout_that_cannot_go_on_exceeds_its_deadline_and_stays_available(api: Api) -> None:
    api.create("deployments", api.deployment("stuck", progressDeadlineSeconds=2))
    api.settled("stuck", 3)
    api.set_image("stuck", NEVER_THERE)

    def exceeded() -> Obj | None:
        status: Obj = api.get("deployments", "stuck")["status"]
        return status if condition(status, "Progressing")["reason"] == "ProgressDeadlineExceeded" else None

    status = api.wait(exceeded)
    progressing = condition(status, "Progressing")
    assert progressing["status"] == "False"
    assert re.fullmatch(r'ReplicaSet "stuck-\w+" has timed out progressing\.', progressing["message"])
    assert condition(status, "Available")["status"] == "True"
    counters = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas", "unavailableReplicas")
    assert [status.get(c) for c in counters] == [4, 1, 3, 3, 1]
    api.remove("stuck")


@statement("kubernetes.pause", "kubernetes.md 6")
def test_a_paused_deployment_observes_but_does_not_roll(api: Api, web: str) -> None:
    api.patch("deployments", web, {"spec": {"paused": True}}, MERGE)
    api.set_image(web, api.images[1])
    api.wait(lambda: api.get("deployments", web)["status"]["observedGeneration"] == 3)
    status = api.get("deployments", web)["status"]
    progressing = condition(status, "Progressing")
    assert (progressing["status"], progressing["reason"]) == ("Unknown", "DeploymentPaused")
    assert "updatedReplicas" not in status
    assert len(api.list("replicasets", f"app={web}")) == 1


@statement("kubernetes.quota-replica-failure", "kubernetes.md 6")
def test_a_quota_shows_as_replica_failure_and_as_an_event(api: Api) -> None:
    quota = {"metadata": {"name": "rq"}, "spec": {"hard": {"pods": "1"}}}
    assert api.create("resourcequotas", quota)["status"] == {}
    api.wait(lambda: api.get("resourcequotas", "rq")["status"] == {"hard": {"pods": "1"}, "used": {"pods": "0"}})
    api.create("deployments", api.deployment("full", replicas=2))
    failure = api.wait(lambda: condition(api.get("deployments", "full").get("status") or {}, "ReplicaFailure"))
    why = "is forbidden: exceeded quota: rq, requested: pods=1, used: pods=1, limited: pods=1"
    assert (failure["status"], failure["reason"]) == ("True", "FailedCreate")
    assert re.fullmatch(r'pods "full-\w+-\w{5}" ' + re.escape(why), failure["message"])
    messages = [e["message"] for e in api.list("events") if e["reason"] == "FailedCreate"]
    assert any(m.startswith("Error creating: pods ") and m.endswith(why) for m in messages)
    api.delete("resourcequotas", "rq")
    api.remove("full")


# -- 7 and 8 pods and events ----------------------------------------------------------------------------------
@statement("kubernetes.running-status", "kubernetes.md 7")
def test_a_running_pod_has_its_conditions_addresses_and_container_status(api: Api) -> None:
    api.create("pods", api.pod("good"))
    status = api.running("good")["status"]
    assert status["phase"] == "Running"
    kinds = {c["type"]: (c["status"], c["lastProbeTime"]) for c in status["conditions"]}
    wanted = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled")
    assert kinds == dict.fromkeys(wanted, ("True", None))
    assert status["hostIPs"] == [{"ip": status["hostIP"]}] and status["podIPs"] == [{"ip": status["podIP"]}]
    container = status["containerStatuses"][0]
    assert list(container["state"]) == ["running"] and container["started"] is True
    assert container["containerID"].startswith("containerd://") and "sha256:" in container["imageID"]
    assert status["qosClass"] == "BestEffort"
    answered = api.delete("pods", "good")
    assert answered["kind"] == "Pod" and answered["metadata"]["deletionGracePeriodSeconds"] == 1
    api.wait(lambda: not api.get("pods", "good"))


def events_of(api: Api, name: str, reason: str) -> list[Obj]:
    return [e for e in api.list("events") if e["involvedObject"]["name"] == name and e["reason"] == reason]


@statement("kubernetes.scheduler-events", "kubernetes.md 8")
def test_the_schedulers_events_are_of_the_new_style(api: Api, app: str) -> None:
    (scheduled,) = api.wait(lambda: events_of(api, app, "Scheduled"))
    assert (scheduled["lastTimestamp"], scheduled["action"], "count" in scheduled) == (None, "Binding", False)
    assert scheduled["eventTime"]


@statement("kubernetes.kubelet-events", "kubernetes.md 8")
def test_a_kubelets_events_are_counted_and_name_the_container(api: Api, app: str) -> None:
    needs_kubelet(api)
    (started,) = api.wait(lambda: events_of(api, app, "Started"))
    assert (started["message"], started["count"], started["eventTime"]) == ("Started container app", 1, None)
    assert started["involvedObject"]["fieldPath"] == "spec.containers{app}"


@statement("kubernetes.pull-errors", "kubernetes.md 7")
def test_an_image_that_cannot_be_pulled_keeps_the_pod_pending(api: Api) -> None:
    api.create("pods", api.pod("unpulled", containers=[{"name": "app", "image": NEVER_THERE}]))
    waiting = api.waiting("unpulled", "ImagePullBackOff")
    assert waiting["message"].startswith(f'Back-off pulling image "{NEVER_THERE}": ErrImagePull: ')
    assert waiting["message"].endswith("connect: connection refused")
    assert api.get("pods", "unpulled")["status"]["phase"] == "Pending"
    code, answer = api.log("unpulled")
    text = 'container "app" in pod "unpulled" is waiting to start: trying and failing to pull image'
    assert (code, answer["message"], "details" in answer) == (400, text, False)
    api.delete("pods", "unpulled")


@statement("kubernetes.unschedulable", "kubernetes.md 7")
def test_a_pod_without_a_node_says_why_has_no_log_and_no_exec(api: Api) -> None:
    api.create("pods", api.pod("nowhere", nodeSelector={"contract": "none"}))
    scheduled = api.wait(lambda: condition(api.get("pods", "nowhere")["status"], "PodScheduled"))
    assert (scheduled["status"], scheduled["reason"]) == ("False", "Unschedulable")
    assert "didn't match Pod's node affinity/selector" in scheduled["message"]
    assert api.log("nowhere")[0] == 204
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        api.exec("nowhere", "true")
    assert caught.value.status_code == 400
    assert b"pod nowhere does not have a host assigned" in (caught.value.resp_body or b"")
    api.delete("pods", "nowhere")


# -- 9 and 10 logs and exec -----------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def app(api: Api) -> Iterator[str]:
    api.create("pods", api.pod("app"))
    api.running("app")
    yield "app"
    api.delete("pods", "app")


@statement("kubernetes.log-options", "kubernetes.md 9")
def test_logs_are_plain_text_and_cut_as_asked(api: Api, app: str) -> None:
    with api.open("GET", api.path("pods", app, "/log")) as response:
        assert (response.status, response.getheader("Content-Type")) == (200, "text/plain")
        assert len(response.read()) > 20
    assert api.log(app, tailLines=0) == (200, "")
    assert len(api.log(app, limitBytes=10)[1]) == 10
    assert re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z ", api.log(app, timestamps="true")[1])


@statement("kubernetes.log-refusals", "kubernetes.md 9")
def test_refused_log_options_have_the_known_words(api: Api, app: str) -> None:
    for query, code, message in (
        (
            {"sinceSeconds": 0},
            422,
            f'PodLogOptions "{app}" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
        ),
        ({"container": "nope"}, 400, f"container nope is not valid for pod {app}"),
        ({"previous": "true"}, 400, f'previous terminated container "app" in pod "{app}" not found'),
    ):
        status, answer = api.log(app, **query)
        assert (status, answer["message"]) == (code, message)


@statement("kubernetes.exec-frames", "kubernetes.md 10")
def test_exec_sends_an_empty_frame_output_a_status_and_close_1000(api: Api, app: str) -> None:
    session = api.exec(app, "sh", "-c", "echo out; echo err >&2; exit 3")
    status = session.end()
    assert session.frames[0] == b"\x01"
    assert (session.out[1], session.out[2], session.close_code) == (b"out\n", b"err\n", 1000)
    assert status["details"]["causes"] == [{"reason": "ExitCode", "message": "3"}]
    assert (status["reason"], "code" in status) == ("NonZeroExitCode", False)
    assert api.exec(app, "true").end() == {"metadata": {}, "status": "Success"}


@statement("kubernetes.exec-stdin-close", "kubernetes.md 10")
def test_ff_00_closes_stdin_on_v5(api: Api, app: str) -> None:
    session = api.exec(app, "cat", stdin="true", stdout="true")
    session.send(0, b"abc")
    session.send(255, b"\x00")
    assert session.end()["status"] == "Success"
    assert session.out[1] == b"abc"


@statement("kubernetes.exec-resize", "kubernetes.md 10")
def test_a_terminal_has_the_size_that_was_sent(api: Api, app: str) -> None:
    session = api.exec(app, "sh", stdin="true", stdout="true", tty="true")
    session.send(4, b'{"Width":123,"Height":45}')
    session.send(0, b"stty size\n")
    assert b"45 123\r\n" in session.until(b"45 123\r\n")
    session.send(0, b"exit 4\n")
    assert session.end()["details"]["causes"][0]["message"] == "4"


@statement("kubernetes.exec-refused-subprotocol", "kubernetes.md 10")
def test_an_unknown_subprotocol_is_403_without_a_body(api: Api, app: str) -> None:
    with pytest.raises(websocket.WebSocketBadStatusException) as caught:
        api.exec(app, "true", protocol="v3.channel.k8s.io")
    assert (caught.value.status_code, caught.value.resp_body or b"") == (403, b"")


@statement("kubernetes.exec-upgrade-required", "kubernetes.md 10")
def test_exec_without_an_upgrade_is_a_400(api: Api, app: str) -> None:
    code, answer = api.call("GET", api.path("pods", app, "/exec?command=true&stdout=true"))
    assert (code, answer["reason"], answer["message"]) == (400, "BadRequest", "Upgrade request required")


@statement("kubernetes.exec-killed", "kubernetes.md 10")
def test_a_session_ends_with_137_when_its_pod_is_deleted(api: Api) -> None:
    api.create("pods", api.pod("doomed"))
    api.running("doomed")
    session = api.exec("doomed", "sleep", "1000")
    session.read_one()
    api.delete("pods", "doomed")
    assert session.end()["details"]["causes"] == [{"reason": "ExitCode", "message": "137"}]
    assert session.close_code == 1000
