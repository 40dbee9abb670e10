"""What the stand-in Jenkins remembers: over a start from disk, over a restart, of its queue, and how fast it tells."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
import requests

from apps.sandbox.jenkins.model import Build, Parameter
from apps.sandbox.jenkins.server import JenkinsServer
from apps.sandbox.jenkins.tree import TreeError, parse, plain, render
from tests.support.jenkins import JenkinsClient, jenkins_and_registry, job_xml, wait_for

POLL = "/api/json?tree=jobs[name,builds[number,building,result,timestamp,duration,queueId,actions[parameters[name,value]]]{0,20}]"


def test_jobs_builds_logs_and_the_queue_survive_a_second_start(tmp_path: Path) -> None:
    with jenkins_and_registry(tmp_path) as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        client.create("kept", job_xml("echo hello", parameters={"TAG": ""}))
        client.post("/job/kept/doRename", params={"newName": "renamed"})
        _, console = client.run("renamed", TAG="v1")
        waiting = client.post("/job/renamed/buildWithParameters", data={"TAG": "v2", "delay": "600sec"})
        client.create("long", job_xml("sleep 60"))
        client.post("/job/long/build")
        wait_for(lambda: client.get("/job/long/1/api/json").status_code == 200)
    with jenkins_and_registry(tmp_path) as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        assert client.get("/job/renamed/1/consoleText").text == console
        assert client.json("/job/long/1/api/json")["result"] == "ABORTED"
        items = client.json("/queue/api/json")["items"]
        assert [f"/queue/item/{i['id']}/" for i in items] == ["/" + waiting.headers["Location"].split("/", 3)[3]]
        build, _ = client.run("renamed", TAG="v3")
        assert (build["number"], build["queueId"] > items[0]["id"]) == (2, True)
        assert len(client.json("/api/json")["jobs"]) == 7
        assert len(jenkins.journal.find("job.create", subject="kept")) == 1


def test_a_restart_aborts_builds_loses_the_queue_and_forgets_left_items() -> None:
    with jenkins_and_registry() as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        admin = f"http://127.0.0.1:{jenkins.admin_port}"
        client.create("long", job_xml("sleep 60", parameters={"N": ""}))
        left = client.trigger("long", N="1")
        client.executable(left)
        waiting = client.trigger("long", N="2")
        client.post("/createItem", params={"name": "held", "mode": "copy", "from": "long"})
        assert requests.post(f"{admin}/restart", json={"down_seconds": 2.5}, timeout=5).status_code == 202

        seen: list[tuple[int, bool]] = []

        def back() -> bool:
            try:
                answer = client.get("/api/json")
            except requests.ConnectionError:
                seen.append((0, False))
                return False
            seen.append((answer.status_code, "X-Jenkins" in answer.headers))
            return answer.status_code == 200

        wait_for(back)
        order = list(dict.fromkeys(status for status, _ in seen))
        assert order == [503, 401, 0, 200]
        assert seen[-2] == (503, False)
        assert client.json("/job/long/1/api/json")["result"] == "ABORTED"
        assert client.json("/queue/api/json")["items"] == []
        assert [client.get(f"/queue/item/{i}/api/json").status_code for i in (left, waiting)] == [404, 404]
        assert client.json("/job/held/api/json")["buildable"] is True


def test_a_restart_can_keep_the_queue() -> None:
    with jenkins_and_registry() as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        client.create("kept", job_xml(parameters={"N": ""}))
        answer = client.post("/job/kept/buildWithParameters", data={"N": "1", "delay": "1sec"})
        item = int(answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])
        admin = f"http://127.0.0.1:{jenkins.admin_port}"
        requests.post(f"{admin}/restart", json={"down_seconds": 0.3, "queue": "kept"}, timeout=5)
        wait_for(lambda: requests.get(f"{admin}/state", timeout=5).json()["phase"] == "up")
        assert client.executable(item) == 1


def test_a_left_item_is_forgotten_after_its_time() -> None:
    with jenkins_and_registry(leftitem_seconds=0.3) as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        client.create("quick", job_xml(parameters={"N": ""}))
        item = client.trigger("quick", N="1")
        client.executable(item)
        wait_for(lambda: client.get(f"/queue/item/{item}/api/json").status_code == 404, 3)
        assert client.json("/job/quick/1/api/json")["queueId"] == item


def test_urls_come_from_the_configured_root_and_locations_from_the_host() -> None:
    with jenkins_and_registry(root_url="https://jenkins.example.org/") as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        client.create("rooted", job_xml())
        assert client.json("/job/rooted/api/json")["url"] == "https://jenkins.example.org/job/rooted/"
        assert client.post("/job/rooted/build").headers["Location"].startswith(f"{jenkins.url}/queue/item/")


def _fill(jenkins: JenkinsServer, jobs: int, builds: int) -> None:
    labels = json.dumps({f"opsportal.label{n}": "x" * 20 for n in range(10)})
    for j in range(jobs):
        job = jenkins.controller.add(f"job-{j:03d}", job_xml(parameters={"OPSPORTAL_KEY": ""}))
        for n in range(1, builds + 1):
            values = {"OPSPORTAL_KEY": f"{j}-{n}", "TAG": "t", "LABELS_JSON": labels, "DOCKERFILE_B64": "QUJD" * 300}
            parameters = tuple(Parameter("String", name, value) for name, value in values.items())
            log = jenkins.store.log_of(job, n)
            job.builds[n] = Build(
                job, n, j * 100 + n, parameters, ["portal"], 1_790_000_000_000, log, 12_000, "SUCCESS"
            )
            job.next_number = n + 1


def test_the_poll_of_three_thousand_builds_is_quick() -> None:
    with jenkins_and_registry() as (jenkins, _):
        client = JenkinsClient(jenkins.url)
        _fill(jenkins, jobs=150, builds=20)

        def poll() -> tuple[float, bytes]:
            began = time.monotonic()
            answer = client.get(POLL)
            return time.monotonic() - began, answer.content

        _, first = poll()
        body = json.loads(first)
        jobs = [j for j in body["jobs"] if j["name"].startswith("job-")]
        assert (len(jobs), sum(len(j["builds"]) for j in jobs)) == (150, 3000)
        newest = jobs[0]["builds"][0]
        assert (newest["number"], newest["result"], newest["queueId"]) == (20, "SUCCESS", 20)
        assert newest["actions"][0]["parameters"][0]["value"] == "0-20"
        again = [poll() for _ in range(3)]
        assert min(seconds for seconds, _ in again) < 0.5
        assert {content for _, content in again} == {first}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("name", {"_class": "x.Job", "name": "a"}),
        ("builds[n]{0,2}", {"_class": "x.Job", "builds": [{"n": 1}, {"n": 2}]}),
        ("builds[n]{,1}", {"_class": "x.Job", "builds": [{"n": 1}]}),
        ("builds[n]{1,}", {"_class": "x.Job", "builds": [{"n": 2}, {"n": 3}]}),
        ("builds[n]{2}", {"_class": "x.Job", "builds": [{"n": 3}]}),
        ("builds{0,2}", {"_class": "x.Job", "builds": [{}, {}]}),
        ("builds[*]{0,1},none", {"_class": "x.Job", "builds": [{"n": 1, "m": None}]}),
        ("nothing[at,all]", {"_class": "x.Job"}),
    ],
)
def test_a_tree_shows_what_it_names(text: str, shown: dict[str, object]) -> None:
    job = plain("x.Job", name="a", builds=[plain(None, n=n, m=None) for n in (1, 2, 3)])
    assert json.loads(render(job, text, 0)) == shown


@pytest.mark.parametrize("text", ["", "a[", "a[b", "a]", "a{1", "a{x}", "a,,b", "[a]"])
def test_a_broken_tree_is_an_error(text: str) -> None:
    with pytest.raises(TreeError):
        parse(text)
