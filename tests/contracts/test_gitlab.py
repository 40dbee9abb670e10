"""Statements about GitLab's REST v4, run against the stand-in, and against a real server where one is named.

OPSPORTAL_CONTRACT_GITLAB_URL, _TOKEN (Maintainer, scope api) and _PROJECT (full path of a project with a default
branch) name it. Tags, branches and rules get fresh names and are taken away again; nothing else is changed.
"""

from __future__ import annotations

import os
import subprocess
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import gitlab
import pytest
import requests

from apps.sandbox.gitlab.server import GitLabServer
from tests.contracts.statements import statement
from tests.support.servers import serving

REAL = os.environ.get("OPSPORTAL_CONTRACT_GITLAB_URL")


@dataclass
class Target:
    """The server under test and the project to use."""

    url: str
    token: str
    project: str

    @property
    def base(self) -> str:
        return f"/projects/{quote(self.project, safe='')}"

    @property
    def repo(self) -> str:
        return f"{self.base}/repository"

    def call(self, method: str, path: str, *, token: str | None = "", **more: object) -> requests.Response:
        headers = {} if token is None else {"PRIVATE-TOKEN": token or self.token}
        address = f"{self.url}/api/v4{path}"
        return requests.request(method, address, headers=headers, timeout=30, **more)  # type: ignore[arg-type]

    def get(self, path: str, **params: object) -> requests.Response:
        return self.call("GET", path, params=params)

    def tag(self, name: str, ref: str, **more: str) -> requests.Response:
        return self.call("POST", f"{self.repo}/tags", json={"tag_name": name, "ref": ref, **more})


@pytest.fixture(scope="module", params=["stand-in", *(["real"] if REAL else [])])
def target(request: pytest.FixtureRequest) -> Iterator[Target]:
    if request.param == "real":
        token, project = os.environ["OPSPORTAL_CONTRACT_GITLAB_TOKEN"], os.environ["OPSPORTAL_CONTRACT_GITLAB_PROJECT"]
        yield Target(str(REAL).rstrip("/"), token, project)
        return
    with serving(GitLabServer(None, token="glpat-contract", local_webhooks=False)) as server:
        yield Target(server.url, "glpat-contract", "shop/book-api-n1")


@pytest.fixture
def default_branch(target: Target) -> str:
    return str(target.get(target.base).json()["default_branch"])


@pytest.fixture
def fresh(target: Target) -> Iterator[Callable[[], str]]:
    """New names; tags and branches that carry them are removed afterwards."""
    names: list[str] = []

    def make() -> str:
        names.append(f"contract-{uuid.uuid4().hex[:12]}")
        return names[-1]

    yield make
    for name in names:
        for kind in ("tags", "branches"):
            target.call("DELETE", f"{target.repo}/{kind}/{name}")


@statement("gitlab.project-by-encoded-path", "gitlab.md §0, §2")
def test_a_project_answers_to_its_encoded_path_and_its_number(target: Target) -> None:
    body = target.get(target.base).json()
    assert body["path_with_namespace"] == target.project
    assert target.get(f"/projects/{body['id']}").json()["path_with_namespace"] == target.project
    assert {"id", "default_branch", "http_url_to_repo", "web_url", "visibility", "permissions"} <= set(body)


@statement("gitlab.unencoded-slash", "gitlab.md §0")
def test_an_unencoded_slash_is_404(target: Target) -> None:
    assert target.get(f"/projects/{target.project}").status_code == 404


@statement("gitlab.project-not-found", "gitlab.md §0, §2")
def test_a_missing_project_is_404_with_its_message(target: Target) -> None:
    answer = target.get(f"/projects/nobody%2F{uuid.uuid4().hex}")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})


@statement("gitlab.anonymous-user", "gitlab.md §0")
def test_an_endpoint_that_needs_a_user_answers_401(target: Target) -> None:
    answer = target.call("GET", "/user", token=None)
    assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


@statement("gitlab.unknown-token", "gitlab.md §0")
def test_an_unknown_token_is_401_in_one_of_two_shapes(target: Target) -> None:
    answer = target.call("GET", target.base, token="glpat-" + uuid.uuid4().hex[:20])
    assert answer.status_code == 401
    assert answer.json().get("error") == "invalid_token" or answer.json() == {"message": "401 Unauthorized"}


