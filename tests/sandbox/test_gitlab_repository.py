"""GitLab stand-in: branches, commits, compare, files."""

from __future__ import annotations

import base64
import itertools
from collections.abc import Iterator

import pytest

from apps.sandbox.gitlab.server import GitLabServer
from tests.sandbox.gitlab_helpers import Api, admin, new_project, project_path, quick_server
from tests.support.servers import serving

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[GitLabServer]:
    with serving(quick_server()) as running:
        yield running


@pytest.fixture
def api(server: GitLabServer) -> Api:
    return Api(server.url)


@pytest.fixture
def developer(server: GitLabServer) -> Api:
    admin(server, "/tokens", token="glpat-dev", scopes=["api"], access_level=30, username="dev")
    return Api(server.url, "glpat-dev")


@pytest.fixture
def repo(server: GitLabServer) -> str:
    """The repository path of a fresh project."""
    name = f"fresh/repo-{next(_numbers)}"
    new_project(server, name)
    return f"{project_path(name)}/repository"


# -- branches ---------------------------------------------------------------------------------------------
def test_branches_say_which_is_default_protected_and_merged(api: Api, repo: str) -> None:
    api.post(f"{repo}/branches", branch="done", ref="main")
    found = {b["name"]: b for b in api.get(f"{repo}/branches").json()}
    assert list(found) == ["done", "feature/title-search", "main"]
    assert (found["main"]["default"], found["main"]["protected"], found["main"]["merged"]) == (True, True, False)
    assert (found["done"]["merged"], found["feature/title-search"]["merged"]) == (True, False)
    assert found["main"]["commit"]["title"] == "Describe the endpoints"


def test_a_branch_is_made_found_and_deleted(api: Api, repo: str) -> None:
    made = api.post(f"{repo}/branches", branch="fix/x", ref="main")
    assert (made.status_code, made.json()["name"]) == (201, "fix/x")
    again = api.post(f"{repo}/branches", branch="fix/x", ref="main")
    assert (again.status_code, again.json()) == (400, {"message": "Branch already exists"})
    assert api.call("HEAD", f"{repo}/branches/fix%2Fx").status_code == 204
    assert api.delete(f"{repo}/branches/fix%2Fx").status_code == 204
    assert api.call("HEAD", f"{repo}/branches/fix%2Fx").status_code == 404
    gone = api.get(f"{repo}/branches/fix%2Fx")
    assert (gone.status_code, gone.json()) == (404, {"message": "404 Branch Not Found"})


def test_a_bad_branch_pattern_is_refused(api: Api, repo: str) -> None:
    bad = api.get(f"{repo}/branches", regex="[")
    assert (bad.status_code, bad.json()) == (400, {"message": "Regex is invalid"})
    assert [b["name"] for b in api.get(f"{repo}/branches", regex="^feat").json()] == ["feature/title-search"]


def test_the_default_branch_may_not_be_deleted(api: Api, repo: str) -> None:
    assert api.delete(f"{repo}/branches/main").status_code == 403


def test_the_branch_list_may_be_old_while_the_branch_is_found() -> None:
    with serving(quick_server(branch_cache_seconds=30)) as cached:
        api, repo = Api(cached.url), f"{project_path('shop/book-api-n1')}/repository"
        before = [b["name"] for b in api.get(f"{repo}/branches").json()]
        api.post(f"{repo}/branches", branch="new", ref="main")
        assert [b["name"] for b in api.get(f"{repo}/branches").json()] == before
        assert api.get(f"{repo}/branches/new").status_code == 200
        assert "new" in [b["name"] for b in api.get(f"{repo}/branches", search="new").json()]


# -- commits ----------------------------------------------------------------------------------------------
def test_commits_are_listed_without_totals(api: Api, repo: str) -> None:
    answer = api.get(f"{repo}/commits", per_page=2)
    assert [c["title"] for c in answer.json()] == [
        "Describe the endpoints",
        "Serve requests side by side and stop gracefully",
    ]
    assert answer.headers["X-Next-Page"] == "2"
    assert "X-Total" not in answer.headers
    assert "last" not in answer.links
    assert api.get(f"{repo}/commits", per_page=2, page=3).headers["X-Next-Page"] == ""


