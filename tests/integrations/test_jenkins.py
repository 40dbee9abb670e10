"""Jenkins' adapter against the stand-in over a real socket: jobs, builds found by key, logs, restarts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from apps.common.errors import IntegrationError, NotFound, Rejected, Unavailable
from apps.integrations.jenkins import jobxml
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.types import BuildRef, JobState, LogPart, QueueItem
from apps.integrations.loop import run
from apps.sandbox.base.faults import Fault
from apps.sandbox.jenkins.server import JenkinsServer
from tests.support.jenkins import PASSWORD, TOKEN, USER, job_xml
from tests.support.servers import serving

T = TypeVar("T")
WAITS = "sleep 30"
KEY = "OPSPORTAL_KEY"


@pytest.fixture(scope="module")
def server() -> Iterator[JenkinsServer]:
    standin = JenkinsServer(
        None,
        user=USER,
        api_token=TOKEN,
        password=PASSWORD,
        registry_url="http://127.0.0.1:9",
        registry_user="",
        registry_password="",
        executors=2,
    )
    with serving(standin) as running:
        yield running


@pytest.fixture(autouse=True)
def quiet(server: JenkinsServer) -> Iterator[None]:
    yield
    unused = server.faults.unused()
    server.faults.clear()
    assert unused == []


@pytest.fixture(scope="module")
def jenkins(server: JenkinsServer) -> Jenkins:
    return client(server)


def client(server: JenkinsServer, token: str = TOKEN, name: str = "main") -> Jenkins:
    return Jenkins(server.url, USER, token, name=name, timeout=3, allow_loopback=True, recheck_seconds=0.1)


def wait_for(look: Callable[[], T | None], seconds: float = 10) -> T:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing within {seconds} s")


def make(jenkins: Jenkins, name: str, script: str = "echo hello", **parameters: str) -> JobState:
    xml = job_xml(script, parameters={KEY: "", **parameters})
    return run(jenkins.ensure_job(name, xml, [KEY]), 5)


def finished(jenkins: Jenkins, job: str, key: str) -> BuildRef:
    def look() -> BuildRef | None:
        found = run(jenkins.find_by_key(job, key), 5)
        return found if isinstance(found, BuildRef) and not found.building else None

    return wait_for(look)


def started(jenkins: Jenkins, job: str, key: str) -> BuildRef:
    def look() -> BuildRef | None:
        found = run(jenkins.find_by_key(job, key), 5)
        return found if isinstance(found, BuildRef) else None

    return wait_for(look)


def triggers(server: JenkinsServer, key: str) -> int:
    return sum(e.detail.get("key") == key for e in server.journal.find("build.trigger", accepted=True))


# -- jobs -------------------------------------------------------------------------------------------------
def test_a_job_made_from_a_template_can_be_built_at_once(jenkins: Jenkins) -> None:
    xml = run(jenkins.config_from_template("tpl-java"), 5)
    assert run(jenkins.ensure_job("shop", xml, [KEY, "TAG", "COMMIT"]), 5) == JobState(True, False)
    config = run(jenkins.get_config("shop"), 5)
    assert jobxml.description(config).startswith("opsportal: template tpl-java ")
    assert jobxml.parse(config).findtext("disabled") == "false"


def test_a_job_that_follows_its_template_is_left_alone(server: JenkinsServer, jenkins: Jenkins) -> None:
    xml = run(jenkins.config_from_template("tpl-go"), 5)
    run(jenkins.ensure_job("same", xml, [KEY]), 5)
    before = server.journal.last
    assert run(jenkins.ensure_job("same", xml, [KEY]), 5) == JobState(False, False)
    assert server.journal.find("job.config.set", since=before) == []


def test_a_job_of_an_older_template_is_brought_to_the_new_one(jenkins: Jenkins) -> None:
    old = jobxml.job_from_template(job_xml("echo one", parameters={KEY: ""}), template="tpl-x")
    new = jobxml.job_from_template(job_xml("echo two", parameters={KEY: ""}), template="tpl-x")
    assert run(jenkins.ensure_job("moves", old, [KEY]), 5) == JobState(True, False)
    assert run(jenkins.ensure_job("moves", new, [KEY]), 5) == JobState(False, True)
    assert run(jenkins.ensure_job("moves", new, [KEY]), 5) == JobState(False, False)
    assert "echo two" in run(jenkins.get_config("moves"), 5)


def test_text_beyond_ascii_and_markup_arrive_as_text(jenkins: Jenkins) -> None:
    source = job_xml("echo ünï", parameters={KEY: ""})
    hostile = "</description><authToken>x</authToken> &amp; 订单 \x07"
    run(jenkins.ensure_job("hostile", jobxml.job_from_template(source, template="tpl", note=hostile), []), 5)
    root = jobxml.parse(run(jenkins.get_config("hostile"), 5))
    assert root.find("authToken") is None
    assert (root.findtext("description") or "").startswith("</description><authToken>x</authToken> &amp; 订单 \ufffd\n")
    assert root.findtext("builders/hudson.tasks.Shell/command") == "echo ünï"


def test_a_copied_job_that_nobody_saved_is_made_buildable(jenkins: Jenkins) -> None:
    make(jenkins, "original")
    copy = "/createItem?name=copied&mode=copy&from=original"
    run(jenkins.http.request("POST", copy, what="copy", allow=(302,)), 5)
    with pytest.raises(Rejected) as caught:
        run(jenkins.start_build("copied", {KEY: "c.1"}), 5)
    assert caught.value.code == "jenkins.not_buildable"
    make(jenkins, "copied")
    run(jenkins.start_build("copied", {KEY: "c.1"}), 5)
    assert finished(jenkins, "copied", "c.1").result == "SUCCESS"


def test_a_missing_template_is_named(jenkins: Jenkins) -> None:
    with pytest.raises(NotFound) as caught:
        run(jenkins.config_from_template("tpl-cobol"), 5)
    assert (caught.value.code, caught.value.params["template"]) == ("jenkins.template_missing", "tpl-cobol")


def test_a_parameter_that_jenkins_would_drop_is_refused(jenkins: Jenkins) -> None:
    make(jenkins, "few")
    with pytest.raises(Rejected) as caught:
        run(jenkins.ensure_job("few", job_xml("echo hello", parameters={KEY: ""}), [KEY, "TAG"]), 5)
    assert (caught.value.code, caught.value.params["parameter"]) == ("jenkins.parameter_undefined", "TAG")


def test_a_disabled_job_is_refused_and_not_switched_on(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "off")
    run(jenkins.http.request("POST", "/job/off/disable", what="disable", allow=(302,)), 5)
    with pytest.raises(Rejected) as caught:
        make(jenkins, "off")
    assert caught.value.code == "jenkins.job_disabled"
    assert server.journal.find("job.enable") == []


def test_a_name_jenkins_does_not_accept_is_refused_with_its_reason(jenkins: Jenkins) -> None:
    with pytest.raises(Rejected) as caught:
        make(jenkins, "a*b")
    assert caught.value.code == "jenkins.job_refused"
    assert "unsafe character" in caught.value.params["said"]


def test_the_key_is_moved_to_the_first_place(jenkins: Jenkins) -> None:
    xml = job_xml("echo", parameters={"TAG": "", KEY: ""})
    run(jenkins.ensure_job("later-key", xml, [KEY, "TAG"]), 5)
    names = [
        e.findtext("name")
        for e in jobxml.parse(run(jenkins.get_config("later-key"), 5)).iterfind(f"{jobxml.DEFINITIONS}/*")
    ]
    assert names == [KEY, "TAG"]


# -- builds -----------------------------------------------------------------------------------------------
def test_a_build_is_found_by_its_key_and_by_nothing_else(jenkins: Jenkins) -> None:
    make(jenkins, "plain")
    item = run(jenkins.start_build("plain", {KEY: "k.1"}), 5)
    assert (item.folded, item.key) == (False, "k.1")
    build = finished(jenkins, "plain", "k.1")
    assert (build.job, build.number, build.result, build.queue_id) == ("plain", 1, "SUCCESS", item.id)
    assert run(jenkins.get_build("plain", 1), 5) == build
    assert run(jenkins.find_by_key("plain", "k.2"), 5) is None


def test_a_large_parameter_travels_in_the_body(jenkins: Jenkins) -> None:
    make(jenkins, "large", DOCKERFILE_B64="")
    run(jenkins.start_build("large", {KEY: "l.1", "DOCKERFILE_B64": "A" * 20_000}), 5)
    assert finished(jenkins, "large", "l.1").result == "SUCCESS"


def test_an_equal_request_that_still_waits_is_folded_into_one_build(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "folds", WAITS)
    run(jenkins.start_build("folds", {KEY: "f.0"}), 5)
    running = started(jenkins, "folds", "f.0")
    first = run(jenkins.start_build("folds", {KEY: "f.1"}), 5)
    second = run(jenkins.start_build("folds", {KEY: "f.1"}), 5)
    assert (first.folded, second.folded) == (False, True)
    assert first.id == second.id
    found = run(jenkins.find_by_key("folds", "f.1"), 5)
    assert isinstance(found, QueueItem)
    assert (found.id, found.job, found.why) == (first.id, "folds", "A build is already in progress")
    assert run(jenkins.cancel_item(first.id), 5) is True
    assert run(jenkins.cancel_item(first.id), 5) is False
    assert run(jenkins.find_by_key("folds", "f.1"), 5) is None
    run(jenkins.stop_build("folds", running.number), 5)
    assert finished(jenkins, "folds", "f.0").result == "ABORTED"


def test_a_trigger_whose_answer_was_lost_is_unknown_and_found_by_key(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "lost")
    server.faults.add(Fault("build.trigger", "accept_then_drop"))
    with pytest.raises(Unavailable) as caught:
        run(jenkins.start_build("lost", {KEY: "x.1"}), 5)
    assert (caught.value.code, caught.value.retryable, caught.value.unknown) == ("outside.dropped", True, True)
    assert finished(jenkins, "lost", "x.1").result == "SUCCESS"
    assert triggers(server, "x.1") == 1


def test_a_gateway_error_on_a_trigger_is_unknown(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "gateway")
    server.faults.add(Fault("build.trigger", "status", status=502))
    with pytest.raises(Unavailable) as caught:
        run(jenkins.start_build("gateway", {KEY: "g.1"}), 5)
    assert (caught.value.code, caught.value.unknown) == ("outside.unavailable", True)


def test_a_snapshot_reads_queue_and_all_builds_in_two_calls(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "many", WAITS)
    for n in range(2):
        run(jenkins.start_build("many", {KEY: f"m.{n}"}), 5)
    running = started(jenkins, "many", "m.0")
    before = server.journal.last
    found = run(jenkins.snapshot(), 5)
    assert [e.kind for e in server.journal.find(since=before)] == ["queue.list", "root.tree"]
    assert [(q.job, q.key) for q in found.queue] == [("many", "m.1")]
    mine = [b for b in found.builds if b.job == "many"]
    assert [(b.number, b.key, b.building, b.result) for b in mine] == [(running.number, "m.0", True, None)]
    assert mine[0].timestamp_ms > 0
    run(jenkins.cancel_item(found.queue[0].id), 5)
    run(jenkins.stop_build("many", running.number), 5)
    finished(jenkins, "many", "m.0")


def test_a_snapshot_leaves_out_old_builds_that_have_ended(jenkins: Jenkins) -> None:
    make(jenkins, "old")
    run(jenkins.start_build("old", {KEY: "o.1"}), 5)
    finished(jenkins, "old", "o.1")
    later = int(time.time() * 1000) + 60_000
    assert [b for b in run(jenkins.snapshot(since_ms=later), 5).builds if b.job == "old"] == []


def test_a_missing_build_and_job_are_named(jenkins: Jenkins) -> None:
    make(jenkins, "exists")
    cases = [
        (jenkins.get_build("exists", 99), "jenkins.build_missing"),
        (jenkins.stop_build("exists", 99), "jenkins.build_missing"),
        (jenkins.read_log("exists", 99, 0), "jenkins.build_missing"),
        (jenkins.start_build("nowhere", {KEY: "n.1"}), "jenkins.job_missing"),
        (jenkins.find_by_key("nowhere", "n.1"), "jenkins.job_missing"),
    ]
    for work, code in cases:
        with pytest.raises(NotFound) as caught:
            run(work, 5)
        assert caught.value.code == code


# -- logs -------------------------------------------------------------------------------------------------
def read_all(jenkins: Jenkins, job: str, number: int) -> tuple[str, list[LogPart]]:
    parts: list[LogPart] = []
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        parts.append(run(jenkins.read_log(job, number, parts[-1].next_start if parts else 0), 5))
        if not parts[-1].more:
            return "".join(p.text for p in parts), parts
        time.sleep(0.02)
    raise AssertionError("the log did not end")


def test_a_log_read_in_pieces_is_whole_with_unix_line_ends(jenkins: Jenkins) -> None:
    make(jenkins, "speaks", "echo 第一\nsleep 0.3\necho two\nsleep 0.3\necho three")
    run(jenkins.start_build("speaks", {KEY: "s.1"}), 5)
    build = started(jenkins, "speaks", "s.1")
    text, parts = read_all(jenkins, "speaks", build.number)
    assert len(parts) > 1
    console = run(jenkins.http.request("GET", f"/job/speaks/{build.number}/consoleText", what="console"), 5).text()
    assert text == console
    assert "\r" not in text
    assert text.endswith("Finished: SUCCESS\n")
    assert not any(p.cut or p.restarted for p in parts)


def test_a_log_that_became_shorter_is_read_from_its_start_again(jenkins: Jenkins) -> None:
    make(jenkins, "short")
    run(jenkins.start_build("short", {KEY: "sh.1"}), 5)
    build = finished(jenkins, "short", "sh.1")
    part = run(jenkins.read_log("short", build.number, 1_000_000), 5)
    assert part.restarted
    assert part.text.startswith("Started by user")


# -- credentials and restarts -----------------------------------------------------------------------------
def test_a_wrong_token_is_refused_after_one_second_look(server: JenkinsServer) -> None:
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        run(client(server, "wrong").get_config("tpl-java"), 5)
    assert (caught.value.code, caught.value.retryable) == ("outside.unauthorized", False)
    assert caught.value.params["field"] == "token"
    assert len(server.journal.find(since=before)) == 2


def test_a_moment_of_401_with_valid_credentials_is_survived(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "blink")
    server.faults.add(Fault("build.trigger", "status", status=401))
    run(jenkins.start_build("blink", {KEY: "b.1"}), 5)
    assert finished(jenkins, "blink", "b.1").result == "SUCCESS"
    assert triggers(server, "b.1") == 1


def test_a_password_in_place_of_a_token_is_recognised(server: JenkinsServer) -> None:
    with pytest.raises(Rejected) as caught:
        run(client(server, PASSWORD).start_build("blink", {KEY: "p.1"}), 5)
    assert (caught.value.code, caught.value.params["field"]) == ("jenkins.token_needed", "token")
    assert triggers(server, "p.1") == 0


def test_a_starting_jenkins_is_unavailable_and_not_unknown(server: JenkinsServer, jenkins: Jenkins) -> None:
    server.faults.add(Fault("queue.list", "status", status=503, body="<html>Starting Jenkins</html>"))
    with pytest.raises(Unavailable) as caught:
        run(jenkins.snapshot(), 5)
    assert (caught.value.code, caught.value.retryable, caught.value.unknown) == ("outside.unavailable", True, False)


def test_a_refused_connection_is_unavailable(server: JenkinsServer) -> None:
    nobody = Jenkins("http://127.0.0.1:9", USER, TOKEN, name="main", timeout=3, allow_loopback=True)
    with pytest.raises(IntegrationError) as caught:
        run(nobody.snapshot(), 5)
    assert (caught.value.code, caught.value.unknown) == ("outside.unavailable", False)


def test_the_connection_test_is_green_and_says_the_version(jenkins: Jenkins) -> None:
    checks = run(jenkins.check(), 10)
    assert [(c.name, c.outcome) for c in checks] == [
        ("address", "passed"),
        ("token", "passed"),
        ("accepts_builds", "passed"),
        ("queue", "passed"),
        ("builds", "passed"),
    ]
    assert checks[1].params == {"version": "2.462.3"}


def test_the_connection_test_says_when_jenkins_is_about_to_shut_down(jenkins: Jenkins) -> None:
    run(jenkins.http.request("POST", "/quietDown", what="quiet", allow=(302,)), 5)
    try:
        red = [(c.name, c.code) for c in run(jenkins.check(), 10) if c.outcome == "failed"]
    finally:
        run(jenkins.http.request("POST", "/cancelQuietDown", what="quiet", allow=(302,)), 5)
    assert red == [("accepts_builds", "jenkins.quieting_down")]
