"""GitLab stand-in: signing in, projects, paging, members, merge requests, limits, restart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import gitlab
import pytest
import requests

from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.limits import application_limited, rate_limited
from apps.sandbox.gitlab.server import GitLabServer
from tests.sandbox.gitlab_helpers import TOKEN, Api, admin, new_project, project_path, quick_server
from tests.support.servers import serving

BOOK = project_path("shop/book-api-n1")


@pytest.fixture(scope="module")
def server() -> Iterator[GitLabServer]:
    with serving(quick_server()) as running:
        yield running


@pytest.fixture
def api(server: GitLabServer) -> Api:
    return Api(server.url)


@pytest.fixture(autouse=True)
def no_faults_left(server: GitLabServer) -> Iterator[None]:
    yield
    assert server.faults.unused() == []
    server.faults.clear()


# -- signing in -------------------------------------------------------------------------------------------
def test_a_token_says_whose_it_is(api: Api) -> None:
    assert api.get("/user").json()["username"] == "opsportal"
    own = api.get("/personal_access_tokens/self").json()
    assert (own["active"], own["revoked"], own["scopes"]) == (
        True,
        False,
        ["api", "read_repository", "write_repository"],
    )
    assert api.get("/version").json()["version"] == "18.2.1"


def test_bearer_and_basic_carry_the_same_token(server: GitLabServer) -> None:
    for auth in ({"Authorization": f"Bearer {TOKEN}"}, {"Authorization": requests.auth._basic_auth_str("any", TOKEN)}):
        assert Api(server.url, None).call("GET", "/user", auth).json()["username"] == "opsportal"


def test_nobody_is_asked_to_sign_in(server: GitLabServer) -> None:
    answer = Api(server.url, None).get("/user")
    assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})


def test_an_unknown_token_gets_the_oauth_body_and_a_challenge(server: GitLabServer) -> None:
    answer = Api(server.url, "glpat-unknown").get(BOOK)
    assert answer.status_code == 401
    assert answer.json() == {"error": "invalid_token", "error_description": "Bad Access Token."}
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"revoked": True}, "Token was revoked. You have to re-authorize from the user."),
        ({"expires_at": "2020-01-01"}, "Token is expired. You can either do re-authorization or token refresh."),
    ],
)
def test_a_dead_token_says_why(server: GitLabServer, more: dict[str, object], text: str) -> None:
    admin(server, "/tokens", token="glpat-dead", scopes=["api"], access_level=40, username="dead", **more)
    answer = Api(server.url, "glpat-dead").get("/user")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
    assert answer.json()["error_description"] == text


def test_a_read_only_token_may_not_write(server: GitLabServer) -> None:
    admin(server, "/tokens", token="glpat-reader", scopes=["read_api"], access_level=40, username="reader")
    reader = Api(server.url, "glpat-reader")
    assert reader.get(BOOK).status_code == 200
    answer = reader.post(f"{BOOK}/repository/tags", tag_name="v0", ref="main")
    assert (answer.status_code, answer.json()["error"], answer.json()["scope"]) == (403, "insufficient_scope", "api")
    assert "WWW-Authenticate" not in answer.headers


# -- projects ---------------------------------------------------------------------------------------------
def test_a_project_is_found_by_number_and_by_encoded_path(api: Api) -> None:
    by_path, by_number = api.get(BOOK), api.get("/projects/101")
    assert by_path.status_code == 200
    assert by_path.json() == by_number.json()
    assert by_path.json()["path_with_namespace"] == "shop/book-api-n1"
    assert by_path.json()["default_branch"] == "main"
    assert by_path.json()["permissions"]["project_access"]["access_level"] == 40


def test_the_demo_projects_are_numbered_from_101(api: Api) -> None:
    found = api.get("/projects", order_by="id", sort="asc", per_page=5, simple=True).json()
    assert [(p["id"], p["path"]) for p in found] == [
        (101, "book-api-n1"),
        (102, "pay-gate-n1"),
        (103, "admin-php-n1"),
        (104, "user-web-n1"),
        (105, "mail-py-n1"),
    ]


def test_a_slash_that_is_not_encoded_matches_no_route(api: Api) -> None:
    answer = api.get("/projects/shop/book-api-n1")
    assert (answer.status_code, answer.json()) == (404, {"error": "404 Not Found"})


def test_a_missing_and_an_invisible_project_look_the_same(server: GitLabServer, api: Api) -> None:
    new_project(server, "shop/secret", visibility="private")
    missing = api.get("/projects/shop%2Fnothing")
    hidden = Api(server.url, None).get("/projects/shop%2Fsecret")
    assert (missing.status_code, missing.json()) == (404, {"message": "404 Project Not Found"})
    assert (hidden.status_code, hidden.json()) == (missing.status_code, missing.json())
    assert api.get("/projects/shop%2Fsecret").status_code == 200


def test_a_guest_of_a_private_project_sees_it_without_its_code(server: GitLabServer) -> None:
    new_project(server, "shop/guarded", visibility="private")
    admin(server, "/tokens", token="glpat-guest", scopes=["api"], access_level=10, username="guest")
    guest = Api(server.url, "glpat-guest")
    assert "default_branch" not in guest.get(project_path("shop/guarded")).json()
    answer = guest.get(f"{project_path('shop/guarded')}/repository/tags")
    assert (answer.status_code, answer.json()) == (403, {"message": "403 Forbidden"})


def test_an_empty_project_has_no_default_branch(server: GitLabServer, api: Api) -> None:
    new_project(server, "shop/empty", language="")
    body = api.get(project_path("shop/empty")).json()
    assert (body["default_branch"], body["empty_repo"]) == (None, True)
    assert api.get(f"{project_path('shop/empty')}/repository/commits").json() == []


def test_a_renamed_project_redirects_to_its_number(server: GitLabServer, api: Api) -> None:
    number = new_project(server, "shop/old-name")
    admin(server, f"/projects/{number}/move", path="shop/new-name")
    answer = api.get(f"{project_path('shop/old-name')}/repository/tags")
    target = f"{server.url}/api/v4/projects/{number}/repository/tags"
    assert (answer.status_code, answer.headers["Location"]) == (301, target)
    assert answer.text == f"This resource has been moved permanently to {target}"


def test_projects_are_paged_by_keyset_with_next_links_only(server: GitLabServer, api: Api) -> None:
    for n in range(3):
        new_project(server, f"paging/p{n}")
    query = {"pagination": "keyset", "order_by": "id", "sort": "asc", "per_page": 2, "search": "p", "simple": True}
    answer, seen = api.get("/projects", **query), []
    while True:
        seen += [p["id"] for p in answer.json()]
        assert "X-Total" not in answer.headers
        if "next" not in answer.links:
            break
        assert f"id_after={seen[-1]}" in answer.links["next"]["url"]
        answer = requests.get(answer.links["next"]["url"], headers={"PRIVATE-TOKEN": TOKEN}, timeout=20)
    assert seen == sorted(seen)
    assert len(seen) == len(set(seen)) >= 8


def test_offset_pages_carry_links_and_an_empty_next_page_at_the_end(server: GitLabServer, api: Api) -> None:
    members = f"{BOOK}/members"
    first, last = api.get(members, per_page=3), api.get(members, per_page=3, page=2)
    assert (first.headers["X-Total"], first.headers["X-Total-Pages"]) == ("4", "2")
    assert (first.headers["X-Next-Page"], first.headers["X-Prev-Page"]) == ("2", "")
    assert (last.headers["X-Next-Page"], last.headers["X-Prev-Page"]) == ("", "1")
    assert set(first.links) == {"next", "first", "last"}
    assert "id=shop%2Fbook-api-n1" in first.links["next"]["url"]


def test_links_carry_the_configured_address_not_the_one_called() -> None:
    with serving(quick_server(external_url="https://git.corp.example")) as other:
        api = Api(other.url)
        link = api.get(f"{BOOK}/members", per_page=1).links["next"]["url"]
        assert link.startswith("https://git.corp.example/api/v4/projects/shop%2Fbook-api-n1/members?")
        assert api.get(BOOK).json()["http_url_to_repo"] == "https://git.corp.example/shop/book-api-n1.git"


def test_members_and_inherited_members(server: GitLabServer, api: Api) -> None:
    direct = {m["username"]: m["access_level"] for m in api.get(f"{BOOK}/members").json()}
    assert direct == {"lin.wei": 50, "chen.jing": 40, "maria.keller": 30, "zhao.lei": 30}
    everyone = {m["username"] for m in api.get(f"{BOOK}/members/all").json()}
    assert everyone >= set(direct) | {"opsportal"}


# -- merge requests ---------------------------------------------------------------------------------------
def test_a_second_open_merge_request_for_a_branch_is_a_conflict(server: GitLabServer, api: Api) -> None:
    path = project_path("shop/mr")
    new_project(server, "shop/mr")
    body = {"source_branch": "feature/title-search", "target_branch": "main", "title": "Titles"}
    made = api.post(f"{path}/merge_requests", **body)
    assert (made.status_code, made.json()["iid"], made.json()["merge_status"]) == (201, 1, "unchecked")
    again = api.post(f"{path}/merge_requests", **body)
    text = "Another open merge request already exists for this source branch: !1"
    assert (again.status_code, again.json()) == (409, {"message": [text]})
    read = api.get(f"{path}/merge_requests/1").json()
    assert (read["detailed_merge_status"], read["changes_count"]) == ("mergeable", "1")
    assert [mr["iid"] for mr in api.get(f"{path}/merge_requests", state="opened").json()] == [1]


def test_mergeability_is_answered_later() -> None:
    with serving(quick_server(mergeability_seconds=60)) as slow:
        api = Api(slow.url)
        body = {"source_branch": "feature/title-search", "target_branch": "main", "title": "Titles"}
        api.post(f"{BOOK}/merge_requests", **body)
        assert api.get(f"{BOOK}/merge_requests/1").json()["merge_status"] == "checking"


# -- limits and faults ------------------------------------------------------------------------------------
def test_the_request_limit_answers_in_plain_text_with_retry_after(server: GitLabServer, api: Api) -> None:
    server.faults.add(rate_limited("project.get", retry_after=7))
    answer = api.get(BOOK)
    assert (answer.status_code, answer.text, answer.headers["Retry-After"]) == (429, "Retry later\n", "7")
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert answer.headers["RateLimit-Remaining"] == "0"
    assert api.get(BOOK).status_code == 200


def test_the_application_limit_answers_in_json_without_retry_after(server: GitLabServer, api: Api) -> None:
    server.faults.add(application_limited("project.get"))
    answer = api.get(BOOK)
    assert answer.status_code == 429
    assert answer.json()["message"]["error"].startswith("This endpoint has been requested too many times")
    assert "Retry-After" not in answer.headers


def test_a_dropped_answer_may_have_done_its_work(server: GitLabServer, api: Api) -> None:
    new_project(server, "shop/dropped")
    tags = f"{project_path('shop/dropped')}/repository/tags"
    server.faults.add(Fault("tag.create", "accept_then_drop"))
    with pytest.raises(requests.ConnectionError):
        api.post(tags, tag_name="v1", ref="main", message="key-1")
    assert api.get(f"{tags}/v1").json()["message"] == "key-1"
    entries = server.journal.find("tag.create", subject="shop/dropped@v1")
    assert [(e.status, e.accepted, e.agent) for e in entries] == [(0, True, "opsportal")]


# -- python-gitlab and restart ----------------------------------------------------------------------------
def test_python_gitlab_finds_its_way(server: GitLabServer) -> None:
    new_project(server, "shop/sdk", language="python")
    client = gitlab.Gitlab(server.url, private_token=TOKEN)
    client.auth()
    project = client.projects.get("shop/sdk")
    tag = project.tags.create({"tag_name": "20260901-183205-u17", "ref": "main", "message": "key-1"})
    commit = project.commits.get("main")
    assert tag.message == "key-1"
    assert tag.target != tag.commit["id"] == commit.id
    assert [b.name for b in project.branches.list(get_all=True)] == ["fix/backoff", "main"]
    assert [t.name for t in project.tags.list(get_all=True, per_page=1)] == ["20260901-183205-u17"]
    compared = project.repository_compare("main", "fix/backoff")
    assert isinstance(compared, dict)
    assert [c["title"] for c in compared["commits"]] == ["Wait longer after each failure"]
    with pytest.raises(gitlab.GitlabCreateError) as refused:
        project.tags.create({"tag_name": "20260901-183205-u17", "ref": "main"})
    assert (refused.value.response_code, refused.value.error_message) == (400, "Tag 20260901-183205-u17 already exists")
    assert [p.path for p in client.projects.list(iterator=True, search="sdk")] == ["sdk"]
    project.tags.delete("20260901-183205-u17")
    with pytest.raises(gitlab.GitlabGetError, match="404 Tag Not Found"):
        project.tags.get("20260901-183205-u17")


def test_a_restart_keeps_projects_tags_hooks_and_tokens(tmp_path: Path) -> None:
    with serving(quick_server(tmp_path)) as first:
        api = Api(first.url)
        number = new_project(first, "shop/kept", language="go")
        tag = api.post(f"/projects/{number}/repository/tags", tag_name="v1", ref="main", message="键").json()
        api.post(f"/projects/{number}/hooks", url="http://127.0.0.1:1/hook", token="s3cret")
        admin(first, "/tokens", token="glpat-second", scopes=["api"], access_level=30, username="second")
        admin(first, f"/projects/{number}/members", username="maria.keller", access_level=30)
    assert "glpat-second" not in (tmp_path / "state.json").read_text()
    with serving(quick_server(tmp_path)) as second:
        api = Api(second.url, "glpat-second")
        assert api.get(project_path("shop/kept")).json()["id"] == number
        assert api.get(f"/projects/{number}/repository/tags/v1").json()["target"] == tag["target"]
        hooks = Api(second.url).get(f"/projects/{number}/hooks").json()
        assert [h["url"] for h in hooks] == ["http://127.0.0.1:1/hook"]
        assert [m["username"] for m in api.get(f"/projects/{number}/members").json()] == ["maria.keller"]
        assert len(api.get("/projects").json()) == 6
        assert second.journal.find("tag.create", subject="shop/kept@v1", accepted=True) != []