@statement("gitlab.tag-lightweight", "gitlab.md §4")
def test_a_lightweight_tag_points_to_the_commit(target: Target, default_branch: str, fresh: Callable[[], str]) -> None:
    answer = target.tag(fresh(), default_branch)
    tag = answer.json()
    assert (answer.status_code, tag["message"] or None, tag["release"]) == (201, None, None)
    assert tag["target"] == tag["commit"]["id"]


@statement("gitlab.tag-annotated", "gitlab.md §4")
def test_the_target_of_an_annotated_tag_is_not_the_commit(
    target: Target, default_branch: str, fresh: Callable[[], str]
) -> None:
    tag = target.tag(name := fresh(), default_branch, message=" the key \n").json()
    head = target.get(f"{target.repo}/commits/{quote(default_branch, safe='')}").json()["id"]
    assert (tag["message"], tag["commit"]["id"]) == ("the key", head)
    assert len(tag["target"]) == 40
    assert tag["target"] != head
    assert target.get(f"{target.repo}/tags/{name}").json()["target"] == tag["target"]


@statement("gitlab.tag-exists", "gitlab.md §4 POST failures")
def test_an_existing_tag_is_400_not_409(target: Target, default_branch: str, fresh: Callable[[], str]) -> None:
    target.tag(name := fresh(), default_branch, message="first")
    answer = target.tag(name, default_branch, message="second")
    assert (answer.status_code, answer.json()) == (400, {"message": f"Tag {name} already exists"})
    assert target.get(f"{target.repo}/tags/{name}").json()["message"] == "first"


@statement("gitlab.tag-unknown-ref", "gitlab.md §4 POST failures")
def test_a_tag_on_an_unknown_ref_is_400(target: Target, fresh: Callable[[], str]) -> None:
    answer = target.tag(fresh(), "no-such-ref")
    assert (answer.status_code, answer.json()) == (400, {"message": "Target no-such-ref is invalid"})


@statement("gitlab.tag-bad-name", "gitlab.md §4 POST failures")
def test_a_bad_tag_name_is_400(target: Target, default_branch: str) -> None:
    answer = target.tag("new design", default_branch)
    assert (answer.status_code, answer.json()) == (400, {"message": "Tag name invalid"})


@statement("gitlab.tag-missing-parameters", "gitlab.md §0 error bodies")
def test_missing_parameters_come_under_error(target: Target) -> None:
    answer = target.call("POST", f"{target.repo}/tags", json={})
    assert (answer.status_code, answer.json()) == (400, {"error": "tag_name is missing, ref is missing"})


@statement("gitlab.tag-protected", "gitlab.md §4 POST failures, protected tags")
def test_a_protected_tag_is_400_with_a_sentence(target: Target, default_branch: str, fresh: Callable[[], str]) -> None:
    name = fresh()
    rules = f"{target.base}/protected_tags"
    assert target.call("POST", rules, json={"name": name, "create_access_level": 0}).status_code == 201
    try:
        answer = target.tag(name, default_branch)
        text = "You are not allowed to create this tag as it is protected."
        assert (answer.status_code, answer.json()) == (400, {"message": text})
        assert target.get(f"{target.repo}/tags/{name}").status_code == 404
    finally:
        assert target.call("DELETE", f"{rules}/{name}").status_code == 204


@statement("gitlab.tag-delete", "gitlab.md §4")
def test_deleting_a_tag_is_204_then_404(target: Target, default_branch: str, fresh: Callable[[], str]) -> None:
    target.tag(name := fresh(), default_branch)
    assert target.call("DELETE", f"{target.repo}/tags/{name}").status_code == 204
    answer = target.call("DELETE", f"{target.repo}/tags/{name}")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Tag Not Found"})


@statement("gitlab.bad-enum", "gitlab.md §0 error bodies")
def test_a_bad_enum_value_comes_under_error(target: Target) -> None:
    answer = target.get(f"{target.repo}/tags", sort="sideways")
    assert (answer.status_code, answer.json()) == (400, {"error": "sort does not have a valid value"})


@statement("gitlab.tags-keyset", "gitlab.md §1")
def test_a_full_keyset_page_links_on_and_an_unknown_token_is_422(
    target: Target, default_branch: str, fresh: Callable[[], str]
) -> None:
    target.tag(name := fresh(), default_branch)
    query = {"pagination": "keyset", "per_page": 1, "search": f"^{name}"}
    first = target.get(f"{target.repo}/tags", **query)
    assert [tag["name"] for tag in first.json()] == [name]
    assert f"page_token={name}" in first.links["next"]["url"]
    assert "X-Total" not in first.headers
    unknown = target.get(f"{target.repo}/tags", **query, page_token="unknown")
    assert (unknown.status_code, unknown.json()) == (422, {"message": "Invalid page token: refs/tags/unknown"})