def test_a_commit_has_dates_trailers_and_counts(api: Api, repo: str) -> None:
    second = api.get(f"{repo}/commits").json()[1]
    one = api.get(f"{repo}/commits/{second['short_id']}").json()
    assert one["id"] == second["id"]
    assert one["created_at"] == one["committed_date"] == "2026-06-02T14:18:55.000+02:00"
    assert (one["trailers"], one["extended_trailers"]) == ({"Reviewed-by": "Lin Wei"}, {"Reviewed-by": ["Lin Wei"]})
    assert one["stats"]["total"] == one["stats"]["additions"] + one["stats"]["deletions"] > 0
    assert one["last_pipeline"] is None
    missing = api.get(f"{repo}/commits/{'0' * 40}")
    assert (missing.status_code, missing.json()) == (404, {"message": "404 Commit Not Found"})


def test_commits_are_chosen_by_ref_range_path_and_author(api: Api, repo: str) -> None:
    def titles(**query: object) -> list[str]:
        return [c["title"] for c in api.get(f"{repo}/commits", **query).json()]

    assert titles(ref_name="main..feature/title-search") == ["Search books by title"]
    assert titles(author="陈静") == ["按 ISBN 查询库存"]
    assert titles(path="README.md") == ["Describe the endpoints", "Start the book API"]
    assert titles(since="2026-06-05T00:00:00Z") == ["Describe the endpoints"]
    assert titles(ref_name="nothing") == []
    assert len(titles(all=True)) == 6


def test_the_refs_of_a_commit(api: Api, repo: str) -> None:
    api.post(f"{repo}/tags", tag_name="v1", ref="feature/title-search", message="m")
    sha = api.get(f"{repo}/commits/feature%2Ftitle-search").json()["id"]
    refs = api.get(f"{repo}/commits/{sha}/refs").json()
    assert refs == [{"type": "branch", "name": "feature/title-search"}, {"type": "tag", "name": "v1"}]
    assert api.get(f"{repo}/commits/{sha}/refs", type="tag").json() == [{"type": "tag", "name": "v1"}]


def test_a_commit_from_actions_changes_the_files(api: Api, repo: str) -> None:
    actions = [
        {"action": "create", "file_path": "文档/说明.md", "content": "你好\n"},
        {"action": "update", "file_path": ".sandbox.json", "content": '{"compile_error": "boom"}'},
        {"action": "move", "file_path": "docs/README.md", "previous_path": "README.md"},
        {"action": "chmod", "file_path": "pom.xml", "execute_filemode": True},
        {"action": "delete", "file_path": ".gitignore"},
        {"action": "create", "file_path": 'odd "name".txt', "content": "aGk=", "encoding": "base64"},
    ]
    made = api.post(f"{repo}/commits", branch="main", commit_message="坏掉编译", actions=actions)
    assert (made.status_code, made.json()["message"]) == (201, "坏掉编译")
    diffs = api.get(f"{repo}/compare", **{"from": made.json()["parent_ids"][0], "to": "main"}).json()["diffs"]
    seen = {d["new_path"]: (d["new_file"], d["renamed_file"], d["deleted_file"]) for d in diffs}
    assert seen == {
        "文档/说明.md": (True, False, False),
        ".sandbox.json": (False, False, False),
        "docs/README.md": (False, True, False),
        "pom.xml": (False, False, False),
        ".gitignore": (False, False, True),
        'odd "name".txt': (True, False, False),
    }
    assert {d["new_path"]: d["b_mode"] for d in diffs}["pom.xml"] == "100755"
    assert {d["new_path"]: d["diff"] for d in diffs}["文档/说明.md"] == "@@ -0,0 +1 @@\n+你好\n"


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ({"action": "create", "file_path": "pom.xml", "content": ""}, "A file with this name already exists"),
        ({"action": "update", "file_path": "none", "content": ""}, "A file with this name doesn't exist"),
        ({"action": "create", "file_path": "../x", "content": ""}, "Path cannot include directory traversal"),
        ({"action": "create", "file_path": ".git/config", "content": ""}, "Path cannot include directory traversal"),
    ],
)
def test_a_refused_action_changes_nothing(api: Api, repo: str, action: dict[str, str], text: str) -> None:
    before = api.get(f"{repo}/commits/main").json()["id"]
    answer = api.post(f"{repo}/commits", branch="main", commit_message="m", actions=[action])
    assert (answer.status_code, answer.json()) == (400, {"message": text})
    assert api.get(f"{repo}/commits/main").json()["id"] == before


