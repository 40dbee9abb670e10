"""What the portal relies on in Jenkins, proven against the stand-in always and against a real server where one is named.

A real one is named by OPSPORTAL_CONTRACT_JENKINS_URL, _USER and _TOKEN; it needs a free executor and the right to
make and delete jobs whose names begin with `contract-`.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from tests.contracts.statements import statement
from tests.support.jenkins import JenkinsClient, jenkins_and_registry, job_xml, wait_for

XML = {"Content-Type": "text/xml; charset=utf-8"}


def _real() -> list[Any]:
    named = bool(os.environ.get("OPSPORTAL_CONTRACT_JENKINS_URL"))
    return [pytest.param("real", marks=pytest.mark.skipif(not named, reason="no real Jenkins is named"))]


@pytest.fixture(scope="module", params=["stand-in", *_real()])
def server(request: pytest.FixtureRequest) -> Iterator[JenkinsClient]:
    if request.param == "stand-in":
        with jenkins_and_registry(quiet_period=5.0) as (jenkins, _):
            yield JenkinsClient(jenkins.url)
    else:
        env = {name: os.environ[f"OPSPORTAL_CONTRACT_JENKINS_{name}"] for name in ("URL", "USER", "TOKEN")}
        yield JenkinsClient(env["URL"], env["USER"], env["TOKEN"])


@pytest.fixture
def names(server: JenkinsClient) -> Iterator[list[str]]:
    """Two fresh job names; whatever was made under them is deleted afterwards."""
    mine = [f"contract-{uuid.uuid4().hex[:10]}" for _ in range(2)]
    yield mine
    for name in mine:
        server.call("DELETE", f"/job/{name}/")


def _tree(server: JenkinsClient, path: str, tree: str) -> Any:
    answer = server.get(f"{path}/api/json", params={"tree": tree})
    assert answer.status_code == 200
    return answer.json()


@statement("jenkins.token-needs-no-crumb", "jenkins.md 1")
def test_an_api_token_needs_no_crumb_and_a_wrong_one_does_no_harm(server: JenkinsClient, names: list[str]) -> None:
    answer = server.post(
        "/createItem", params={"name": names[0]}, data=job_xml(), headers=XML | {"Jenkins-Crumb": "bogus"}
    )
    assert (answer.status_code, answer.content) == (200, b"")


@statement("jenkins.anonymous-post-403", "jenkins.md 1")
def test_a_post_by_nobody_is_refused_for_its_crumb(server: JenkinsClient) -> None:
    answer = server.post("/createItem", params={"name": "x"}, auth=None)
    assert answer.status_code == 403
    assert "No valid crumb was included in the request" in answer.text
    assert "X-Jenkins" not in answer.headers


@statement("jenkins.crumb-shape", "jenkins.md 2")
def test_a_crumb_comes_with_the_session_it_is_good_in(server: JenkinsClient) -> None:
    answer = server.get("/crumbIssuer/api/json")
    crumb = answer.json()
    assert (crumb["_class"], crumb["crumbRequestField"]) == (
        "hudson.security.csrf.DefaultCrumbIssuer",
        "Jenkins-Crumb",
    )
    assert re.fullmatch(r"[0-9a-f]{64}", crumb["crumb"])
    assert re.match(r"JSESSIONID\.[0-9a-f]{8}=node0\w+\.node0;", answer.headers["Set-Cookie"])
    assert "Set-Cookie" not in server.get("/api/json").headers


@statement("jenkins.version-header", "jenkins.md 4")
def test_the_version_is_told_on_reads_but_not_on_writes(server: JenkinsClient, names: list[str]) -> None:
    assert re.match(r"\d+\.\d+", server.get("/api/json").headers["X-Jenkins"])
    created = server.post("/createItem", params={"name": names[0]}, data=job_xml(), headers=XML)
    triggered = server.post(f"/job/{names[0]}/build")
    assert [(x.status_code, "X-Jenkins" in x.headers) for x in (created, triggered)] == [(200, False), (201, False)]


@statement("jenkins.wrong-credentials-401", "jenkins.md 3")
def test_wrong_credentials_are_401_on_every_page(server: JenkinsClient) -> None:
    for path in ("/api/json", "/login", "/job/none/"):
        answer = server.get(path, auth=("portal", "wrong"))
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, 'Basic realm="Jenkins"')
        assert "X-Jenkins" not in answer.headers


@statement("jenkins.anonymous-403", "jenkins.md 3")
def test_nobody_gets_403_also_for_a_job_that_is_missing(server: JenkinsClient) -> None:
    for headers in ({}, {"Authorization": "Bearer abc"}):
        answer = server.get("/job/none/api/json", auth=None, headers=headers)
        assert answer.status_code == 403
        assert "Authentication required" in answer.text
        assert "X-Jenkins" in answer.headers


@statement("jenkins.duplicate-400", "jenkins.md 6")
def test_a_second_job_of_that_name_is_400_with_the_reason_in_a_header(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml())
    again = server.post("/createItem", params={"name": names[0].upper()}, data=job_xml(), headers=XML)
    assert again.status_code == 400
    assert again.headers["X-Error"].strip().startswith("A job already exists with the name")
    assert server.get(f"/job/{names[0].upper()}/api/json").status_code == 200


@statement("jenkins.create-refusals", "jenkins.md 7")
@pytest.mark.parametrize(
    ("params", "headers", "reason"),
    [
        ({}, XML, "Query parameter 'name' is required"),
        ({"name": ""}, XML, "No name is specified"),
        ({"name": "a/b"}, XML, "is an unsafe character"),
        ({"name": ".."}, XML, "is not an allowed name"),
        ({"name": "contract-x"}, {}, "No Content-Type header set"),
        ({"name": "contract-x"}, {"Content-Type": "text/plain"}, "No mode given"),
        ({"name": "contract-x", "mode": "copy", "from": "contract-none"}, {}, "No such job: contract-none"),
        ({"name": "contract-x", "mode": "copy"}, {}, "Specify which job to copy"),
    ],
)
def test_what_createitem_refuses_and_why(
    server: JenkinsClient, params: dict[str, str], headers: dict[str, str], reason: str
) -> None:
    answer = server.post("/createItem", params=params, data=job_xml().encode(), headers=headers)
    assert answer.status_code == 400
    assert reason in answer.headers["X-Error"]


@statement("jenkins.bad-xml-500", "jenkins.md 8")
@pytest.mark.parametrize("xml", ["<project>", "", "<no-such-class/>"])
def test_xml_that_cannot_be_read_is_500(server: JenkinsClient, names: list[str], xml: str) -> None:
    answer = server.post("/createItem", params={"name": names[0]}, data=xml.encode(), headers=XML)
    assert answer.status_code == 500
    assert server.get(f"/job/{names[0]}/api/json").status_code == 404


@statement("jenkins.unknown-element-kept", "jenkins.md 8")
def test_an_element_of_a_missing_plugin_is_kept(server: JenkinsClient, names: list[str]) -> None:
    xml = job_xml().replace("<publishers/>", "<publishers><no.such.Plugin/></publishers>")
    server.create(names[0], xml)
    assert "<no.such.Plugin/>" in server.get(f"/job/{names[0]}/config.xml").text


@statement("jenkins.copy-302", "jenkins.md 9")
def test_a_copy_is_answered_by_302_to_its_form(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml())
    answer = server.post("/createItem", params={"name": names[1], "mode": "copy", "from": names[0]})
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith(f"/job/{names[1]}/configure")


def _copy(server: JenkinsClient, names: list[str], disabled: bool = False) -> None:
    server.create(names[0], job_xml(disabled=disabled))
    server.post("/createItem", params={"name": names[1], "mode": "copy", "from": names[0]})


def _buildable(server: JenkinsClient, name: str) -> bool:
    return bool(_tree(server, f"/job/{name}", "buildable")["buildable"])


@statement("jenkins.copied-job-held", "jenkins.md 10")
def test_a_copied_job_cannot_be_built_until_it_is_saved(server: JenkinsClient, names: list[str]) -> None:
    _copy(server, names)
    state = _tree(server, f"/job/{names[1]}", "buildable,color,disabled")
    assert (state["buildable"], state["color"], state["disabled"]) == (False, "notbuilt", False)
    assert server.post(f"/job/{names[1]}/build").status_code == 409
    xml = server.get(f"/job/{names[0]}/config.xml").content
    assert server.post(f"/job/{names[1]}/config.xml", data=xml, headers=XML).status_code == 200
    assert _buildable(server, names[1]) is False
    server.post(f"/job/{names[1]}/enable")
    assert _buildable(server, names[1]) is False
    server.post(f"/job/{names[1]}/disable")
    server.post(f"/job/{names[1]}/enable")
    assert _buildable(server, names[1]) is True


@statement("jenkins.copied-job-freed-by-description", "jenkins.md 10")
def test_setting_the_description_frees_a_copied_job(server: JenkinsClient, names: list[str]) -> None:
    _copy(server, names)
    assert server.post(f"/job/{names[1]}/description", params={"description": "x"}).status_code == 204
    assert _buildable(server, names[1]) is True
    assert server.get(f"/job/{names[1]}/description").text.strip() == "x"


@statement("jenkins.copy-of-disabled", "jenkins.md 10")
def test_a_copy_of_a_disabled_template_is_buildable_once_enabled(server: JenkinsClient, names: list[str]) -> None:
    _copy(server, names, disabled=True)
    assert _buildable(server, names[1]) is False
    assert server.post(f"/job/{names[1]}/enable").status_code == 302
    assert _buildable(server, names[1]) is True


@statement("jenkins.config-charset", "jenkins.md 11")
def test_config_xml_without_charset_is_read_as_latin_1(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml())
    path = f"/job/{names[0]}/config.xml"
    xml = job_xml().replace("<description></description>", "<description>ünï</description>").encode()
    answer = server.post(path, data=xml, headers={"Content-Type": "text/xml"})
    assert (answer.status_code, answer.content) == (200, b"")
    assert _tree(server, f"/job/{names[0]}", "description")["description"] == "Ã¼nÃ¯"
    server.post(path, data=xml, headers=XML)
    assert _tree(server, f"/job/{names[0]}", "description")["description"] == "ünï"
    stored = server.get(path)
    assert stored.headers["Content-Type"] == "application/xml"
    assert server.call("PUT", path, data=xml, headers=XML).status_code == 400
    assert server.post(path, data=b"<project>", headers=XML).status_code == 500


@statement("jenkins.config-keeps-numbers", "jenkins.md 11")
def test_a_new_configuration_keeps_builds_and_their_numbers(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml(parameters={"TAG": ""}))
    server.run(names[0], TAG="v1")
    xml = job_xml("echo newer", parameters={"TAG": ""}).encode()
    assert server.post(f"/job/{names[0]}/config.xml", data=xml, headers=XML).status_code == 200
    state = _tree(server, f"/job/{names[0]}", "nextBuildNumber,builds[number]")
    assert (state["nextBuildNumber"], [b["number"] for b in state["builds"]]) == (2, [1])
    build, _ = server.run(names[0], TAG="v2")
    assert build["number"] == 2


@statement("jenkins.jobs-tree", "jenkins.md 24")
def test_one_read_lists_jobs_with_their_descriptions_and_classes(server: JenkinsClient, names: list[str]) -> None:
    for name in names:
        server.create(name, job_xml().replace("<description></description>", f"<description>of {name}</description>"))
    fields = "name,description,color,disabled,property[parameterDefinitions[name]],lastBuild[number,timestamp]"
    found = {job["name"]: job for job in _tree(server, "", f"jobs[{fields}]")["jobs"]}
    for name in names:
        assert (found[name]["description"], found[name]["lastBuild"]) == (f"of {name}", None)
        assert found[name]["_class"] == "hudson.model.FreeStyleProject"
    assert len(_tree(server, "", f"jobs[{fields}]{{0,1}}")["jobs"]) == 1


@statement("jenkins.delete-twice", "jenkins.md 12")
def test_delete_is_204_then_404(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml())
    assert server.call("DELETE", f"/job/{names[0]}").status_code == 302
    assert server.call("DELETE", f"/job/{names[0]}/").status_code == 204
    assert server.call("DELETE", f"/job/{names[0]}/").status_code == 404


@statement("jenkins.rename", "jenkins.md 12")
def test_a_rename_goes_to_the_new_page_and_refuses_a_name_in_use(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml())
    server.create(names[1], job_xml())
    taken = server.post(f"/job/{names[0]}/doRename", params={"newName": names[1]})
    assert taken.status_code == 400
    server.call("DELETE", f"/job/{names[1]}/")
    done = server.post(f"/job/{names[0]}/confirmRename", params={"newName": names[1]})
    assert done.status_code == 302
    assert done.headers["Location"].endswith(f"/job/{names[1]}/")
    assert server.post(f"/job/{names[0]}/doRename", params={"newName": "contract-z"}).status_code == 404


@statement("jenkins.location-by-host", "jenkins.md 13")
def test_the_location_of_a_build_is_made_from_the_host_header(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml(parameters={"TAG": ""}))
    answer = server.post(
        f"/job/{names[0]}/buildWithParameters", data={"TAG": "v1"}, headers={"Host": "jenkins.example.org:8443"}
    )
    assert (answer.status_code, answer.content) == (201, b"")
    assert re.fullmatch(r"http://jenkins\.example\.org:8443/queue/item/\d+/", answer.headers["Location"])


@statement("jenkins.equal-request-303", "jenkins.md 14")
def test_the_same_parameters_again_are_303_to_the_waiting_item(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml(parameters={"TAG": ""}))
    path = f"/job/{names[0]}/buildWithParameters"
    first, second, other = (server.post(path, data={"TAG": tag, "delay": "60sec"}) for tag in ("v1", "v1", "v2"))
    assert (first.status_code, second.status_code, other.status_code) == (201, 303, 201)
    assert second.headers["Location"] == first.headers["Location"]
    assert other.headers["Location"] != first.headers["Location"]
    for answer in (first, other):
        item = answer.headers["Location"].rstrip("/").rsplit("/", 1)[1]
        assert server.post("/queue/cancelItem", params={"id": item}).status_code == 204


@statement("jenkins.build-refusals", "jenkins.md 15")
def test_build_wants_a_form_where_there_are_parameters(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml(parameters={"TAG": ""}))
    plain = server.post(f"/job/{names[0]}/build")
    assert (plain.status_code, plain.headers["X-Error"]) == (400, "Nothing is submitted")
    form = server.post(f"/job/{names[0]}/build", data={"json": '{"parameter":[{"name":"TAG","value":"v1"}]}'})
    assert form.status_code == 201
    assert form.headers["Location"].endswith(f"/job/{names[0]}/")
    got = server.get(f"/job/{names[0]}/build")
    assert (got.status_code, got.headers["Allow"]) == (405, "POST")
    disable = server.get(f"/job/{names[0]}/disable")
    assert (disable.status_code, "Allow" in disable.headers) == (405, False)


@statement("jenkins.undefined-dropped", "jenkins.md 16")
def test_undefined_parameters_are_dropped_and_missing_ones_take_their_default(
    server: JenkinsClient, names: list[str]
) -> None:
    server.create(names[0], job_xml(parameters={"TAG": "none", "IMAGE": "reg/app:1"}))
    build, _ = server.run(names[0], TAG="v1", EVIL="x")
    values = next(a["parameters"] for a in build["actions"] if a.get("_class") == "hudson.model.ParametersAction")
    assert [(v["name"], v["value"]) for v in values] == [("TAG", "v1"), ("IMAGE", "reg/app:1")]


@statement("jenkins.long-url-414", "jenkins.md 16")
def test_a_long_url_is_414_and_a_long_form_is_fine(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml(parameters={"TAG": ""}))
    path = f"/job/{names[0]}/buildWithParameters"
    long = server.post(path, params={"TAG": "x" * 9000})
    assert (long.status_code, "Bad Message 414" in long.text) == (414, True)
    assert server.post(path, data={"TAG": "x" * 9000}).status_code == 201


@statement("jenkins.queue-keys-absent", "jenkins.md 18")
def test_executable_and_cancelled_are_absent_until_the_item_has_left(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml(parameters={"TAG": ""}))
    answer = server.post(f"/job/{names[0]}/buildWithParameters", data={"TAG": "v1", "delay": "60sec"})
    ident = answer.headers["Location"].rstrip("/").rsplit("/", 1)[1]
    item = server.json(f"/queue/item/{ident}/api/json")
    assert item["_class"] == "hudson.model.Queue$WaitingItem"
    assert item["why"].startswith("In the quiet period. Expires in ")
    assert item["params"] == "\nTAG=v1"
    assert item["url"] == f"queue/item/{ident}/"
    assert not {"executable", "cancelled"} & set(item)
    assert server.post("/queue/cancelItem", params={"id": ident}).status_code == 204
    gone = server.json(f"/queue/item/{ident}/api/json")
    assert gone["_class"] == "hudson.model.Queue$LeftItem"
    assert (gone["cancelled"], gone["executable"], gone["why"]) == (True, None, None)
    assert server.post("/queue/cancelItem", params={"id": ident}).status_code == 500
    assert server.post("/queue/cancelItem", params={"id": "99999999"}).status_code == 404


@statement("jenkins.blocked", "jenkins.md 18")
def test_a_second_build_of_a_job_is_blocked_by_the_first(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml("sleep 60", parameters={"TAG": ""}))
    server.executable(server.trigger(names[0], TAG="v1"))
    path = f"/queue/item/{server.trigger(names[0], TAG='v2')}"

    def settled() -> Any:
        item = server.json(f"{path}/api/json")
        return None if item["_class"].endswith("WaitingItem") else item

    item = wait_for(settled)
    assert (item["_class"], item["blocked"]) == ("hudson.model.Queue$BlockedItem", True)
    assert "already in progress" in item["why"]
    assert "buildableStartMilliseconds" in item
    assert server.post(f"{path}/cancelQueue").status_code == 204


@statement("jenkins.stop-is-late", "jenkins.md 21")
def test_stop_answers_at_once_and_the_result_comes_later(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml("sleep 60", parameters={"TAG": ""}))
    item = server.trigger(names[0], TAG="v1")
    number = server.executable(item)
    path = f"/job/{names[0]}/{number}"
    running = server.json(f"{path}/api/json")
    assert (running["building"], running["inProgress"], running["result"]) == (True, True, None)
    assert (running["duration"], running["queueId"]) == (0, item)
    assert server.post(f"{path}/stop").status_code == 302
    assert server.finished(names[0], number)["result"] == "ABORTED"
    assert server.get(f"{path}/consoleText").text.splitlines()[-1] == "Finished: ABORTED"
    assert server.post(f"{path}/stop").status_code == 302
    assert server.post(f"/job/{names[0]}/999/stop").status_code == 404


@statement("jenkins.progressive-text", "jenkins.md 22")
def test_progressive_text_counts_what_it_does_not_show(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml("echo hello"))
    server.post(f"/job/{names[0]}/build", params={"delay": "0sec"})
    wait_for(lambda: server.get(f"/job/{names[0]}/1/api/json").status_code == 200)
    server.finished(names[0], 1)
    path = f"/job/{names[0]}/1/logText/progressiveText"
    whole = server.get(path, params={"start": "0"})
    size = int(whole.headers["X-Text-Size"])
    assert size > len(whole.content)
    assert "X-More-Data" not in whole.headers
    assert b"\nhello\r\n" in whole.content
    plain = server.get(f"/job/{names[0]}/1/consoleText").content
    assert plain == whole.content.replace(b"\r\n", b"\n")
    assert server.get(path, params={"start": str(size)}).content == b""
    assert server.get(path, params={"start": str(size + 1)}).content == whole.content
    assert server.get(path, params={"start": "abc"}).status_code == 500
    assert server.get(path, params={"start": "-5"}).status_code == 500


@statement("jenkins.more-data-while-running", "jenkins.md 22")
def test_more_data_is_promised_only_while_the_build_runs(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml("sleep 60"))
    server.post(f"/job/{names[0]}/build", params={"delay": "0sec"})
    wait_for(lambda: server.get(f"/job/{names[0]}/1/api/json").status_code == 200)
    path = f"/job/{names[0]}/1/logText/progressiveText"
    assert server.get(path, params={"start": "0"}).headers["X-More-Data"] == "true"
    server.post(f"/job/{names[0]}/1/stop")
    server.finished(names[0], 1)
    assert "X-More-Data" not in server.get(path, params={"start": "0"}).headers


@statement("jenkins.permalinks", "jenkins.md 23")
def test_permalinks_are_404_and_null_until_there_is_such_a_build(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml("exit 1"))
    assert _tree(server, f"/job/{names[0]}", "lastBuild[number]")["lastBuild"] is None
    assert server.get(f"/job/{names[0]}/lastFailedBuild/api/json").status_code == 404
    server.post(f"/job/{names[0]}/build", params={"delay": "0sec"})
    wait_for(lambda: server.get(f"/job/{names[0]}/1/api/json").status_code == 200)
    assert server.finished(names[0], 1)["result"] == "FAILURE"
    number = server.get(f"/job/{names[0]}/lastFailedBuild/buildNumber")
    assert (number.text, number.headers["Content-Type"].split(";")[0]) == ("1", "text/plain")


@statement("jenkins.errors-are-html", "jenkins.md 24")
def test_errors_are_pages_also_for_who_wants_json(server: JenkinsClient) -> None:
    answer = server.get("/job/contract-none/api/json", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "X-Jenkins" in answer.headers
    assert server.get("/api/json", params={"jsonp": "f"}).status_code == 403


@statement("jenkins.tree", "jenkins.md 24")
def test_tree_ignores_unknown_fields_and_fails_on_a_broken_filter(server: JenkinsClient, names: list[str]) -> None:
    server.create(names[0], job_xml())
    assert list(_tree(server, f"/job/{names[0]}", "noSuchField")) == ["_class"]
    assert server.get(f"/job/{names[0]}/api/json", params={"tree": "builds[number"}).status_code == 500


@statement("jenkins.no-folders", "jenkins.md 25")
def test_there_are_no_folders(server: JenkinsClient) -> None:
    assert server.get("/job/contract-a/job/contract-b/api/json").status_code == 404
    assert server.get("/job/contract-a%2Fcontract-b/api/json").status_code == 404
