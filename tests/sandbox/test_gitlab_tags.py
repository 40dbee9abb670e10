"""GitLab stand-in: tags and protected tags, with every refusal."""

from __future__ import annotations

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
    name = f"fresh/java-{next(_numbers)}"
    new_project(server, name)
    return f"{project_path(name)}/repository"


def test_a_tag_without_message_is_lightweight(api: Api, repo: str) -> None:
    answer = api.post(f"{repo}/tags", tag_name="v1.0.0", ref="main")
    tag = answer.json()
    assert answer.status_code == 201
    assert (tag["message"], tag["created_at"], tag["release"], tag["protected"]) == (None, None, None, False)
    assert tag["target"] == tag["commit"]["id"] == api.get(f"{repo}/commits/main").json()["id"]


def test_a_tag_with_message_is_an_object_of_its_own(api: Api, repo: str) -> None:
    tag = api.post(f"{repo}/tags", tag_name="v1", ref="main", message="  发布 1\n# kept \n").json()
    assert tag["message"] == "发布 1\n# kept"
    assert tag["commit"]["id"] == api.get(f"{repo}/commits/main").json()["id"]
    assert len(tag["target"]) == 40
    assert tag["target"] != tag["commit"]["id"]
    assert tag["created_at"] is not None
    assert api.get(f"{repo}/tags/v1").json() == tag


def test_form_and_query_parameters_make_a_tag_too(api: Api, repo: str) -> None:
    form = api.call("POST", f"{repo}/tags", data={"tag_name": "form", "ref": "main", "message": "a b"})
    query = api.call("POST", f"{repo}/tags", params={"tag_name": "query", "ref": "main"})
    assert (form.status_code, form.json()["message"], query.status_code) == (201, "a b", 201)


@pytest.mark.parametrize(
    ("name", "ref", "text"),
    [
        ("new design", "main", "Tag name invalid"),
        ("-x", "main", "Tag name invalid"),
        ("a..b", "main", "Tag name invalid"),
        ("v2", "foo", "Target foo is invalid"),
        ("v2", "--help", "Target --help is invalid"),
        ("v2", "", "Target is empty"),
        ("main", "main", "You cannot use default branch name to create a tag"),
        ("a" * 40, "main", "You cannot create a tag with a SHA-1 or SHA-256 tag name."),
        ("refs/tags/v2", "main", "You cannot create a tag with a prohibited pattern."),
    ],
)
def test_a_refused_tag_is_a_400_with_a_sentence(api: Api, repo: str, name: str, ref: str, text: str) -> None:
    answer = api.post(f"{repo}/tags", tag_name=name, ref=ref, message="m")
    assert (answer.status_code, answer.json()) == (400, {"message": text})
    assert api.get(f"{repo}/tags").json() == []


def test_missing_parameters_are_named_under_error(api: Api, repo: str) -> None:
    answer = api.post(f"{repo}/tags")
    assert (answer.status_code, answer.json()) == (400, {"error": "tag_name is missing, ref is missing"})


def test_an_existing_tag_is_a_400_and_stays_what_it_was(api: Api, repo: str) -> None:
    first = api.post(f"{repo}/tags", tag_name="v1", ref="main", message="first").json()
    again = api.post(f"{repo}/tags", tag_name="v1", ref="feature/title-search", message="second")
    assert (again.status_code, again.json()) == (400, {"message": "Tag v1 already exists"})
    assert api.get(f"{repo}/tags/v1").json() == first


def test_a_reporter_may_not_tag_and_a_stranger_sees_no_private_project(server: GitLabServer, repo: str) -> None:
    admin(server, "/tokens", token="glpat-rep", scopes=["api"], access_level=20, username="rep")
    refused = Api(server.url, "glpat-rep").post(f"{repo}/tags", tag_name="v1", ref="main")
    assert (refused.status_code, refused.json()) == (403, {"message": "403 Forbidden"})
    new_project(server, f"hidden/p{next(_numbers)}", visibility="private")
    hidden = f"{project_path(f'hidden/p{next(_numbers) - 1}')}/repository/tags"
    stranger = Api(server.url, None).post(hidden, tag_name="v1", ref="main")
    assert (stranger.status_code, stranger.json()) == (404, {"message": "404 Project Not Found"})


def test_names_with_slashes_and_chinese_letters_work_encoded(api: Api, repo: str) -> None:
    assert api.post(f"{repo}/tags", tag_name="发布/一", ref="main").status_code == 201
    assert api.get(f"{repo}/tags/%E5%8F%91%E5%B8%83%2F%E4%B8%80").json()["name"] == "发布/一"
    assert api.get(f"{repo}/tags/%E5%8F%91%E5%B8%83/%E4%B8%80").status_code == 404


