"""Jobs over Jenkins' adapter against the stand-in: made once, known by their note, re-synced, deleted only when ours."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from apps.common.errors import NotFound, Rejected, Unavailable
from apps.integrations.breaker import Breaker
from apps.integrations.jenkins import jobxml, notes
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.provisioning import (
    create_job_from_template,
    delete_job,
    list_jobs,
    ready_job,
    update_job,
)
from apps.integrations.jenkins.types import BUILD_PARAMETERS, BuildRef, JobMade, JobReady, JobUpdated
from apps.integrations.loop import run
from apps.sandbox.base.faults import Fault
from apps.sandbox.jenkins.server import JenkinsServer
from tests.support.jenkins import PASSWORD, TOKEN, USER, job_xml
from tests.support.servers import serving

KEY = "3f2a9d1c-0b6e-4d7a-9c51-2f8d7e6a1b01"
OTHER_KEY = "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee"
NOTE = "shop/cart in the portal"
CREATED, ADOPTED = JobMade(created=True, adopted=False), JobMade(created=False, adopted=True)
WRITES = {"job.create", "job.copy", "job.config.set", "job.delete", "job.description.set", "job.enable", "job.disable"}


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
def quiet(server: JenkinsServer, jenkins: Jenkins) -> Iterator[None]:
    jenkins.http.breaker = Breaker()
    yield
    unused = server.faults.unused()
    server.faults.clear()
    assert unused == []


@pytest.fixture(scope="module")
def jenkins(server: JenkinsServer) -> Jenkins:
    return Jenkins(server.url, USER, TOKEN, name="main", timeout=3, allow_loopback=True, recheck_seconds=0.1)


def make(jenkins: Jenkins, name: str, key: str = f"{KEY}.1", note: str = NOTE, template: str = "tpl-go") -> JobMade:
    return run(create_job_from_template(jenkins, name, template, note=note, key=key), 10)


def by_hand(jenkins: Jenkins, name: str, xml: str) -> None:
    """A job somebody made in Jenkins."""
    assert run(jenkins.create(name, xml), 5)


def note_of(jenkins: Jenkins, name: str) -> notes.Note:
    return notes.read(jobxml.description(run(jenkins.get_config(name), 5)))


def written(server: JenkinsServer, since: int) -> list[str]:
    """Writes on jobs, also refused ones."""
    return [e.kind for e in server.journal.find(since=since) if e.kind in WRITES]


def seen(jenkins: Jenkins, name: str) -> str:
    return jobxml.content_hash(run(jenkins.get_config(name), 5))


def newer(jenkins: Jenkins, name: str, script: str = "echo newer", template: str = "tpl-go") -> str:
    """The configuration of a job made from a newer version of its template."""
    return jobxml.job_from_template(job_xml(script, parameters={"OPSPORTAL_KEY": ""}), template=template, note=NOTE)


# -- made -------------------------------------------------------------------------------------------------
def test_a_job_is_made_from_its_template_with_our_note_and_can_be_built(jenkins: Jenkins) -> None:
    assert make(jenkins, "made") == CREATED
    note = note_of(jenkins, "made")
    assert (note.text, note.key, note.template) == (NOTE, KEY, "tpl-go")
    assert note.fingerprint == jobxml.fingerprint(run(jenkins.get_config("tpl-go"), 5))
    assert ready(jenkins, "made") == JobReady(created=True, added=(), template_version=None)


def test_the_same_step_finds_what_it_made_and_writes_nothing(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "again")
    before = server.journal.last
    assert make(jenkins, "again") == CREATED
    assert make(jenkins, "again", f"{KEY}.2") == CREATED
    assert written(server, before) == []


def test_a_job_the_portal_made_before_is_adopted(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "before")
    ready(jenkins, "by-a-release")
    before = server.journal.last
    assert make(jenkins, "before", OTHER_KEY) == ADOPTED
    assert make(jenkins, "by-a-release", OTHER_KEY) == ADOPTED
    assert written(server, before) == []


@pytest.mark.parametrize(
    ("name", "described"),
    [
        ("foreign", "nightly of the other team"),
        ("blank", ""),
        ("forged", "opsportal: key " + KEY),
        ("inside", f"opsportal: template tpl-go {'0' * 12}\nand more"),
    ],
)
def test_a_foreign_job_is_refused_with_what_it_is_and_left_alone(
    server: JenkinsServer, jenkins: Jenkins, name: str, described: str
) -> None:
    xml = job_xml("echo theirs").replace("<description></description>", f"<description>{described}</description>")
    by_hand(jenkins, name, xml)
    config, before = run(jenkins.get_config(name), 5), server.journal.last
    with pytest.raises(Rejected) as caught:
        make(jenkins, name)
    assert (caught.value.code, caught.value.params["job"]) == ("jenkins.job_taken", name)
    said = " ".join(described.split())
    assert caught.value.params["found"] == (f"FreeStyleProject: {said}" if said else "FreeStyleProject")
    with pytest.raises(Rejected) as caught:
        run(delete_job(jenkins, name, KEY), 5)
    assert caught.value.code == "jenkins.job_not_made_by_us"
    assert written(server, before) == []
    assert run(jenkins.get_config(name), 5) == config


def test_a_job_of_another_project_of_the_portal_is_foreign(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "theirs", OTHER_KEY, note="tools/other in the portal")
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        make(jenkins, "theirs")
    assert caught.value.code == "jenkins.job_taken"
    assert "tools/other in the portal" in caught.value.params["found"]
    assert written(server, before) == []


def test_a_name_that_differs_in_case_is_taken(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "Cart")
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        make(jenkins, "cart")
    assert (caught.value.code, caught.value.params["job"]) == ("jenkins.job_taken", "Cart")
    with pytest.raises(Rejected) as caught:
        run(delete_job(jenkins, "cart", KEY), 5)
    assert caught.value.code == "jenkins.job_not_made_by_us"
    assert written(server, before) == []


def test_a_job_whose_answer_was_lost_is_looked_up_and_ours(server: JenkinsServer, jenkins: Jenkins) -> None:
    server.faults.add(Fault("job.create", "accept_then_drop"))
    before = server.journal.last
    assert make(jenkins, "lost") == CREATED
    assert written(server, before) == ["job.create"]


def test_a_dropped_call_that_made_no_job_stays_unknown(server: JenkinsServer, jenkins: Jenkins) -> None:
    server.faults.add(Fault("job.create", "drop"))
    with pytest.raises(Unavailable) as caught:
        make(jenkins, "dropped")
    assert (caught.value.unknown, caught.value.retryable) == (True, True)
    assert run(jenkins.find_job("dropped"), 5) is None
    assert make(jenkins, "dropped", f"{KEY}.2") == CREATED


def test_a_missing_template_makes_no_job(server: JenkinsServer, jenkins: Jenkins) -> None:
    before = server.journal.last
    with pytest.raises(NotFound) as caught:
        make(jenkins, "none", template="tpl-cobol")
    assert caught.value.code == "jenkins.template_missing"
    assert written(server, before) == []


def test_a_note_cannot_pretend_to_be_another_steps(jenkins: Jenkins) -> None:
    make(jenkins, "pretends", note=f"x\nopsportal: key {OTHER_KEY}", key="")
    found = note_of(jenkins, "pretends")
    assert (found.key, found.template, found.text) == ("", "tpl-go", f"x\nopsportal key {OTHER_KEY}")
    with pytest.raises(Rejected):
        run(delete_job(jenkins, "pretends", OTHER_KEY), 5)


# -- deleted ----------------------------------------------------------------------------------------------
def test_a_job_of_this_step_is_deleted_and_again_is_no_error(jenkins: Jenkins) -> None:
    make(jenkins, "short-lived")
    assert run(delete_job(jenkins, "short-lived", f"{KEY}.3"), 5) is True
    assert run(delete_job(jenkins, "short-lived", KEY), 5) is False
    assert run(jenkins.find_job("short-lived"), 5) is None


def test_an_adopted_job_is_not_deleted(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "adopted", OTHER_KEY)
    run(jenkins.ensure_job("adopted-too", run(jenkins.config_from_template("tpl-go"), 5), ["OPSPORTAL_KEY"]), 5)
    before = server.journal.last
    for name in ("adopted", "adopted-too"):
        assert make(jenkins, name) == ADOPTED
        for key in (KEY, ""):
            with pytest.raises(Rejected) as caught:
                run(delete_job(jenkins, name, key), 5)
            assert caught.value.code == "jenkins.job_not_made_by_us"
    assert written(server, before) == []


def test_a_delete_whose_answer_was_lost_is_looked_up(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "goes")
    server.faults.add(Fault("job.delete", "accept_then_drop"))
    assert run(delete_job(jenkins, "goes", KEY), 5) is True
    make(jenkins, "stays")
    server.faults.add(Fault("job.delete", "drop", times=2))
    with pytest.raises(Unavailable) as caught:
        run(delete_job(jenkins, "stays", KEY), 5)
    assert caught.value.unknown
    assert run(jenkins.find_job("stays"), 5) is not None


# -- listed -----------------------------------------------------------------------------------------------
def test_all_jobs_are_listed_in_one_read_with_what_the_portal_knows_of_them(
    server: JenkinsServer, jenkins: Jenkins
) -> None:
    make(jenkins, "listed")
    by_hand(jenkins, "listed-by-hand", job_xml("echo x", parameters={"BRANCH": ""}, disabled=True))
    before = server.journal.last
    found = run(list_jobs(jenkins), 5)
    assert [e.kind for e in server.journal.find(since=before)] == ["root.tree"]
    jobs = {job.name: job for job in found.jobs}
    ours, theirs = jobs["listed"], jobs["listed-by-hand"]
    assert (ours.is_ours, ours.text, ours.template, ours.disabled) == (True, NOTE, "tpl-go", False)
    assert ours.parameters[0] == "OPSPORTAL_KEY"
    assert (theirs.is_ours, theirs.disabled, theirs.parameters, theirs.kind) == (
        False, True, ["BRANCH"], "FreeStyleProject",
    )  # fmt: skip
    assert (theirs.last_build, theirs.is_folder, found.complete) == (None, False, True)


def test_a_bounded_list_says_that_it_is_not_whole(jenkins: Jenkins) -> None:
    some = run(list_jobs(jenkins, limit=2), 5)
    assert (len(some.jobs), some.complete) == (2, False)


# -- re-synced --------------------------------------------------------------------------------------------
def update(jenkins: Jenkins, name: str, xml: str, hashed: str, key: str = f"{OTHER_KEY}.1") -> JobUpdated:
    return run(update_job(jenkins, name, xml, seen_xml_hash=hashed, key=key), 10)


def finished(jenkins: Jenkins, job: str, key: str) -> int:
    run(jenkins.start_build(job, {"OPSPORTAL_KEY": key}), 5)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        found = run(jenkins.find_by_key(job, key), 5)
        if isinstance(found, BuildRef) and not found.building:
            return found.number
        time.sleep(0.02)
    raise AssertionError("the build did not end")


def test_a_re_sync_brings_the_new_template_and_keeps_maker_and_build_numbers(jenkins: Jenkins) -> None:
    run(
        jenkins.create(
            "synced",
            jobxml.with_notes_of(
                newer(jenkins, "", "echo old"), f"opsportal: key {KEY}\nopsportal: template t {'0' * 12}"
            ),
        ),
        5,
    )
    assert finished(jenkins, "synced", "b.1") == 1
    done = update(jenkins, "synced", newer(jenkins, "synced"), seen(jenkins, "synced"))
    assert (done.changed, done.xml_hash) == (True, seen(jenkins, "synced"))
    assert "echo newer" in run(jenkins.get_config("synced"), 5)
    note = note_of(jenkins, "synced")
    assert (note.key, note.sync, note.text) == (KEY, f"{OTHER_KEY}.1", NOTE)
    assert finished(jenkins, "synced", "b.2") == 2
    assert run(delete_job(jenkins, "synced", KEY), 5) is True


def test_the_same_re_sync_again_writes_nothing(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "twice")
    first = update(jenkins, "twice", newer(jenkins, "twice"), hashed := seen(jenkins, "twice"))
    before = server.journal.last
    assert update(jenkins, "twice", newer(jenkins, "twice"), hashed) == JobUpdated(False, first.xml_hash)
    assert written(server, before) == []


def test_a_job_that_changed_since_it_was_read_is_not_overwritten(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "edited")
    hashed, config = seen(jenkins, "edited"), run(jenkins.get_config("edited"), 5)
    run(jenkins.write_config("edited", config.replace("go vet", "go vet -v")), 5)
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        update(jenkins, "edited", newer(jenkins, "edited"), hashed)
    assert (caught.value.code, caught.value.retryable) == ("jenkins.job_changed", False)
    assert written(server, before) == []
    assert "go vet -v" in run(jenkins.get_config("edited"), 5)


def test_a_save_that_only_moves_white_space_is_no_change(jenkins: Jenkins) -> None:
    make(jenkins, "saved")
    hashed = seen(jenkins, "saved")
    for verb in ("disable", "enable"):
        run(jenkins.http.request("POST", f"/job/saved/{verb}", what=verb, allow=(302,)), 5)
    assert update(jenkins, "saved", newer(jenkins, "saved"), hashed).changed


def test_a_foreign_job_is_not_re_synced(server: JenkinsServer, jenkins: Jenkins) -> None:
    by_hand(jenkins, "not-ours", job_xml("echo theirs"))
    make(jenkins, "ours")
    before = server.journal.last
    for name, xml in (("not-ours", newer(jenkins, "not-ours")), ("ours", job_xml("echo unmarked"))):
        with pytest.raises(Rejected) as caught:
            update(jenkins, name, xml, seen(jenkins, name))
        assert caught.value.code == "jenkins.job_taken"
    assert written(server, before) == []


def test_a_job_of_another_kind_is_not_re_synced(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "kind")
    before = server.journal.last
    pipeline = (
        newer(jenkins, "kind").replace("<project>", "<flow-definition>").replace("</project>", "</flow-definition>")
    )
    with pytest.raises(Rejected) as caught:
        update(jenkins, "kind", pipeline, seen(jenkins, "kind"))
    assert (caught.value.code, caught.value.params["wanted"]) == ("jenkins.job_other_kind", "flow-definition")
    assert written(server, before) == []


def test_a_re_sync_whose_answer_was_lost_is_looked_up_by_its_key(server: JenkinsServer, jenkins: Jenkins) -> None:
    make(jenkins, "lost-sync")
    server.faults.add(Fault("job.config.set", "accept_then_drop"))
    before = server.journal.last
    assert update(jenkins, "lost-sync", newer(jenkins, "lost-sync"), seen(jenkins, "lost-sync")).changed
    assert written(server, before) == ["job.config.set"]
    server.faults.add(Fault("job.config.set", "drop"))
    hashed = seen(jenkins, "lost-sync")
    with pytest.raises(Unavailable) as caught:
        update(jenkins, "lost-sync", newer(jenkins, "lost-sync", "echo third"), hashed, f"{OTHER_KEY}.2")
    assert caught.value.unknown
    assert seen(jenkins, "lost-sync") == hashed


def test_an_edit_right_after_our_write_is_told(
    server: JenkinsServer, jenkins: Jenkins, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(jenkins, "overtaken")
    theirs = run(jenkins.get_config("overtaken"), 5)
    hashed, write = seen(jenkins, "overtaken"), jenkins.write_config

    async def and_somebody_else(name: str, config_xml: str) -> None:
        await write(name, config_xml)
        await write(name, theirs)

    monkeypatch.setattr(jenkins, "write_config", and_somebody_else)
    with pytest.raises(Rejected) as caught:
        update(jenkins, "overtaken", newer(jenkins, "overtaken"), hashed)
    assert caught.value.code == "jenkins.job_changed"


# -- ready for a release ----------------------------------------------------------------------------------
def ready(jenkins: Jenkins, name: str, template: str = "tpl-go", version: int = 3, key: str = f"{KEY}.1") -> JobReady:
    return run(ready_job(jenkins, name, template, BUILD_PARAMETERS, note=NOTE, key=key, version=version), 10)


def parameters(jenkins: Jenkins, name: str) -> list[str | None]:
    root = jobxml.parse(run(jenkins.get_config(name), 5))
    return [one.findtext("name") for one in root.iterfind(f"{jobxml.DEFINITIONS}/*")]


def rewrite(jenkins: Jenkins, name: str, *changes: tuple[str, str]) -> str:
    """Somebody edits the job in Jenkins."""
    config = run(jenkins.get_config(name), 5)
    for old, new in changes:
        assert old in config
        config = config.replace(old, new)
    run(jenkins.write_config(name, config), 5)
    return config


def test_a_release_makes_the_job_that_is_not_there_once(server: JenkinsServer, jenkins: Jenkins) -> None:
    before = server.journal.last
    assert ready(jenkins, "first") == JobReady(created=True, added=(), template_version=3)
    assert ready(jenkins, "first") == JobReady(created=True, added=(), template_version=3)
    assert ready(jenkins, "first", key=OTHER_KEY) == JobReady(created=False, added=(), template_version=3)
    assert written(server, before) == ["job.create"]
    assert (note_of(jenkins, "first").text, note_of(jenkins, "first").key) == (NOTE, KEY)


def test_a_job_of_an_older_template_is_left_as_it_is(server: JenkinsServer, jenkins: Jenkins) -> None:
    ready(jenkins, "older", version=2)
    edited = rewrite(jenkins, "older", ("go mod download", "echo by hand"))
    before = server.journal.last
    assert ready(jenkins, "older", "tpl-java", 9, OTHER_KEY) == JobReady(created=False, added=(), template_version=2)
    assert written(server, before) == []
    assert run(jenkins.get_config("older"), 5) == edited


def test_a_parameter_that_is_missing_is_added_and_nothing_else_changes(server: JenkinsServer, jenkins: Jenkins) -> None:
    ready(jenkins, "lacks", version=2)
    theirs = ("<name>COMMIT</name>", "<name>BRANCH</name>")
    rewrite(jenkins, "lacks", theirs, ("go mod download", "echo by hand"))
    before = server.journal.last
    assert ready(jenkins, "lacks", version=9, key=OTHER_KEY) == JobReady(False, added=("COMMIT",), template_version=2)
    assert ready(jenkins, "lacks", version=9, key=OTHER_KEY) == JobReady(False, added=(), template_version=2)
    assert written(server, before) == ["job.config.set"]
    wanted = ["OPSPORTAL_KEY", "REPO_URL", "TAG", "BRANCH", "IMAGE", "LABELS_JSON", "DOCKERFILE_B64", "COMMIT"]
    assert parameters(jenkins, "lacks") == wanted
    config = run(jenkins.get_config("lacks"), 5)
    assert "echo by hand" in config and "go mod download" not in config
    assert "Commit the tag must be at" in config  # defined as the template defines it
    assert note_of(jenkins, "lacks").version == 2


def test_a_job_of_ours_without_any_parameter_gets_them_all(jenkins: Jenkins) -> None:
    xml = job_xml("echo x").replace("<properties/>", "")
    by_hand(jenkins, "bare", jobxml.job_from_template(xml, template="tpl-go", note=NOTE))
    found = ready(jenkins, "bare")
    assert (found.added, parameters(jenkins, "bare")) == (BUILD_PARAMETERS, list(BUILD_PARAMETERS))


def test_our_key_is_moved_to_the_first_place_and_nothing_is_added(server: JenkinsServer, jenkins: Jenkins) -> None:
    ready(jenkins, "later")
    rewrite(jenkins, "later", ("<name>OPSPORTAL_KEY<", "<name>x<"), ("<name>TAG<", "<name>OPSPORTAL_KEY<"))
    rewrite(jenkins, "later", ("<name>x<", "<name>TAG<"))
    before = server.journal.last
    assert ready(jenkins, "later").added == ()
    assert parameters(jenkins, "later")[0] == "OPSPORTAL_KEY"
    assert written(server, before) == ["job.config.set"]


def test_a_parameter_that_the_template_lacks_too_is_refused(server: JenkinsServer, jenkins: Jenkins) -> None:
    by_hand(jenkins, "tpl-few", job_xml("echo x", parameters={"OPSPORTAL_KEY": ""}))
    with pytest.raises(Rejected) as caught:
        ready(jenkins, "few", "tpl-few")
    assert (caught.value.code, caught.value.params["parameter"]) == ("jenkins.parameter_undefined", "REPO_URL")


def test_a_foreign_job_is_refused_to_a_release_and_left_alone(server: JenkinsServer, jenkins: Jenkins) -> None:
    by_hand(jenkins, "alien", job_xml("echo theirs", parameters=dict.fromkeys(BUILD_PARAMETERS, "")))
    config, before = run(jenkins.get_config("alien"), 5), server.journal.last
    with pytest.raises(Rejected) as caught:
        ready(jenkins, "alien")
    assert (caught.value.code, caught.value.params["found"]) == ("jenkins.job_taken", "FreeStyleProject")
    assert written(server, before) == []
    assert run(jenkins.get_config("alien"), 5) == config


def test_an_added_parameter_whose_answer_was_lost_is_not_added_again(server: JenkinsServer, jenkins: Jenkins) -> None:
    ready(jenkins, "unsure")
    rewrite(jenkins, "unsure", ("<name>TAG</name>", "<name>TAGG</name>"))
    server.faults.add(Fault("job.config.set", "accept_then_drop"))
    before = server.journal.last
    with pytest.raises(Unavailable) as caught:
        ready(jenkins, "unsure")
    assert caught.value.unknown
    assert ready(jenkins, "unsure").added == ()
    assert written(server, before) == ["job.config.set"]
    assert parameters(jenkins, "unsure").count("TAG") == 1
