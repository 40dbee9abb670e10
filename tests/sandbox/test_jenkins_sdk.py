"""python-jenkins' own client against the stand-in: what the portal does by hand, and what a person does beside it.

Calls that need a plugin answer as a Jenkins without it. Must not: know how the stand-in keeps anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import jenkins
import pytest
import requests

from apps.sandbox.jenkins.server import JenkinsServer
from tests.support.jenkins import TOKEN, USER, jenkins_and_registry, job_xml, wait_for


@pytest.fixture(scope="module")
def server() -> Iterator[JenkinsServer]:
    with jenkins_and_registry() as (both, _):
        yield both


@pytest.fixture
def sdk(server: JenkinsServer) -> jenkins.Jenkins:
    return jenkins.Jenkins(server.url, username=USER, password=TOKEN, timeout=10)


def built(sdk: jenkins.Jenkins, job: str, **parameters: str) -> dict[str, Any]:
    """Build to the end."""
    item = sdk.build_job(job, parameters or None)
    number = wait_for(lambda: sdk.get_queue_item(item).get("executable"))["number"]
    return wait_for(lambda: (info := sdk.get_build_info(job, number)) and not info["building"] and info)


# -- what the portal does -------------------------------------------------------------------------------------
def test_a_job_is_made_once_then_written_over_and_read_back(sdk: jenkins.Jenkins) -> None:
    sdk.upsert_job("kept", job_xml("echo one", parameters={"TAG": ""}))
    assert "<command>echo one</command>" in sdk.get_job_config("kept")
    sdk.upsert_job("kept", job_xml("echo two"))
    assert "<command>echo two</command>" in sdk.get_job_config("kept")
    with pytest.raises(jenkins.JenkinsException, match=r"job\[kept\] already exists"):
        sdk.create_job("kept", job_xml())
    assert (sdk.job_exists("kept"), sdk.get_job_name("kept"), sdk.get_job_name("no-such")) == (True, "kept", None)
    sdk.assert_job_exists("kept")


def test_a_build_is_found_by_its_parameter_among_builds_and_in_the_queue(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("keyed", job_xml("echo $OPSPORTAL_KEY", parameters={"OPSPORTAL_KEY": "", "OTHER": "x"}))
    built(sdk, "keyed", OPSPORTAL_KEY="k1")
    built(sdk, "keyed", OPSPORTAL_KEY="k2")
    found = {
        value["value"]: build["number"]
        for build in sdk.get_job_info("keyed", depth=1, fetch_all_builds=True)["builds"]
        for action in build["actions"]
        for value in action.get("parameters", [])
        if value["name"] == "OPSPORTAL_KEY"
    }
    assert found == {"k1": 1, "k2": 2}
    sdk.reconfig_job("keyed", job_xml(parameters={"OPSPORTAL_KEY": ""}, extra="<quietPeriod>60</quietPeriod>"))
    item = sdk.build_job("keyed", [("OPSPORTAL_KEY", "k3")])
    waiting = [one for one in sdk.get_queue_info() if one["task"]["name"] == "keyed"]
    assert [(one["id"], one["params"]) for one in waiting] == [(item, "\nOPSPORTAL_KEY=k3")]
    sdk.cancel_queue(item)
    with pytest.raises(jenkins.JenkinsException, match=r"\[500\]"):
        sdk.cancel_queue(item)  # a second time
    assert sdk.get_queue_item(item)["cancelled"] is True
    assert "executable" in sdk.get_queue_item(item)


def test_a_running_build_is_seen_and_stopped_and_its_log_read(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("stopped", job_xml("echo begun\nsleep 60"))
    item = sdk.build_job("stopped")
    wait_for(lambda: sdk.get_queue_item(item).get("executable"))
    running = [(one["name"], one["number"], one["node"]) for one in sdk.get_running_builds()]
    assert running == [("stopped", 1, "(master)")]  # the client's own name for the built-in node
    sdk.stop_build("stopped", 1)
    info = wait_for(lambda: (found := sdk.get_build_info("stopped", 1)) and not found["building"] and found)
    assert info["result"] == "ABORTED"
    assert "Finished: ABORTED\n" in sdk.get_build_console_output("stopped", 1)
    sdk.stop_build("stopped", 1)  # again: no error


def test_a_controller_that_quiets_down_says_so_and_builds_nothing_until_it_is_over(
    server: JenkinsServer, sdk: jenkins.Jenkins
) -> None:
    sdk.create_job("late", job_xml())
    sdk.quiet_down()
    try:
        assert sdk.get_info()["quietingDown"] is True
        item = sdk.build_job("late")
        why = wait_for(lambda: (one := sdk.get_queue_item(item)) and "shut down" in one["why"] and one["why"])
        assert why == "Jenkins is about to shut down"
    finally:
        requests.post(f"{server.url}/cancelQuietDown", auth=(USER, TOKEN), timeout=10)
    assert sdk.wait_for_normal_op(10) is True
    assert wait_for(lambda: sdk.get_queue_item(item).get("executable"))["number"] == 1


def test_a_wrong_token_is_401_and_nobody_is_403(server: JenkinsServer) -> None:
    with pytest.raises(jenkins.JenkinsException, match=r"\[401\]"):
        jenkins.Jenkins(server.url, username=USER, password="wrong", timeout=10).get_info()
    with pytest.raises(jenkins.JenkinsException, match=r"\[403\]"):
        jenkins.Jenkins(server.url, timeout=10).get_info()


# -- what a person does beside it -------------------------------------------------------------------------------
def test_jobs_are_listed_counted_and_found_by_a_pattern(sdk: jenkins.Jenkins) -> None:
    sdk.upsert_job("listed-1", job_xml())
    names = [job["fullname"] for job in sdk.get_jobs()]
    assert "listed-1" in names
    assert sdk.jobs_count() == len(names)
    assert [job["name"] for job in sdk.get_all_jobs()] == names
    assert [job["name"] for job in sdk.get_job_info_regex("^listed-")] == ["listed-1"]
    assert sdk.is_folder("listed-1") is False


def test_the_view_of_all_jobs_is_a_view(sdk: jenkins.Jenkins) -> None:
    assert [view["name"] for view in sdk.get_views()] == ["all"]
    assert (sdk.get_view_name("all"), sdk.view_exists("all"), sdk.view_exists("none")) == ("all", True, None)
    assert [job["name"] for job in sdk.get_jobs(view_name="all")] == [job["name"] for job in sdk.get_jobs()]
    with pytest.raises(jenkins.JenkinsException, match=r"view\[none\] does not exist"):
        sdk.get_jobs(view_name="none")


def test_the_built_in_node_is_described_under_both_its_names(sdk: jenkins.Jenkins) -> None:
    assert sdk.get_nodes() == [{"name": "Built-In Node", "offline": False}]
    node = wait_for(lambda: next((one for one in sdk.get_nodes_with_info() if one["idle"]), None))
    assert (node["name"], node["offline"], node["temporarilyOffline"]) == ("Built-In Node", False, False)
    assert node["icon"] == "symbol-computer"
    assert sdk.get_node_info("Built-In Node") == sdk.get_node_info("(built-in)")
    assert (sdk.node_exists("(built-in)"), sdk.node_exists("other")) == (True, False)


def test_a_build_is_deleted_and_its_number_not_given_again(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("numbered", job_xml())
    assert [built(sdk, "numbered")["number"], built(sdk, "numbered")["number"]] == [1, 2]
    sdk.delete_build("numbered", 2)
    with pytest.raises(jenkins.JenkinsException, match=r"job\[numbered\] number\[2\] does not exist"):
        sdk.get_build_info("numbered", 2)
    assert built(sdk, "numbered")["number"] == 3


def test_a_workspace_is_wiped_out(server: JenkinsServer, sdk: jenkins.Jenkins) -> None:
    sdk.create_job("wiped", job_xml())
    built(sdk, "wiped")
    sdk.wipeout_job_workspace("wiped")
    assert [entry.status for entry in server.journal.find("job.wipe-out", subject="wiped")] == [302]
    with pytest.raises(jenkins.NotFoundException):
        sdk.wipeout_job_workspace("no-such")


def test_what_needs_a_plugin_is_not_there(sdk: jenkins.Jenkins) -> None:
    sdk.create_job("plain", job_xml())
    built(sdk, "plain")
    for read in (sdk.get_build_env_vars, sdk.get_build_test_report, sdk.get_build_stages):
        assert read("plain", 1) is None
    assert sdk.get_build_artifact("plain", 1, "app.jar") is None
    assert (list(sdk.get_plugins().keys()), sdk.get_plugin_info("git")) == ([], None)
    with pytest.raises(jenkins.NotFoundException):
        sdk.set_next_build_number("plain", 50)
    with pytest.raises(jenkins.JenkinsException, match="Error creating folder"):
        sdk.create_folder("folder")


@pytest.mark.parametrize(
    ("ask", "text"),
    [
        (lambda sdk: sdk.get_job_info("zz"), r"job\[zz\] does not exist"),
        (lambda sdk: sdk.get_build_info("zz", 1), r"job\[zz\] number\[1\] does not exist"),
        (lambda sdk: sdk.get_build_console_output("zz", 1), r"job\[zz\] number\[1\] does not exist"),
        (lambda sdk: sdk.get_queue_item(99_999), r"queue number\[99999\] does not exist"),
        (lambda sdk: sdk.get_job_config("zz"), "could not be found"),
        (lambda sdk: sdk.reconfig_job("zz", job_xml()), "could not be found"),
        (lambda sdk: sdk.build_job("zz"), "could not be found"),
        (lambda sdk: sdk.delete_job("zz"), "could not be found"),
        (lambda sdk: sdk.disable_job("zz"), "could not be found"),
        (lambda sdk: sdk.create_job("broken", "<project"), r"\[500\]"),
    ],
)
def test_a_refusal_reaches_the_client_as_its_own_exception(
    sdk: jenkins.Jenkins, ask: Callable[[jenkins.Jenkins], object], text: str
) -> None:
    with pytest.raises(jenkins.JenkinsException, match=text):
        ask(sdk)


@pytest.mark.parametrize(
    "ask",
    [
        lambda sdk: sdk.copy_job("no-such", "copy"),
        lambda sdk: sdk.copy_job("tpl-go", "tpl-java"),
        lambda sdk: sdk.rename_job("tpl-go", "tpl-java"),
        lambda sdk: sdk.build_job("tpl-php"),  # nothing submitted to a job with parameters, and disabled
    ],
)
def test_a_400_or_409_reaches_the_client_as_an_http_error(
    sdk: jenkins.Jenkins, ask: Callable[[jenkins.Jenkins], object]
) -> None:
    with pytest.raises(requests.HTTPError, match=r"^4(00|09) "):
        ask(sdk)