@statement("gitlab.offset-last-page", "gitlab.md §1")
def test_the_last_offset_page_has_an_empty_next_page(target: Target) -> None:
    answer = target.get(f"{target.base}/members", per_page=100)
    assert (answer.headers["X-Next-Page"], answer.headers["X-Prev-Page"]) == ("", "")
    assert (answer.headers["X-Total"], answer.headers["X-Total-Pages"]) == (str(len(answer.json())), "1")
    assert "next" not in answer.links


@statement("gitlab.commits-without-totals", "gitlab.md §5")
def test_the_commit_list_has_no_totals(target: Target) -> None:
    answer = target.get(f"{target.repo}/commits", per_page=1)
    assert answer.status_code == 200
    assert not {"X-Total", "X-Total-Pages"} & set(answer.headers)
    commit = answer.json()[0]
    assert commit["created_at"] == commit["committed_date"]
    assert {"id", "short_id", "title", "message", "parent_ids", "author_name", "web_url"} <= set(commit)


@statement("gitlab.commit-not-found", "gitlab.md §5")
def test_a_missing_commit_is_404(target: Target) -> None:
    answer = target.get(f"{target.repo}/commits/{'0' * 39}1")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Commit Not Found"})


@statement("gitlab.branch-get", "gitlab.md §3")
def test_a_new_branch_is_found_at_once_by_name(target: Target, default_branch: str, fresh: Callable[[], str]) -> None:
    name = fresh()
    made = target.call("POST", f"{target.repo}/branches", json={"branch": name, "ref": default_branch})
    assert (made.status_code, made.json()["name"]) == (201, name)
    assert target.get(f"{target.repo}/branches/{name}").json()["default"] is False
    again = target.call("POST", f"{target.repo}/branches", json={"branch": name, "ref": default_branch})
    assert (again.status_code, again.json()) == (400, {"message": "Branch already exists"})
    missing = target.get(f"{target.repo}/branches/{name}-no")
    assert (missing.status_code, missing.json()) == (404, {"message": "404 Branch Not Found"})


@statement("gitlab.branch-bad-regex", "gitlab.md §3")
def test_a_bad_branch_regex_is_400(target: Target) -> None:
    answer = target.get(f"{target.repo}/branches", regex="[")
    assert (answer.status_code, answer.json()) == (400, {"message": "Regex is invalid"})


@statement("gitlab.compare-order", "gitlab.md §6")
def test_compare_is_oldest_first(target: Target, default_branch: str) -> None:
    history = [c["id"] for c in target.get(f"{target.repo}/commits", per_page=4, first_parent=True).json()]
    body = target.get(f"{target.repo}/compare", **{"from": history[-1], "to": history[0]}).json()
    shown = [c["id"] for c in body["commits"]]
    assert [sha for sha in shown if sha in history] == list(reversed(history[:-1]))
    assert body["commit"]["id"] == history[0]
    assert (body["compare_timeout"], body["compare_same_ref"]) == (False, False)


@statement("gitlab.compare-unknown-ref", "gitlab.md §6")
def test_comparing_with_an_unknown_ref_is_404(target: Target, default_branch: str) -> None:
    answer = target.get(f"{target.repo}/compare", **{"from": default_branch, "to": "no-such-ref"})
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Ref Not Found"})


@statement("gitlab.hook-token-write-only", "gitlab.md §9")
def test_a_hook_never_returns_its_token(target: Target) -> None:
    hooks = f"{target.base}/hooks"
    made = target.call("POST", hooks, json={"url": "https://example.com/hook", "token": "s3cret", "push_events": False})
    assert made.status_code == 201
    try:
        assert "token" not in made.json()
        assert (made.json()["push_events"], made.json()["alert_status"]) == (False, "executable")
    finally:
        assert target.call("DELETE", f"{hooks}/{made.json()['id']}").status_code == 204


@pytest.fixture
def hook_url(target: Target) -> Iterator[str]:
    """A fresh address; hooks that lead there are removed afterwards."""
    url = f"https://example.com/contract-{uuid.uuid4().hex[:12]}"
    yield url
    for hook in target.get(f"{target.base}/hooks", per_page=100).json():
        if hook["url"] == url:
            target.call("DELETE", f"{target.base}/hooks/{hook['id']}")


