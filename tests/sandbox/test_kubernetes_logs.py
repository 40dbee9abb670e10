"""pods/log over HTTP: lines made from the start time, follow, limits and refusals."""

from __future__ import annotations

import re
import time
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import websocket

from tests.support.cluster import LivingCluster, pod
from tests.support.servers import serving

STAMPED = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z ")


@pytest.fixture(scope="module")
def cluster() -> Iterator[LivingCluster]:
    with serving(LivingCluster(pod_start_seconds=0.05)) as running:
        two = [{"name": "web", "image": "busybox"}, {"name": "side", "image": "busybox"}]
        running.create("pods", pod("good"))
        running.create("pods", pod("two", containers=two))
        running.create("pods", pod("nope", image="reg.example/none:1"))
        running.create("pods", pod("unsched", nodeSelector={"disk": "none"}))
        running.create("pods", pod("crash", annotations={"sandbox.crash-exit-code": "1"}))
        running.wait(lambda: state_of(running, "good").get("running"))
        running.wait(lambda: state_of(running, "two").get("running"))
        yield running


def state_of(cluster: LivingCluster, name: str) -> dict[str, dict[str, str]]:
    found = cluster.store.get("pods", "q", name) or {}
    statuses = (found.get("status") or {}).get("containerStatuses") or [{}]
    return statuses[0].get("state") or {}


def fetch(cluster: LivingCluster, name: str, query: str = "") -> tuple[int, str, str]:
    """Status code, content type and body."""
    url = f"http://127.0.0.1:{cluster.port}/api/v1/namespaces/q/pods/{name}/log?{query}"
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers.get("Content-Type", ""), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, "", error.read().decode()


def lines(cluster: LivingCluster, name: str, query: str = "") -> list[str]:
    code, _, body = fetch(cluster, name, query)
    assert code == 200, body
    return body.splitlines()


def started(cluster: LivingCluster) -> None:
    """The start-up log is written over the container's first moments: wait for its last line."""
    end = time.monotonic() + 15
    while "服务启动完成" not in fetch(cluster, "good")[2]:
        assert time.monotonic() < end, "the start-up log never came to its end"
        time.sleep(0.1)


def test_a_running_container_has_a_start_up_log_in_plain_text_that_does_not_change(cluster: LivingCluster) -> None:
    started(cluster)
    code, content_type, body = fetch(cluster, "good")
    assert (code, content_type) == (200, "text/plain")
    assert body.splitlines()[0] == "starting app from busybox"
    assert "服务启动完成" in body
    assert fetch(cluster, "good")[2].startswith(body[:40])


def test_tail_and_limits_cut_the_log(cluster: LivingCluster) -> None:
    started(cluster)
    assert lines(cluster, "good", "tailLines=0") == []
    assert len(lines(cluster, "good", "tailLines=2")) == 2
    assert fetch(cluster, "good", "limitBytes=10")[2] == "starting a"
    assert len(lines(cluster, "good", "sinceSeconds=1000")) >= 5
    assert lines(cluster, "good", "sinceTime=2999-01-01T00:00:00Z") == []


def test_timestamps_have_nanoseconds_and_rise(cluster: LivingCluster) -> None:
    stamps = [line.split(" ")[0] for line in lines(cluster, "good", "timestamps=true")]
    assert all(STAMPED.match(s + " ") for s in stamps)
    assert stamps == sorted(stamps)


def test_follow_sends_new_lines_and_ends_with_the_pod(cluster: LivingCluster) -> None:
    cluster.create("pods", pod("leaving"))
    cluster.wait(lambda: state_of(cluster, "leaving").get("running"))
    url = f"http://127.0.0.1:{cluster.port}/api/v1/namespaces/q/pods/leaving/log?follow=true&tailLines=0"
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.headers["Transfer-Encoding"] == "chunked"
        # Lines of the start-up may still come first.
        assert any(re.search(rb'"GET \S+ HTTP/1.1" \d+ms', line) for line in answer)
        cluster.delete("pods", "leaving")
        answer.read()


def test_follow_of_an_ended_container_ends_at_once(cluster: LivingCluster) -> None:
    cluster.wait(lambda: (state_of(cluster, "crash").get("waiting") or {}).get("reason") == "CrashLoopBackOff")
    assert "exit status 1" in lines(cluster, "crash", "follow=true")
    assert "exit status 1" in lines(cluster, "crash", "previous=true")


def test_over_a_websocket_an_empty_frame_comes_first(cluster: LivingCluster) -> None:
    url = f"ws://127.0.0.1:{cluster.port}/api/v1/namespaces/q/pods/good/log?tailLines=1"
    ws = websocket.create_connection(url, subprotocols=["binary.k8s.io"], timeout=10)
    assert ws.recv_data() == (websocket.ABNF.OPCODE_BINARY, b"")
    assert ws.recv_data()[1].endswith(b"\n")
    assert ws.recv_data()[0] == websocket.ABNF.OPCODE_CLOSE


def test_a_pod_without_a_node_has_no_content(cluster: LivingCluster) -> None:
    cluster.wait(lambda: (cluster.store.get("pods", "q", "unsched") or {})["status"].get("conditions"))
    assert fetch(cluster, "unsched") == (204, "application/json", "")


@pytest.mark.parametrize(
    ("name", "query", "code", "message"),
    [
        (
            "good",
            "sinceSeconds=0",
            422,
            'PodLogOptions \\"good\\" is invalid: sinceSeconds: Invalid value: 0: must be greater than 0',
        ),
        ("good", "tailLines=-1", 422, "tailLines: Invalid value: -1: must be greater than or equal to 0"),
        ("good", "limitBytes=0", 422, "limitBytes: Invalid value: 0: must be greater than 0"),
        (
            "good",
            "sinceSeconds=1&sinceTime=2026-01-01T00:00:00Z",
            422,
            'PodLogOptions \\"good\\" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
        ),
        ("good", "tailLines=abc", 400, 'strconv.ParseInt: parsing \\"abc\\": invalid syntax'),
        ("good", "container=nope", 400, "container nope is not valid for pod good"),
        ("two", "", 400, "a container name must be specified for pod two, choose one of: [web side]"),
        ("good", "previous=true", 400, 'previous terminated container \\"app\\" in pod \\"good\\" not found'),
        (
            "nope",
            "",
            400,
            'container \\"app\\" in pod \\"nope\\" is waiting to start: trying and failing to pull image',
        ),
    ],
)
def test_refusals_are_worded_as_the_api_server_does(
    cluster: LivingCluster, name: str, query: str, code: int, message: str
) -> None:
    cluster.wait(
        lambda: (
            "waiting" in state_of(cluster, "nope")
            and "image" in state_of(cluster, "nope")["waiting"].get("message", "")
        )
    )
    status, _, body = fetch(cluster, name, query)
    assert status == code
    assert message in body
