"""python-gitlab's own client against the stand-in: what the portal does by hand, and what a person does beside it.

Must not: know how the stand-in keeps anything.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

import gitlab
import pytest
from gitlab.v4.objects import Project

from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.limits import rate_limited
from apps.sandbox.gitlab.server import GitLabServer
from tests.sandbox.gitlab_helpers import TOKEN, admin, new_project, quick_server
from tests.support.servers import serving

PATH = "shop/client"


@pytest.fixture(scope="module")
def server() -> Iterator[GitLabServer]:
    with serving(quick_server()) as running:
        yield running


@pytest.fixture(scope="module")
def client(server: GitLabServer) -> gitlab.Gitlab:
    return gitlab.Gitlab(server.url, private_token=TOKEN)


@pytest.fixture(scope="module")
def project(server: GitLabServer, client: gitlab.Gitlab) -> Project:
    new_project(server, PATH, language="python")
    return client.projects.get(PATH)


# -- what the portal does ---------------------------------------------------------------------------------------
def test_a_project_is_found_by_path_and_by_number_and_a_missing_one_is_not(
    client: gitlab.Gitlab, project: Project
) -> None:
    assert client.projects.get(project.id).path_with_namespace == PATH
    assert client.projects.get(PATH, lazy=True).branches.get("main").default is True
    with pytest.raises(gitlab.GitlabGetError) as missing:
        client.projects.get("shop/none")
    assert (missing.value.response_code, missing.value.error_message) == (404, "404 Project Not Found")


def test_refs_are_searched_and_resolved(project: Project) -> None:
    assert [branch.name for branch in project.branches.list(search="back", get_all=True)] == ["fix/backoff"]
    assert [branch.name for branch in project.branches.list(regex="^fix/", get_all=True)] == ["fix/backoff"]
    tip = project.branches.get("fix/backoff").commit["id"]
    assert {project.commits.get(name).id for name in ("fix/backoff", tip, tip[:10])} == {tip}
    with pytest.raises(gitlab.GitlabGetError, match="404 Commit Not Found"):
        project.commits.get("0" * 39 + "1")


def test_a_tag_with_a_slash_and_a_chinese_message_is_made_once(project: Project) -> None:
    made = project.tags.create({"tag_name": "rel/1", "ref": "main", "message": "钥匙"})
    found = project.tags.get("rel/1")
    assert (found.message, found.target) == ("钥匙", made.target)
    assert found.commit["id"] == project.commits.get("main").id != made.target
    for body, text in (
        ({"tag_name": "rel/1", "ref": "main"}, "Tag rel/1 already exists"),
        ({"tag_name": "rel/2", "ref": "none"}, "Target none is invalid"),
        ({"tag_name": "rel 3", "ref": "main"}, "Tag name invalid"),
    ):
        with pytest.raises(gitlab.GitlabCreateError) as refused:
            project.tags.create(body)
        assert (refused.value.response_code, refused.value.error_message) == (400, text)
    assert [tag.name for tag in project.tags.list(search="^rel", get_all=True)] == ["rel/1"]
    project.tags.delete("rel/1")
    with pytest.raises(gitlab.GitlabDeleteError, match="404 Tag Not Found"):
        project.tags.delete("rel/1")


def test_two_refs_are_compared_and_have_a_base(project: Project) -> None:
    compared = project.repository_compare("main", "fix/backoff")
    assert isinstance(compared, dict)
    assert [commit["title"] for commit in compared["commits"]] == ["Wait longer after each failure"]
    assert compared["commit"]["id"] == project.branches.get("fix/backoff").commit["id"]
    base = project.repository_merge_base(["main", "fix/backoff"])
    assert isinstance(base, dict)
    assert base["id"] in {commit.id for commit in project.commits.list(get_all=True)}
    with pytest.raises(gitlab.GitlabGetError, match="404 Ref Not Found"):
        project.repository_compare("main", "none")


def test_the_token_says_what_it_may(client: gitlab.Gitlab, server: GitLabServer) -> None:
    own = client.personal_access_tokens.get("self")
    assert (own.active, own.scopes) == (True, ["api", "read_repository", "write_repository"])
    assert client.version()[0] == "18.2.1"
    for wrong in (gitlab.Gitlab(server.url, private_token="glpat-no"), gitlab.Gitlab(server.url)):
        with pytest.raises(gitlab.GitlabAuthenticationError) as refused:
            wrong.auth()
        assert refused.value.response_code == 401
    bearer = gitlab.Gitlab(server.url, oauth_token=TOKEN)
    bearer.auth()
    assert bearer.user is not None
    assert bearer.user.username == "opsportal"


def test_a_protected_tag_is_a_rule_that_refuses(server: GitLabServer, project: Project) -> None:
    project.protectedtags.create({"name": "locked-*", "create_access_level": "0"})
    assert [level["access_level"] for level in project.protectedtags.get("locked-*").create_access_levels] == [0]
    with pytest.raises(gitlab.GitlabCreateError, match="You are not allowed to create this tag as it is protected"):
        project.tags.create({"tag_name": "locked-1", "ref": "main"})
    project.protectedtags.delete("locked-*")
    assert project.protectedtags.list(get_all=True) == []


# -- the client's own habits ------------------------------------------------------------------------------------
def test_lists_are_walked_by_pages_of_every_kind(client: gitlab.Gitlab, project: Project) -> None:
    by_offset = [one.id for one in client.projects.list(iterator=True, per_page=2)]
    by_keyset = [one.id for one in client.projects.list(iterator=True, pagination="keyset", order_by="id", per_page=2)]
    assert len(by_offset) >= 6
    assert by_keyset == sorted(by_offset, reverse=True)
    members = client.projects.get("shop/book-api-n1").members.list(iterator=True, per_page=3)
    assert (members.total, members.total_pages, members.per_page, members.next_page) == (4, 2, 3, 2)
    assert len(list(members)) == 4
    commits = [one.id for one in project.commits.list(iterator=True, per_page=2)]
    assert commits == [one.id for one in project.commits.list(get_all=True)]
    for name in ("page-1", "page-2", "page-3"):
        project.tags.create({"tag_name": name, "ref": "main"})
    walked = project.tags.list(iterator=True, pagination="keyset", per_page=1, search="^page-", order_by="name")
    assert sorted(tag.name for tag in walked) == ["page-1", "page-2", "page-3"]


def test_the_client_waits_as_a_429_says_and_goes_on(server: GitLabServer, project: Project) -> None:
    server.faults.add(rate_limited("branch.get", retry_after=1))
    assert project.branches.get("main").name == "main"
    assert [entry.status for entry in server.journal.find("branch.get")][-2:] == [429, 200]
    server.faults.clear()


def test_the_client_repeats_a_502_only_when_told_to(server: GitLabServer, project: Project) -> None:
    server.faults.add(Fault("branch.get", "status", status=502))
    with pytest.raises(gitlab.GitlabGetError) as refused:
        project.branches.get("main")
    assert refused.value.response_code == 502
    told = gitlab.Gitlab(server.url, private_token=TOKEN, retry_transient_errors=True)
    server.faults.add(Fault("branch.get", "status", status=502))
    assert told.projects.get(PATH, lazy=True).branches.get("main").name == "main"
    assert server.faults.unused() == []
    server.faults.clear()


def test_a_renamed_project_is_followed_on_reading_and_refused_on_writing(
    server: GitLabServer, client: gitlab.Gitlab
) -> None:
    number = new_project(server, "shop/before", language="go")
    old = client.projects.get("shop/before")
    admin(server, f"/projects/{number}/move", path="shop/after")
    assert client.projects.get("shop/before").path_with_namespace == "shop/after"
    lazy = client.projects.get("shop/before", lazy=True)
    with pytest.raises(gitlab.exceptions.RedirectError):
        lazy.tags.create({"tag_name": "v1", "ref": "main"})
    assert old.tags.list(get_all=True) == []  # by number there is nothing to follow


# -- what a person does beside it -------------------------------------------------------------------------------
def test_a_commit_is_made_and_its_difference_read(project: Project) -> None:
    actions = [{"action": "create", "file_path": "note.txt", "content": "one\n"}]
    made = project.commits.create({"branch": "note", "start_branch": "main", "commit_message": "A", "actions": actions})
    (changed,) = made.diff(get_all=True)
    assert (changed["new_path"], changed["new_file"], changed["diff"]) == ("note.txt", True, "@@ -0,0 +1 @@\n+one\n")
    first = project.commits.list(get_all=True)[-1]
    assert all(one["new_file"] for one in project.commits.get(first.id).diff(get_all=True))
    assert {"type": "branch", "name": "note"} in made.refs()
    assert made.stats == {"additions": 1, "deletions": 0, "total": 1}
    project.branches.delete("note")


def test_a_file_is_read_in_every_way(project: Project) -> None:
    file = project.files.get("README.md", ref="main")
    raw = project.files.raw("README.md", ref="main")
    assert file.decode() == raw
    head = project.files.head("README.md", ref="main")
    assert (head["X-Gitlab-File-Path"], head["X-Gitlab-Size"]) == ("README.md", str(file.size))
    assert head["X-Gitlab-Blob-Id"] == file.blob_id
    assert base64.b64decode(file.content) == raw
    tree = {entry["path"]: entry["type"] for entry in project.repository_tree(recursive=True, get_all=True)}
    assert (tree["README.md"], tree["mailer"]) == ("blob", "tree")
    with pytest.raises(gitlab.GitlabGetError, match="404 File Not Found"):
        project.files.get("none", ref="main")


def test_a_merge_request_is_opened_read_changed_and_closed(project: Project) -> None:
    body = {"source_branch": "fix/backoff", "target_branch": "main", "title": "Wait longer"}
    opened = project.mergerequests.create(body)
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.mergerequests.create(body)
    assert refused.value.response_code == 409
    found = project.mergerequests.get(opened.iid)
    assert [commit.title for commit in found.commits()] == ["Wait longer after each failure"]
    changed = found.changes()
    assert isinstance(changed, dict)
    assert len(changed["changes"]) == int(found.changes_count) == 1
    found.title, found.labels = "Wait even longer", ["ops"]
    found.save()
    assert project.mergerequests.get(opened.iid).title == "Wait even longer"
    assert [one.iid for one in project.mergerequests.list(labels=["ops"], state="opened", get_all=True)] == [opened.iid]
    found.state_event = "close"
    found.save()
    assert project.mergerequests.list(state="opened", get_all=True) == []
    assert project.mergerequests.get(opened.iid).detailed_merge_status == "not_open"


def test_a_hook_is_made_changed_and_removed_and_never_shows_its_token(project: Project) -> None:
    hook = project.hooks.create({"url": "http://127.0.0.1:1/hook", "token": "s3cret", "push_events": True})
    assert not hasattr(hook, "token")
    hook.push_events = False
    hook.save()
    assert project.hooks.get(hook.id).push_events is False
    hook.delete()
    assert project.hooks.list(get_all=True) == []


def test_an_empty_project_is_no_trap(server: GitLabServer, client: gitlab.Gitlab) -> None:
    new_project(server, "shop/blank", language="")
    blank = client.projects.get("shop/blank")
    assert (blank.empty_repo, blank.branches.list(get_all=True), blank.commits.list(get_all=True)) == (True, [], [])
    with pytest.raises(gitlab.GitlabGetError, match="404 Tree Not Found"):
        blank.repository_tree(get_all=True)
    with pytest.raises(gitlab.GitlabCreateError, match="Target main is invalid"):
        blank.tags.create({"tag_name": "v1", "ref": "main"})


@pytest.mark.parametrize(
    "ask",
    [
        lambda project: project.pipelines.list(get_all=True),
        lambda project: project.issues.list(get_all=True),
        lambda project: project.releases.list(get_all=True),
        lambda project: project.protectedbranches.list(get_all=True),
    ],
)
def test_what_the_stand_in_does_not_play_is_a_404_and_no_empty_list(
    project: Project, ask: Callable[[Project], object]
) -> None:
    with pytest.raises(gitlab.GitlabListError) as refused:
        ask(project)
    assert (refused.value.response_code, refused.value.error_message) == (404, "404 Not Found")
