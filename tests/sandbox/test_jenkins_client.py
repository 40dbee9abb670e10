"""The stand-in Jenkins as python-jenkins and a password user with crumbs meet it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import jenkins
import pytest
import requests

from apps.sandbox.base.faults import Fault
from apps.sandbox.jenkins import jobxml
from apps.sandbox.jenkins.server import JenkinsServer
from tests.support.jenkins import PASSWORD, TOKEN, USER, JenkinsClient, jenkins_and_registry, job_xml, wait_for


@pytest.fixture(scope="module")
def server() -> Iterator[JenkinsServer]:
    with jenkins_and_registry() as (both, _):
        yield both


@pytest.fixture
def client(server: JenkinsServer) -> JenkinsClient:
    return JenkinsClient(server.url)


@pytest.fixture
def sdk(server: JenkinsServer) -> jenkins.Jenkins:
    return jenkins.Jenkins(server.url, username=USER, password=TOKEN, timeout=10)


def test_python_jenkins_walks_a_build_from_job_to_console(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("sdk-one", job_xml("echo $TAG", parameters={"TAG": ""}))
    item = sdk.build_job("sdk-one", {"TAG": "v1"})
    number = wait_for(lambda: sdk.get_queue_item(item).get("executable"))["number"]
    wait_for(lambda: not sdk.get_build_info("sdk-one", number)["building"])
    info = sdk.get_build_info("sdk-one", number)
    assert (info["result"], info["number"], info["queueId"]) == ("SUCCESS", 1, item)
    assert "\nv1\n" in sdk.get_build_console_output("sdk-one", number)
    job = sdk.get_job_info("sdk-one")
    assert (job["lastSuccessfulBuild"]["number"], job["nextBuildNumber"]) == (1, 2)
    assert [b["number"] for b in job["builds"]] == [1]


def test_python_jenkins_copies_a_job_that_then_needs_disable_and_enable(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("sdk-from", job_xml())
    sdk.copy_job("sdk-from", "sdk-copy")
    assert sdk.get_job_info("sdk-copy")["buildable"] is False
    sdk.reconfig_job("sdk-copy", sdk.get_job_config("sdk-from"))
    with pytest.raises(requests.HTTPError, match="409"):
        sdk.build_job("sdk-copy")
    sdk.disable_job("sdk-copy")
    sdk.enable_job("sdk-copy")
    assert sdk.build_job("sdk-copy") > 0
    sdk.rename_job("sdk-copy", "sdk-renamed")
    assert sdk.job_exists("sdk-renamed")
    sdk.delete_job("sdk-renamed")
    assert not sdk.job_exists("sdk-renamed")


def test_python_jenkins_takes_an_equal_request_for_an_error_though_it_is_queued(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("sdk-twice", job_xml(parameters={"TAG": ""}, extra="<quietPeriod>60</quietPeriod>"))
    item = sdk.build_job("sdk-twice", {"TAG": "v1"})
    with pytest.raises(jenkins.NotFoundException):
        sdk.build_job("sdk-twice", {"TAG": "v1"})
    assert [i["id"] for i in sdk.get_queue_info() if i["task"]["name"] == "sdk-twice"] == [item]
    sdk.cancel_queue(item)
    assert sdk.get_queue_item(item)["cancelled"] is True


def test_python_jenkins_stops_a_build(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("sdk-stop", job_xml("sleep 60"))
    item = sdk.build_job("sdk-stop")
    wait_for(lambda: sdk.get_queue_item(item).get("executable"))
    assert [b["name"] for b in sdk.get_running_builds()] == ["sdk-stop"]
    sdk.stop_build("sdk-stop", 1)
    wait_for(lambda: not sdk.get_build_info("sdk-stop", 1)["building"])
    console = sdk.get_build_console_output("sdk-stop", 1)
    assert console.endswith("Build was aborted\nAborted by portal\nFinished: ABORTED\n")


def test_python_jenkins_cannot_read_the_version_before_it_has_signed_in(sdk: jenkins.Jenkins) -> None:
    with pytest.raises(jenkins.BadHTTPException):
        sdk.get_version()
    assert sdk.get_whoami()["id"] == USER
    assert sdk.get_version() == "2.462.3"


def test_a_password_needs_the_crumb_and_the_session_it_came_with(client: JenkinsClient) -> None:
    client.auth = (USER, PASSWORD)
    answer = client.get("/crumbIssuer/api/json")
    crumb = answer.json()
    assert set(crumb) == {"_class", "crumb", "crumbRequestField"}
    assert re.fullmatch(r"[0-9a-f]{64}", crumb["crumb"])
    assert re.match(r"JSESSIONID\.[0-9a-f]{8}=node0\w+\.node0; Path=/; HttpOnly$", answer.headers["Set-Cookie"])
    header = {crumb["crumbRequestField"]: crumb["crumb"]}
    assert client.post("/job/tpl-java/enable").status_code == 403
    assert client.post("/job/tpl-java/enable", headers=header).status_code == 403
    wrong = client.post("/job/tpl-java/enable", headers={"Jenkins-Crumb": "0" * 64}, cookies=answer.cookies)
    assert wrong.status_code == 403
    assert client.post("/job/tpl-java/enable", headers=header, cookies=answer.cookies).status_code == 302
    assert client.post("/job/tpl-java/disable", data=header, cookies=answer.cookies).status_code == 302


def test_the_sdk_with_a_password_fetches_its_crumb(server: JenkinsServer) -> None:
    sdk = jenkins.Jenkins(server.url, username=USER, password=PASSWORD, timeout=10)
    sdk.create_job("sdk-password", job_xml())
    assert sdk.job_exists("sdk-password")


def test_the_version_header_is_on_pages_but_not_on_posts(client: JenkinsClient) -> None:
    assert client.get("/api/json").headers["X-Jenkins"] == "2.462.3"
    assert "Set-Cookie" not in client.get("/api/json").headers
    missing = client.get("/nothing")
    assert (missing.status_code, missing.headers["X-Jenkins"]) == (404, "2.462.3")
    assert missing.headers["Set-Cookie"].startswith("JSESSIONID.")
    assert 60_000 < len(missing.content) < 90_000
    assert "X-Jenkins" not in client.post("/job/tpl-go/enable").headers


def test_a_job_token_opens_get_and_a_wrong_one_shuts_out_its_owner(client: JenkinsClient) -> None:
    client.create("hooked", job_xml(extra="<authToken>letmein</authToken>"))
    assert client.get("/job/hooked/build", params={"token": "letmein"}).status_code == 201
    assert client.post("/job/hooked/build", params={"token": "guess"}).status_code == 403
    assert client.get("/job/hooked/build").status_code == 405


def test_template_jobs_are_there_disabled_with_the_seven_parameters(client: JenkinsClient) -> None:
    jobs = client.json("/api/json?tree=jobs[name,color,description]")["jobs"]
    templates = {j["name"]: (j["description"]) for j in jobs if j["name"].startswith("tpl-")}
    assert templates == {f"tpl-{x}": f"opsportal template {x} v1" for x in ("go", "java", "nodejs", "php", "python")}
    tree = "disabled,concurrentBuild,property[parameterDefinitions[name,type]]"
    template = client.json(f"/job/tpl-php/api/json?tree={tree}")
    assert (template["disabled"], template["concurrentBuild"]) == (True, True)
    rows = next(p["parameterDefinitions"] for p in template["property"] if "parameterDefinitions" in p)
    assert {(r["name"], r["type"]) for r in rows} == {
        ("OPSPORTAL_KEY", "StringParameterDefinition"),
        ("REPO_URL", "StringParameterDefinition"),
        ("TAG", "StringParameterDefinition"),
        ("COMMIT", "StringParameterDefinition"),
        ("IMAGE", "StringParameterDefinition"),
        ("LABELS_JSON", "TextParameterDefinition"),
        ("DOCKERFILE_B64", "TextParameterDefinition"),
    }


def test_the_shell_of_a_template_survives_copying_and_saving_unchanged(client: JenkinsClient) -> None:
    before = jobxml.read(client.get("/job/tpl-python/config.xml").text).shell
    client.post("/createItem", params={"name": "py-copy", "mode": "copy", "from": "tpl-python"})
    client.post("/job/py-copy/enable")
    saved = client.get("/job/py-copy/config.xml").text
    assert saved.startswith("<?xml version='1.1' encoding='UTF-8'?>\n<project>\n  <actions/>\n")
    assert jobxml.read(saved).shell == before
    assert before[0].startswith("#!/bin/sh -eu\n")


def test_boolean_choice_and_password_parameters_keep_their_habits(client: JenkinsClient) -> None:
    kinds = (
        "<hudson.model.BooleanParameterDefinition><name>FLAG</name><defaultValue>true</defaultValue>"
        "</hudson.model.BooleanParameterDefinition>"
        '<hudson.model.ChoiceParameterDefinition><name>PICK</name><choices class="java.util.Arrays$ArrayList">'
        '<a class="string-array"><string>one</string><string>two</string></a></choices>'
        "</hudson.model.ChoiceParameterDefinition>"
        "<hudson.model.PasswordParameterDefinition><name>SECRET</name></hudson.model.PasswordParameterDefinition>"
    )
    client.create(
        "kinds", job_xml(parameters={"TAG": ""}).replace("</parameterDefinitions>", f"{kinds}</parameterDefinitions>")
    )
    path = "/job/kinds/buildWithParameters"
    assert client.post(path, data={"PICK": "three"}).status_code == 500
    assert client.post(path, data={"delay": "junk"}).status_code == 500
    answer = client.post(path, data={"FLAG": "junk", "SECRET": "hidden", "TAG": "v1", "delay": "60sec"})
    item = client.json(f"/queue/item/{answer.headers['Location'].rstrip('/').rsplit('/', 1)[1]}/api/json")
    assert item["params"] == "\nTAG=v1\nFLAG=false\nPICK=one\nSECRET=****"
    assert "hidden" not in str(item)
    values = {p["name"]: p.get("value") for a in item["actions"] for p in a.get("parameters", [])}
    assert values == {"TAG": "v1", "FLAG": False, "PICK": "one", "SECRET": None}


@pytest.mark.parametrize(
    ("name", "status"),
    [("n" * 250, 200), ("n" * 300, 500), (' "ünï" ', 200), ("end.", 400), ("a\tb", 400), ("a|b", 400), (".", 400)],
)
def test_which_names_a_job_may_have(client: JenkinsClient, name: str, status: int) -> None:
    headers = {"Content-Type": "application/xml"}
    answer = client.post("/createItem", params={"name": name}, data=job_xml(), headers=headers)
    assert answer.status_code == status
    assert ("X-Error" in answer.headers) is (status == 400)


def test_all_builds_are_shown_only_to_who_asks_for_them(client: JenkinsClient) -> None:
    client.create("counted", job_xml())
    assert "allBuilds" not in client.json("/job/counted/api/json")
    assert client.json("/job/counted/api/json?tree=allBuilds[number]")["allBuilds"] == []


def test_a_folded_request_is_not_accepted_a_second_time(server: JenkinsServer, client: JenkinsClient) -> None:
    client.create("folded", job_xml(parameters={"OPSPORTAL_KEY": ""}))
    for _ in range(2):
        client.post("/job/folded/buildWithParameters", data={"OPSPORTAL_KEY": "k1", "delay": "60sec"})
    entries = server.journal.find("build.trigger", subject="folded")
    assert [(e.status, e.accepted, e.detail["folded"]) for e in entries] == [(201, True, False), (303, False, True)]
    assert entries[0].detail["queue_id"] == entries[1].detail["queue_id"]
    item = client.json(f"/queue/item/{entries[0].detail['queue_id']}/api/json")
    causes = next(a["causes"] for a in item["actions"] if a["_class"] == "hudson.model.CauseAction")
    assert len(causes) == 2


def test_deleting_a_job_aborts_its_running_build(server: JenkinsServer, client: JenkinsClient) -> None:
    client.create("doomed", job_xml("sleep 60"))
    client.post("/job/doomed/build")
    wait_for(lambda: client.get("/job/doomed/1/api/json").status_code == 200)
    assert client.post("/job/doomed/doDelete").status_code == 302
    ended = wait_for(lambda: server.journal.find("build.end", subject="doomed"))
    assert ended[0].detail["result"] == "ABORTED"
    assert client.get("/job/doomed/api/json").status_code == 404


def test_a_build_loses_its_answer_but_is_queued_when_the_connection_breaks(
    server: JenkinsServer, client: JenkinsClient
) -> None:
    client.create("broken", job_xml(parameters={"OPSPORTAL_KEY": ""}))
    server.faults.add(Fault("build.trigger", "accept_then_drop", match={"name": "broken"}))
    with pytest.raises(requests.ConnectionError):
        client.trigger("broken", OPSPORTAL_KEY="k9")
    entry = server.journal.find("build.trigger", subject="broken")[0]
    assert (entry.status, entry.accepted, entry.detail["key"]) == (0, True, "k9")
    wait_for(lambda: client.get("/job/broken/1/api/json").status_code == 200)
