"""GitLab's adapter against the stand-in over a real socket: refs, the tag that is made once, what is refused."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from apps.common.errors import IntegrationError, NotFound, Rejected, Unavailable
from apps.integrations.breaker import Breaker
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.types import GitProject, Tag
from apps.integrations.loop import run
from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.model import REPORTER
from apps.sandbox.gitlab.server import GitLabServer
from tests.support.servers import serving

TOKEN = "glpat-portal"
PATH = "shop/cart"
KEY = "0f3c6a1e-7b7a-4a55-8a06-5c7d0d9b1f11"


@pytest.fixture(scope="module")
def server() -> Iterator[GitLabServer]:
    standin = GitLabServer(
        None, token=TOKEN, demo=False, branch_cache_seconds=30, compare_cache_seconds=0, mergeability_seconds=0
    )
    with serving(standin) as running:
        for path in (PATH, "shop/old-name"):
            admin(running, "/projects", {"path": path, "visibility": "private"})
        yield running


def admin(server: GitLabServer, path: str, body: dict[str, Any]) -> None:
    """Ask the stand-in's admin port."""
    url = f"http://127.0.0.1:{server.admin_port}{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300


@pytest.fixture(autouse=True)
def quiet(server: GitLabServer, gitlab: GitLab) -> Iterator[None]:
    gitlab.http.breaker = Breaker()  # what the test before was asked to wait for
    yield
    unused = server.faults.unused()
    server.faults.clear()
    assert unused == []


@pytest.fixture(scope="module")
def gitlab(server: GitLabServer) -> GitLab:
    return GitLab(server.url, TOKEN, name="main", timeout=3, allow_loopback=True)


@pytest.fixture(scope="module")
def project(gitlab: GitLab) -> GitProject:
    first = [{"action": "create", "file_path": "README.md", "content": "cart"}]
    found = run(gitlab.get_project(PATH), 5)
    run(gitlab.create_commit(found.id, "main", "first", first), 5)
    return run(gitlab.get_project(PATH), 5)


def commit(gitlab: GitLab, project: GitProject, message: str, branch: str = "main", start: str = "") -> str:
    action = [{"action": "create", "file_path": f"{abs(hash(message))}.txt", "content": message}]
    return run(gitlab.create_commit(project.id, branch, message, action, start_branch=start), 5).sha


def head(gitlab: GitLab, project: GitProject) -> str:
    return run(gitlab.resolve_ref(project.id, "main"), 5).sha


def created(server: GitLabServer, tag: str) -> int:
    return sum(tag in str(entry.detail) + entry.subject for entry in server.journal.find("tag.create", accepted=True))


def test_a_project_is_found_by_its_path_with_its_default_branch(server: GitLabServer, project: GitProject) -> None:
    assert project.path == PATH
    assert project.default_branch == "main"
    assert project.clone_url == f"{server.url}/{PATH}.git"


def test_a_missing_project_is_named(gitlab: GitLab) -> None:
    with pytest.raises(NotFound) as caught:
        run(gitlab.get_project("shop/nothing"), 5)
    assert caught.value.as_reason() == {
        "code": "gitlab.project_missing",
        "params": {"system": "GitLab", "name": "main", "what": "project shop/nothing", "project": "shop/nothing"},
    }


def test_a_moved_project_is_found_at_its_new_place(server: GitLabServer, gitlab: GitLab) -> None:
    project = run(gitlab.get_project("shop/old-name"), 5)
    admin(server, f"/projects/{project.id}/move", {"path": "shop/new-name"})
    assert run(gitlab.get_project("shop/old-name"), 5).path == "shop/new-name"


def test_a_branch_with_a_slash_resolves_to_its_commit(gitlab: GitLab, project: GitProject) -> None:
    sha = commit(gitlab, project, "on a branch", "feature/x", "main")
    assert run(gitlab.resolve_ref(project.id, "feature/x"), 5).sha == sha
    assert run(gitlab.get_commit(project.id, sha), 5).title == "on a branch"


def test_a_branch_pushed_a_moment_ago_is_found_although_the_list_is_stale(gitlab: GitLab, project: GitProject) -> None:
    assert run(gitlab.search_refs(project.id, "fresh-one"), 5) == []
    sha = commit(gitlab, project, "fresh", "fresh-one", "main")
    assert [(r.kind, r.name, r.commit) for r in run(gitlab.search_refs(project.id, "fresh-one"), 5)] == [
        ("branch", "fresh-one", sha)
    ]


@pytest.mark.parametrize("ref", ["no-such-branch", "", "..", "a b?c#d"])
def test_an_unknown_ref_is_said_to_be_missing(gitlab: GitLab, project: GitProject, ref: str) -> None:
    with pytest.raises(NotFound) as caught:
        run(gitlab.resolve_ref(project.id, ref), 5)
    assert caught.value.code == "gitlab.ref_missing"
    assert caught.value.params["ref"] == ref


