"""Whether Jenkins can read a repository, asked over real sockets of the stand-in, which asks git."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.common.errors import NotFound, Rejected, Unavailable
from apps.integrations.jenkins import jobxml
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.clonecheck import YES, probe_name, read_clone_check, start_clone_check
from apps.integrations.jenkins.types import CloneCheck
from apps.integrations.loop import run
from apps.sandbox.base.faults import Fault
from apps.sandbox.jenkins.server import JenkinsServer
from tests.support.jenkins import TOKEN, USER, git_repository, jenkins_and_registry, job_xml, wait_for

TEMPLATE = "tpl-go"
PROBE = "opsportal-check-clone-tpl-go"


@pytest.fixture(scope="module")
def server() -> Iterator[JenkinsServer]:
    with jenkins_and_registry(executors=2) as (running, _):
        yield running


@pytest.fixture(scope="module")
def jenkins(server: JenkinsServer) -> Jenkins:
    return Jenkins(server.url, USER, TOKEN, name="main", timeout=3, allow_loopback=True, recheck_seconds=0.1)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> str:
    return git_repository(tmp_path_factory.mktemp("git") / "cart", {"go.mod": "module cart\n"})[0]


def asked(jenkins: Jenkins, url: str, key: str) -> CloneCheck:
    run(start_clone_check(jenkins, TEMPLATE, url, key), 10)

    def settled() -> CloneCheck | None:
        found = run(read_clone_check(jenkins, TEMPLATE, url, key), 5)
        return None if found.state == "waiting" else found

    return wait_for(settled)


def triggers(server: JenkinsServer, key: str) -> int:
    return sum(e.detail.get("key") == key for e in server.journal.find("build.trigger", accepted=True))


def test_a_repository_that_git_can_read_is_a_yes(jenkins: Jenkins, repository: str) -> None:
    assert asked(jenkins, repository, "k.1") == CloneCheck("can")


def test_a_repository_that_git_cannot_read_is_a_no_in_gits_words(jenkins: Jenkins, tmp_path: Path) -> None:
    nowhere = (tmp_path / "nowhere").as_uri()
    found = asked(jenkins, nowhere, "k.2")
    assert (found.state, found.code, found.params["url"]) == ("cannot", "jenkins.clone_refused", nowhere)
    assert found.params["said"].startswith("fatal: ")


def test_an_address_is_never_read_as_shell_or_option(jenkins: Jenkins) -> None:
    for number, url in enumerate((f'x"; echo {YES}; "', "--upload-pack=touch x", f"\n{YES}")):
        assert asked(jenkins, url, f"h{number}.1").state == "cannot"


def test_the_same_question_is_asked_once(server: JenkinsServer, jenkins: Jenkins, repository: str) -> None:
    for _ in range(2):
        assert asked(jenkins, repository, "k.3").state == "can"
    assert triggers(server, "k.3") == 1


def test_a_question_whose_answer_was_lost_is_found_by_its_key(
    server: JenkinsServer, jenkins: Jenkins, repository: str
) -> None:
    server.faults.add(Fault("build.trigger", "accept_then_drop"))
    with pytest.raises(Unavailable) as caught:
        asked(jenkins, repository, "k.4")
    assert (caught.value.code, caught.value.unknown) == ("outside.dropped", True)
    assert asked(jenkins, repository, "k.4").state == "can"
    assert triggers(server, "k.4") == 1


def test_a_question_nobody_asked_is_unknown(jenkins: Jenkins, repository: str) -> None:
    assert asked(jenkins, repository, "k.5").state == "can"
    assert run(read_clone_check(jenkins, TEMPLATE, repository, "k.none"), 5) == CloneCheck("unknown")
    with pytest.raises(NotFound):
        run(read_clone_check(jenkins, "tpl-php", repository, "k.5"), 5)


def test_a_build_that_succeeds_without_the_last_word_is_no_yes(jenkins: Jenkins, repository: str) -> None:
    assert asked(jenkins, repository, "k.6").state == "can"
    config = run(jenkins.get_config(PROBE), 5)
    run(jenkins.write_config(PROBE, config.replace(f"echo '{YES}'", "true")), 5)
    assert asked(jenkins, repository, "k.7").state == "cannot"
    run(jenkins.write_config(PROBE, config), 5)


def test_the_probe_runs_where_the_templates_builds_run(jenkins: Jenkins, repository: str) -> None:
    """Label and wrappers, which bring credentials, are the template's; nothing of its build is."""
    xml = job_xml("make", parameters={"TAG": ""}, extra="<assignedNode>linux</assignedNode>")
    run(
        jenkins.create(
            "tpl/x".replace("/", "-"), xml.replace("<buildWrappers/>", "<buildWrappers><ssh/></buildWrappers>")
        ),
        5,
    )
    run(start_clone_check(jenkins, "tpl-x", repository, "k.8"), 10)
    root = jobxml.parse(run(jenkins.get_config(probe_name("tpl-x")), 5))
    assert (root.findtext("assignedNode"), root.find("buildWrappers/ssh") is not None) == ("linux", True)
    assert [e.findtext("name") for e in root.iterfind(f"{jobxml.DEFINITIONS}/*")] == ["OPSPORTAL_KEY", "REPO_URL"]
    assert "make" not in (root.findtext("builders/hudson.tasks.Shell/command") or "")


def test_a_foreign_job_of_the_probes_name_is_left_alone(
    server: JenkinsServer, jenkins: Jenkins, repository: str
) -> None:
    run(jenkins.create(probe_name("tpl-java"), job_xml("echo theirs")), 5)
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        run(start_clone_check(jenkins, "tpl-java", repository, "k.9"), 10)
    assert caught.value.code == "jenkins.job_taken"
    assert [e.kind for e in server.journal.find(since=before) if e.method == "POST"] == []