@statement("gitlab.hook-not-idempotent", "gitlab.md §9")
def test_a_second_hook_of_the_same_address_is_made(target: Target, hook_url: str) -> None:
    body = {"url": hook_url, "push_events": False, "tag_push_events": True, "description": "opsportal: key k"}
    first, second = (target.call("POST", f"{target.base}/hooks", json=body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] != second.json()["id"]
    stored = target.get(f"{target.base}/hooks/{first.json()['id']}").json()
    assert (stored["url"], stored["description"], stored["tag_push_events"]) == (hook_url, "opsportal: key k", True)


@statement("gitlab.hook-delete", "gitlab.md §9")
def test_deleting_a_hook_is_204_then_404(target: Target, hook_url: str) -> None:
    made = target.call("POST", f"{target.base}/hooks", json={"url": hook_url}).json()["id"]
    answers = [target.call("DELETE", f"{target.base}/hooks/{made}").status_code for _ in range(2)]
    assert answers == [204, 404]
    assert target.get(f"{target.base}/hooks/{made}").status_code == 404


@statement("gitlab.hook-local-address", "gitlab.md §9")
def test_a_hook_into_the_local_network_is_422_about_its_url(target: Target) -> None:
    answer = target.call("POST", f"{target.base}/hooks", json={"url": "http://127.0.0.1:9/contract"})
    assert answer.status_code == 422
    assert "url" in answer.text.lower()


@statement("gitlab.hook-events", "gitlab.md §9")
def test_a_new_hook_has_an_empty_delivery_log(target: Target, hook_url: str) -> None:
    made = target.call("POST", f"{target.base}/hooks", json={"url": hook_url}).json()["id"]
    answer = target.get(f"{target.base}/hooks/{made}/events", per_page=20)
    assert (answer.status_code, answer.json()) == (200, [])


@statement("gitlab.projects-keyset", "gitlab.md §1, §2")
def test_projects_by_id_go_on_after_the_last_one(target: Target) -> None:
    query = {"membership": True, "order_by": "id", "sort": "asc", "pagination": "keyset", "per_page": 1}
    first = target.get("/projects", **query)
    assert (first.status_code, len(first.json())) == (200, 1)
    assert "X-Total" not in first.headers
    if "next" in first.links:
        assert f"id_after={first.json()[0]['id']}" in first.links["next"]["url"]
        rest = target.get("/projects", **query, id_after=first.json()[0]["id"]).json()
        assert all(project["id"] > first.json()[0]["id"] for project in rest)


@statement("gitlab.projects-search", "gitlab.md §2")
def test_a_search_by_path_tells_state_and_our_role(target: Target) -> None:
    query = {"membership": True, "search_namespaces": True, "search": target.project}
    found = {project["path_with_namespace"]: project for project in target.get("/projects", **query).json()}
    project = found[target.project]
    assert (project["archived"], project["empty_repo"]) == (False, False)
    levels = [
        (project["permissions"][kind] or {}).get("access_level", 0) for kind in ("project_access", "group_access")
    ]
    assert max(levels) >= 40


@statement("gitlab.python-gitlab", "gitlab.md §2, §3, §4, §6")
def test_python_gitlab_makes_and_finds_a_tag(target: Target, default_branch: str, fresh: Callable[[], str]) -> None:
    name = fresh()
    project = gitlab.Gitlab(target.url, private_token=target.token).projects.get(target.project)
    made = project.tags.create({"tag_name": name, "ref": default_branch, "message": "key"})
    assert project.tags.get(name).target == made.target
    assert default_branch in [branch.name for branch in project.branches.list(get_all=True)]
    compared = project.repository_compare(name, default_branch)
    assert isinstance(compared, dict)
    assert (compared["commits"], compared["compare_same_ref"]) == ([], True)


@statement("gitlab.git-clone-by-tag", "gitlab.md §0 (token as basic password)")
def test_a_tag_is_cloned_with_the_token_as_password(
    target: Target, default_branch: str, fresh: Callable[[], str], tmp_path: Path
) -> None:
    commit = target.tag(name := fresh(), default_branch, message="key").json()["commit"]["id"]
    scheme, rest = target.url.split("://", 1)
    address = f"{scheme}://any:{target.token}@{rest}/{target.project}.git"
    env = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_TERMINAL_PROMPT": "0"}
    command = ["git", "clone", "--quiet", "--depth=1", f"--branch={name}", address, str(tmp_path / "clone")]
    subprocess.run(command, env=env, check=True, capture_output=True, timeout=60)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path / "clone", env=env, check=True, capture_output=True, text=True
    )
    assert head.stdout.strip() == commit