def test_an_unknown_ref_of_an_unknown_project_blames_the_project(gitlab: GitLab) -> None:
    with pytest.raises(NotFound) as caught:
        run(gitlab.resolve_ref(424242, "main"), 5)
    assert caught.value.code == "gitlab.project_missing"


def test_a_tag_is_annotated_and_points_to_the_commit(gitlab: GitLab, project: GitProject) -> None:
    sha = head(gitlab, project)
    made = run(gitlab.ensure_tag(project.id, "20260901-100000-u1", sha, KEY), 5)
    assert made == Tag("20260901-100000-u1", sha, KEY, True)
    assert run(gitlab.find_tag(project.id, "20260901-100000-u1"), 5) == made


def test_a_tag_asked_for_twice_is_made_once(server: GitLabServer, gitlab: GitLab, project: GitProject) -> None:
    sha = head(gitlab, project)
    first = run(gitlab.ensure_tag(project.id, "20260901-100001-u1", sha, KEY), 5)
    assert run(gitlab.ensure_tag(project.id, "20260901-100001-u1", sha, KEY), 5) == first
    assert created(server, "20260901-100001-u1") == 1


def test_a_tag_that_an_earlier_call_may_have_made_is_looked_for_before_it_is_asked_for(
    server: GitLabServer, gitlab: GitLab, project: GitProject
) -> None:
    sha, name = head(gitlab, project), "20260901-100009-u1"
    for was_there, asked in ((False, ["tag.get", "tag.create"]), (True, ["tag.get"])):
        since = server.journal.last
        made = run(gitlab.ensure_tag(project.id, name, sha, KEY, look_first=True), 5)
        assert (made.commit, made.was_there) == (sha, was_there)
        assert [entry.kind for entry in server.journal.find(since=since)] == asked


@pytest.mark.parametrize("difference", ["commit", "message"])
def test_a_tag_of_somebody_else_is_not_ours(gitlab: GitLab, project: GitProject, difference: str) -> None:
    name = f"20260901-100002-{difference}"
    first = head(gitlab, project)
    run(gitlab.ensure_tag(project.id, name, first, KEY), 5)
    other = commit(gitlab, project, f"later, for {difference}") if difference == "commit" else first
    with pytest.raises(Rejected) as caught:
        run(gitlab.ensure_tag(project.id, name, other, KEY if difference == "commit" else "another key"), 5)
    assert (caught.value.code, caught.value.retryable) == ("gitlab.tag_taken", False)
    assert caught.value.params["commit"] == first


def test_a_tag_whose_answer_was_lost_is_found_and_not_made_again(
    server: GitLabServer, gitlab: GitLab, project: GitProject
) -> None:
    server.faults.add(Fault("tag.create", "accept_then_drop"))
    sha = head(gitlab, project)
    assert run(gitlab.ensure_tag(project.id, "20260901-100003-u1", sha, KEY), 5).commit == sha
    assert created(server, "20260901-100003-u1") == 1


def test_a_dropped_call_that_did_nothing_stays_unknown_and_retryable(
    server: GitLabServer, gitlab: GitLab, project: GitProject
) -> None:
    server.faults.add(Fault("tag.create", "drop"))
    with pytest.raises(IntegrationError) as caught:
        run(gitlab.ensure_tag(project.id, "20260901-100004-u1", head(gitlab, project), KEY), 5)
    assert (caught.value.code, caught.value.retryable, caught.value.unknown) == ("outside.dropped", True, True)
    assert created(server, "20260901-100004-u1") == 0


def test_a_protected_tag_is_said_to_be_protected(server: GitLabServer, project: GitProject) -> None:
    server.state.put_token("glpat-dev", username="dev", scopes=["api"], access_level=30)
    owner = GitLab(server.url, TOKEN, timeout=3, allow_loopback=True)
    rule = {"name": "v*", "create_access_level": 40}
    path = f"/api/v4/projects/{project.id}/protected_tags"
    run(owner.http.request("POST", path, json_body=rule, what="rule"), 5)
    developer = GitLab(server.url, "glpat-dev", timeout=3, allow_loopback=True)
    with pytest.raises(Rejected) as caught:
        run(developer.ensure_tag(project.id, "v1", head(owner, project), KEY), 5)
    assert (caught.value.code, caught.value.retryable) == ("gitlab.tag_protected", False)


@pytest.mark.parametrize(
    ("name", "sha", "code"),
    [
        ("has a blank", "", "gitlab.tag_name_invalid"),
        ("20260901-100005-u1", "f" * 40, "gitlab.commit_missing"),
        ("main", "", "gitlab.tag_name_invalid"),
    ],
)
def test_a_refused_tag_says_which_part_was_wrong(
    gitlab: GitLab, project: GitProject, name: str, sha: str, code: str
) -> None:
    with pytest.raises(Rejected) as caught:
        run(gitlab.ensure_tag(project.id, name, sha or head(gitlab, project), KEY), 5)
    assert caught.value.code == code