def test_deleting_a_tag_answers_nothing_and_a_second_time_404(api: Api, repo: str) -> None:
    api.post(f"{repo}/tags", tag_name="v1", ref="main", message="m")
    gone = api.delete(f"{repo}/tags/v1")
    assert (gone.status_code, gone.content) == (204, b"")
    again = api.delete(f"{repo}/tags/v1")
    assert (again.status_code, again.json()) == (404, {"message": "404 Tag Not Found"})


def test_a_stale_delete_is_refused_with_412(api: Api, repo: str) -> None:
    api.post(f"{repo}/tags", tag_name="v1", ref="main")
    stale = {"If-Unmodified-Since": "Fri, 01 Jan 2021 00:00:00 GMT"}
    assert api.delete(f"{repo}/tags/v1", stale).status_code == 412
    assert api.get(f"{repo}/tags/v1").status_code == 200


def test_a_protected_tag_is_a_400_on_create_and_a_403_on_delete(api: Api, developer: Api, repo: str) -> None:
    rules = repo.replace("/repository", "/protected_tags")
    rule = api.post(rules, name="release-*", create_access_level=40)
    assert rule.status_code == 201
    levels = rule.json()["create_access_levels"]
    assert [(x["access_level"], x["access_level_description"]) for x in levels] == [(40, "Maintainers")]
    refused = developer.post(f"{repo}/tags", tag_name="release-1", ref="main")
    text = "You are not allowed to create this tag as it is protected."
    assert (refused.status_code, refused.json()) == (400, {"message": text})
    assert api.post(f"{repo}/tags", tag_name="release-1", ref="main").json()["protected"] is True
    undeletable = developer.delete(f"{repo}/tags/release-1")
    assert (undeletable.status_code, undeletable.json()) == (403, {"message": "403 Forbidden"})
    assert developer.get(rules).status_code == 403
    assert api.delete(f"{rules}/release-%2A").status_code == 204
    assert developer.delete(f"{repo}/tags/release-1").status_code == 204


def test_level_zero_protects_from_everybody(api: Api, repo: str) -> None:
    api.post(repo.replace("/repository", "/protected_tags"), name="v*", create_access_level=0)
    assert api.post(f"{repo}/tags", tag_name="v1", ref="main").status_code == 400


def test_tags_are_ordered_and_searched(api: Api, repo: str) -> None:
    for name in ("v1.9", "v1.10", "w1"):
        api.post(f"{repo}/tags", tag_name=name, ref="main")

    def names(**query: object) -> list[str]:
        return [tag["name"] for tag in api.get(f"{repo}/tags", **query).json()]

    assert names(order_by="name", sort="asc") == ["v1.10", "v1.9", "w1"]
    assert names(order_by="version", sort="asc", search="^v") == ["v1.9", "v1.10"]
    assert names(search="10") == ["v1.10"]
    bad = api.get(f"{repo}/tags", sort="up")
    assert (bad.status_code, bad.json()) == (400, {"error": "sort does not have a valid value"})


def test_the_first_page_promises_a_second_that_may_be_empty(api: Api, repo: str) -> None:
    api.post(f"{repo}/tags", tag_name="v1", ref="main")
    first = api.get(f"{repo}/tags", per_page=1)
    assert (first.headers["X-Next-Page"], first.headers["X-Total"], first.headers["X-Total-Pages"]) == ("2", "1", "2")
    second = api.get(f"{repo}/tags", per_page=1, page=2)
    assert (second.json(), second.headers["X-Next-Page"]) == ([], "")


def test_tags_by_keyset_end_with_an_empty_page_and_refuse_an_unknown_token(api: Api, repo: str) -> None:
    for name in ("a", "b"):
        api.post(f"{repo}/tags", tag_name=name, ref="main")
    query = {"pagination": "keyset", "per_page": 2, "order_by": "name", "sort": "asc"}
    first = api.get(f"{repo}/tags", **query)
    assert "page_token=b" in first.links["next"]["url"]
    assert "X-Total" not in first.headers
    last = api.get(f"{repo}/tags", **query, page_token="b")
    assert (last.json(), last.links) == ([], {})
    unknown = api.get(f"{repo}/tags", **query, page_token="unknown")
    assert (unknown.status_code, unknown.json()) == (422, {"message": "Invalid page token: refs/tags/unknown"})