def test_a_commit_may_start_a_branch_and_a_developer_may_not_push_to_main(api: Api, developer: Api, repo: str) -> None:
    action = {"action": "create", "file_path": "x", "content": "x"}
    body = {"commit_message": "m", "actions": [action]}
    assert developer.post(f"{repo}/commits", branch="main", **body).status_code == 403
    made = developer.post(f"{repo}/commits", branch="topic", start_branch="main", **body)
    assert made.status_code == 201
    assert made.json()["parent_ids"] == [api.get(f"{repo}/commits/main").json()["id"]]
    lost = developer.post(f"{repo}/commits", branch="nowhere", **body)
    assert lost.json() == {"message": "You can only create or edit files when you are on a branch"}


# -- compare ----------------------------------------------------------------------------------------------
def test_compare_lists_commits_oldest_first(api: Api, repo: str) -> None:
    first = api.get(f"{repo}/commits").json()[-1]["id"]
    body = api.get(f"{repo}/compare", **{"from": first, "to": "main"}).json()
    assert [c["title"] for c in body["commits"]] == [
        "Answer health checks",
        "按 ISBN 查询库存",
        "Serve requests side by side and stop gracefully",
        "Describe the endpoints",
    ]
    assert body["commit"]["title"] == "Describe the endpoints"
    assert (body["compare_timeout"], body["compare_same_ref"]) == (False, False)


def test_compare_takes_the_merge_base_unless_straight(api: Api, repo: str) -> None:
    api.post(
        f"{repo}/commits",
        branch="main",
        commit_message="on main",
        actions=[{"action": "create", "file_path": "main.txt", "content": "1\n"}],
    )
    query = {"from": "main", "to": "feature/title-search"}
    three = [d["new_path"] for d in api.get(f"{repo}/compare", **query).json()["diffs"]]
    two = [d["new_path"] for d in api.get(f"{repo}/compare", **query, straight="true").json()["diffs"]]
    title_index = "src/main/java/com/example/shop/books/TitleIndex.java"
    assert (three, two) == ([title_index], ["main.txt", title_index])


def test_comparing_a_ref_with_itself_or_with_nothing(api: Api, repo: str) -> None:
    same = api.get(f"{repo}/compare", **{"from": "main", "to": "main"}).json()
    assert (same["commit"], same["commits"], same["diffs"], same["compare_same_ref"]) == (None, [], [], True)
    missing = api.get(f"{repo}/compare", **{"from": "main", "to": "nope"})
    assert (missing.status_code, missing.json()) == (404, {"message": "404 Ref Not Found"})
    other = api.get(f"{repo}/compare", **{"from": "main", "to": "main", "from_project_id": "102"})
    assert (other.status_code, "is not a fork of project" in other.json()["message"]) == (400, True)


def test_merge_base_needs_two_known_refs(api: Api, repo: str) -> None:
    found = api.get(f"{repo}/merge_base", **{"refs[]": ["main", "feature/title-search"]})
    assert found.json()["title"] == "Describe the endpoints"
    assert api.get(f"{repo}/merge_base", **{"refs[]": ["main"]}).json() == {"message": "Provide at least 2 refs"}
    unknown = api.get(f"{repo}/merge_base", **{"refs[]": ["main", "x"]})
    assert (unknown.status_code, unknown.json()) == (400, {"message": "Could not find ref: x"})


# -- files ------------------------------------------------------------------------------------------------
def test_a_file_is_read_by_its_encoded_path(api: Api, repo: str) -> None:
    one = api.get(f"{repo}/files/.sandbox.json", ref="main").json()
    assert base64.b64decode(one["content"]) == b'{"start_seconds": 3}\n'
    assert (one["file_path"], one["execute_filemode"]) == (".sandbox.json", False)
    java = "src%2Fmain%2Fjava%2Fcom%2Fexample%2Fshop%2Fbooks%2FBookApi.java"
    assert api.get(f"{repo}/files/{java}/raw", ref="main").text.startswith("package com.example.shop.books;")
    missing = api.get(f"{repo}/files/none", ref="main")
    assert (missing.status_code, missing.json()) == (404, {"message": "404 File Not Found"})


def test_the_tree_shows_folders_first(api: Api, repo: str) -> None:
    found = api.get(f"{repo}/tree").json()
    assert [(e["type"], e["name"]) for e in found] == [
        ("tree", "src"),
        ("blob", ".gitignore"),
        ("blob", ".sandbox.json"),
        ("blob", "README.md"),
        ("blob", "pom.xml"),
    ]
    assert [e["path"] for e in api.get(f"{repo}/tree", path="src/main").json()] == ["src/main/java"]
    assert api.get(f"{repo}/tree", path="nothing").status_code == 404