def test_commits_between_two_come_oldest_first(gitlab: GitLab, project: GitProject) -> None:
    before = head(gitlab, project)
    shas = [commit(gitlab, project, f"step {n}") for n in range(3)]
    assert [c.sha for c in run(gitlab.compare(project.id, before, shas[-1]), 5)] == shas


def test_a_wrong_token_is_not_retried_and_not_shown(server: GitLabServer) -> None:
    stranger = GitLab(server.url, "glpat-wrong-secret", name="main", timeout=3, allow_loopback=True)
    with pytest.raises(Rejected) as caught:
        run(stranger.get_project(PATH), 5)
    assert (caught.value.code, caught.value.retryable) == ("outside.unauthorized", False)
    assert caught.value.params == {"system": "GitLab", "name": "main", "what": f"project {PATH}", "field": "token"}
    assert "glpat-wrong-secret" not in repr(caught.value)


def test_a_token_of_too_small_a_scope_is_named_by_its_scope(server: GitLabServer, project: GitProject) -> None:
    server.state.put_token("glpat-read", username="reader", scopes=["read_api"], access_level=40)
    reader = GitLab(server.url, "glpat-read", timeout=3, allow_loopback=True)
    with pytest.raises(Rejected) as caught:
        run(reader.ensure_tag(project.id, "20260901-100006-u1", head(reader, project), KEY), 5)
    assert caught.value.code == "gitlab.scope_missing"
    assert "api" in caught.value.params["scope"]


def test_a_role_too_small_is_forbidden(server: GitLabServer, project: GitProject) -> None:
    server.state.put_token("glpat-reporter", username="rep", scopes=["api"], access_level=REPORTER)
    reporter = GitLab(server.url, "glpat-reporter", timeout=3, allow_loopback=True)
    with pytest.raises(Rejected) as caught:
        run(reporter.ensure_tag(project.id, "20260901-100007-u1", head(reporter, project), KEY), 5)
    assert (caught.value.code, caught.value.retryable) == ("outside.forbidden", False)


@pytest.mark.parametrize(
    ("fault", "code", "retry_after"),
    [
        (
            Fault("*", "status", status=429, body="Retry later", headers={"Retry-After": "7"}),
            "outside.rate_limited",
            7.0,
        ),
        (Fault("*", "status", status=429, body='{"message":{"error":"too many"}}'), "outside.rate_limited", None),
        (Fault("*", "status", status=503, headers={"Retry-After": "2"}), "outside.unavailable", 2.0),
        (Fault("*", "status", status=500), "outside.unavailable", None),
    ],
)
def test_an_overloaded_server_is_asked_again_when_it_says(
    server: GitLabServer, gitlab: GitLab, fault: Fault, code: str, retry_after: float | None
) -> None:
    server.faults.add(fault)
    with pytest.raises(Unavailable) as caught:
        run(gitlab.get_project(PATH), 5)
    error = caught.value
    assert (error.code, error.retryable, error.unknown, error.retry_after) == (code, True, False, retry_after)


def test_a_hanging_server_is_left_at_the_deadline(server: GitLabServer, gitlab: GitLab) -> None:
    server.faults.add(Fault("*", "hang", seconds=2))
    with pytest.raises(Unavailable) as caught:
        run(gitlab.get_project(PATH), 0.2)
    assert (caught.value.code, caught.value.unknown) == ("outside.timeout", True)
    assert caught.value.params["system"] == "GitLab"
    assert caught.value.params["what"] == f"project {PATH}"


def test_the_connection_test_of_a_good_token_is_green(gitlab: GitLab) -> None:
    checks = run(gitlab.check(), 10)
    assert [(c.name, c.outcome) for c in checks] == [
        ("address", "passed"),
        ("token", "passed"),
        ("version", "passed"),
        ("scope", "passed"),
    ]
    assert checks[1].params == {"user": "opsportal"}


def test_the_connection_test_names_the_credential_and_skips_the_rest(server: GitLabServer) -> None:
    checks = run(GitLab(server.url, "wrong", timeout=3, allow_loopback=True).check(), 10)
    assert [(c.name, c.outcome, c.code) for c in checks] == [
        ("address", "passed", ""),
        ("token", "failed", "outside.unauthorized"),
        ("version", "skipped", "check.skipped_after"),
        ("scope", "skipped", "check.skipped_after"),
    ]


def test_the_client_serves_another_event_loop_than_the_portals(gitlab: GitLab) -> None:
    async def elsewhere() -> Any:
        try:
            return await gitlab.get_project(PATH)
        finally:
            await gitlab.http.sessions.close()

    assert asyncio.run(elsewhere()).path == PATH
