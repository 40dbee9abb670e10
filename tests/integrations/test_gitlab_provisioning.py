"""Intake and webhooks over GitLab's adapter against the stand-in: searched, judged, hooked once, undone with care."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest

from apps.common.errors import NotFound, Rejected, Unavailable
from apps.integrations.breaker import Breaker
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.hooks import delete_hook, ensure_hook, list_deliveries, list_hooks
from apps.integrations.gitlab.projects import get_access, list_projects, path_of, search_projects
from apps.integrations.gitlab.types import HookMade, RepositoryAccess
from apps.integrations.loop import run
from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.server import GitLabServer
from tests.support.jenkins import wait_for
from tests.support.servers import serving

TOKEN = "glpat-portal"
SECRET = "hook-secret"
KEY = "0f3c6a1e-7b7a-4a55-8a06-5c7d0d9b1f11"
URL = "https://portal.example.com/hooks/gitlab/1"
LANGUAGES = {"shop/cart": "java", "shop/pay": "go", "tools/cart-cli": "python", "shop/empty": ""}


@pytest.fixture(scope="module")
def server() -> Iterator[GitLabServer]:
    standin = GitLabServer(
        None, token=TOKEN, demo=False, external_url="https://gitlab.example.com", branch_cache_seconds=0
    )
    with serving(standin) as running:
        for path, language in LANGUAGES.items():
            admin(running, "/projects", {"path": path, "language": language, "visibility": "private"})
        yield running


@pytest.fixture(autouse=True)
def quiet(server: GitLabServer, gitlab: GitLab) -> Iterator[None]:
    gitlab.http.breaker = Breaker()
    yield
    unused = server.faults.unused()
    server.faults.clear()
    for project in server.state.projects.values():
        project.hooks.clear()
        project.archived, project.visibility = False, "private"
    assert unused == []


@pytest.fixture(scope="module")
def gitlab(server: GitLabServer) -> GitLab:
    return client(server, TOKEN)


def client(server: GitLabServer, token: str) -> GitLab:
    return GitLab(server.url, token, name="main", timeout=3, allow_loopback=True)


def admin(server: GitLabServer, path: str, body: dict[str, Any]) -> None:
    url = f"http://127.0.0.1:{server.admin_port}{path}"
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status < 300


def somebody(server: GitLabServer, name: str, level: int, scopes: tuple[str, ...] = ("api",)) -> GitLab:
    """A client whose token has this role everywhere."""
    body = {"token": f"glpat-{name}", "username": name, "access_level": level, "scopes": list(scopes)}
    admin(server, "/tokens", body)
    return client(server, f"glpat-{name}")


def number(server: GitLabServer, path: str = "shop/cart") -> int:
    found = server.state.find_project(path)
    assert found is not None
    return found.id


def ensure(server: GitLabServer, gitlab: GitLab, key: str = f"{KEY}.1", *events: Any) -> HookMade:
    return run(ensure_hook(gitlab, number(server), URL, SECRET, events or ("push", "tag_push"), key), 10)


def foreign_hook(server: GitLabServer, gitlab: GitLab, url: str = URL, **more: Any) -> int:
    """A hook somebody made by hand."""
    path = f"/api/v4/projects/{number(server)}/hooks"
    body = {"url": url, "push_events": True, **more}
    return int(run(gitlab.http.request("POST", path, json_body=body, what="hook"), 5).object()["id"])


def written(server: GitLabServer, since: int) -> list[str]:
    """Accepted writes on hooks."""
    return [
        e.kind
        for e in server.journal.find("hook.*", accepted=True, since=since)
        if e.method in ("POST", "PUT", "DELETE") and e.kind != "hook.delivery"
    ]


# -- projects ---------------------------------------------------------------------------------------------
def test_a_search_finds_projects_by_a_part_of_their_path(gitlab: GitLab) -> None:
    found = run(search_projects(gitlab, "cart"), 5)
    assert sorted(project.path for project in found) == ["shop/cart", "tools/cart-cli"]
    cart = next(project for project in found if project.path == "shop/cart")
    assert (cart.name, cart.default_branch, cart.visibility, cart.archived, cart.role) == (
        "cart", "main", "private", False, "maintainer",
    )  # fmt: skip
    assert [p.path for p in run(search_projects(gitlab, "shop/ca"), 5)] == ["shop/cart"]
    assert len(run(search_projects(gitlab, "", limit=2), 5)) == 2


def test_a_search_leaves_out_what_our_token_is_no_member_of(server: GitLabServer) -> None:
    server.state.projects[number(server)].visibility = "public"
    stranger = somebody(server, "stranger", 0)
    assert run(get_access(stranger, "shop/cart"), 5).role == "none"
    assert run(search_projects(stranger, "cart"), 5) == []
    assert run(list_projects(stranger), 5).projects == []


@pytest.mark.parametrize(
    "pasted",
    [
        "{base}/shop/cart",
        "{base}/shop/cart.git",
        "{base}/shop/cart/-/tree/main/src",
        "git@gitlab.example.com:shop/cart.git",
        " /shop/cart ",
    ],
)
def test_a_pasted_address_is_taken_for_its_path(gitlab: GitLab, pasted: str) -> None:
    assert path_of(gitlab, pasted.format(base=gitlab.http.base)) == "shop/cart"


def test_all_projects_are_read_page_by_page_on_our_own_host(server: GitLabServer, gitlab: GitLab) -> None:
    whole = run(list_projects(gitlab), 5)
    assert ([p.path for p in whole.projects], whole.complete) == (list(LANGUAGES), True)
    before = server.journal.last
    part = run(list_projects(gitlab, limit=3), 5)
    assert ([p.path for p in part.projects], part.complete) == (list(LANGUAGES)[:3], False)
    exact = run(list_projects(gitlab, limit=4), 5)
    assert (len(exact.projects), exact.complete) == (4, True)
    assert len(server.journal.find("project.list", since=before)) == 2


def test_pages_are_followed_by_gitlabs_cursor(
    server: GitLabServer, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.integrations.gitlab.projects.PAGE", 1)
    before = server.journal.last
    found = run(list_projects(gitlab), 5)
    assert ([p.path for p in found.projects], found.complete) == (list(LANGUAGES), True)
    paths = [e.path for e in server.journal.find("project.list", since=before)]
    assert len(paths) == 4
    assert "id_after" not in paths[0]
    assert f"id_after={number(server, 'shop/cart')}" in paths[1]


# -- access -----------------------------------------------------------------------------------------------
def rights(access: RepositoryAccess) -> dict[str, str]:
    return {right.name: right.code if not right.allowed else "yes" for right in access.rights}


def test_a_maintainer_with_the_api_scope_may_do_all_three(gitlab: GitLab) -> None:
    access = run(get_access(gitlab, "shop/cart"), 5)
    assert rights(access) == {"read_repository": "yes", "create_tags": "yes", "add_hooks": "yes"}
    assert (access.enough, access.role, access.archived, access.empty) == (True, "maintainer", False, False)


@pytest.mark.parametrize(
    ("level", "may"),
    [
        (10, ("gitlab.role_too_small", "gitlab.role_too_small", "gitlab.role_too_small")),
        (20, ("yes", "gitlab.role_too_small", "gitlab.role_too_small")),
        (30, ("yes", "yes", "gitlab.role_too_small")),
        (50, ("yes", "yes", "yes")),
    ],
)
def test_each_role_may_what_gitlab_lets_it(server: GitLabServer, level: int, may: tuple[str, str, str]) -> None:
    access = run(get_access(somebody(server, f"level{level}", level), "shop/cart"), 5)
    assert tuple(rights(access).values()) == may
    missing = [right for right in access.rights if not right.allowed]
    assert access.enough is (missing == [])
    assert all(right.params["project"] == "shop/cart" and right.params["name"] == "main" for right in missing)


def test_a_token_that_may_only_read_lacks_its_scope_whatever_its_role(server: GitLabServer) -> None:
    access = run(get_access(somebody(server, "reader", 40, ("read_api",)), "shop/cart"), 5)
    assert rights(access) == {
        "read_repository": "yes",
        "create_tags": "gitlab.scope_missing",
        "add_hooks": "gitlab.scope_missing",
    }


def test_an_administrator_needs_no_role(server: GitLabServer) -> None:
    """The stand-in has no administrators: what GitLab tells one of himself is put in its mouth."""
    headers = {"Content-Type": "application/json"}
    server.faults.add(Fault("user.get", "status", status=200, body='{"is_admin": true}', headers=headers))
    access = run(get_access(somebody(server, "root", 20), "shop/cart"), 5)
    assert (access.role, access.enough) == ("owner", True)


def test_an_archived_project_is_told_from_an_empty_one(server: GitLabServer, gitlab: GitLab) -> None:
    server.state.projects[number(server)].archived = True
    archived = run(get_access(gitlab, "shop/cart"), 5)
    assert (archived.archived, archived.empty) == (True, False)
    assert rights(archived)["create_tags"] == "gitlab.project_archived"
    empty = run(get_access(gitlab, "shop/empty"), 5)
    assert (empty.archived, empty.empty, empty.project.default_branch, empty.enough) == (False, True, "", True)


def test_a_project_nobody_sees_is_missing_by_name(server: GitLabServer) -> None:
    for who, path in ((somebody(server, "stranger", 0), "shop/cart"), (client(server, TOKEN), "shop/none")):
        with pytest.raises(NotFound) as caught:
            run(get_access(who, path), 5)
        assert (caught.value.code, caught.value.params["project"]) == ("gitlab.project_missing", path)


# -- webhooks ---------------------------------------------------------------------------------------------
def test_a_hook_is_made_with_its_events_and_our_mark(server: GitLabServer, gitlab: GitLab) -> None:
    made = ensure(server, gitlab)
    assert (made.created, made.changed) == (True, False)
    assert (made.hook.url, made.hook.events, made.hook.state) == (URL, {"push", "tag_push"}, "executable")
    assert made.hook.key == KEY
    stored = server.state.projects[number(server)].hooks
    assert [(h.token, h.merge_requests_events, h.enable_ssl_verification) for h in stored] == [(SECRET, False, True)]


def test_asking_again_under_the_same_step_makes_and_writes_nothing(server: GitLabServer, gitlab: GitLab) -> None:
    first = ensure(server, gitlab)
    before = server.journal.last
    assert ensure(server, gitlab) == first
    assert ensure(server, gitlab, f"{KEY}.2") == first
    assert written(server, before) == []


def test_a_hook_that_was_there_is_adopted_completed_and_never_doubled(server: GitLabServer, gitlab: GitLab) -> None:
    theirs = foreign_hook(server, gitlab, merge_requests_events=True, token="old")
    before = server.journal.last
    made = ensure(server, gitlab)
    assert (made.hook.id, made.created, made.changed) == (theirs, False, True)
    assert made.hook.events == {"push", "tag_push", "merge_requests"}
    assert written(server, before) == ["hook.update"]
    assert [h.token for h in server.state.projects[number(server)].hooks] == [SECRET]


def test_a_hook_of_another_step_is_adopted_and_not_called_made(server: GitLabServer, gitlab: GitLab) -> None:
    first = ensure(server, gitlab)
    again = ensure(server, gitlab, "11111111-2222-4333-8444-555555555555.1")
    assert (again.hook.id, again.created) == (first.hook.id, False)
    assert again.hook.key == KEY


def test_a_hook_elsewhere_on_the_same_host_is_not_taken_for_ours(server: GitLabServer, gitlab: GitLab) -> None:
    other = foreign_hook(server, gitlab, url=f"{URL}0")
    made = ensure(server, gitlab)
    assert made.created
    assert made.hook.id != other


def test_a_hook_beyond_the_first_page_is_found(
    server: GitLabServer, gitlab: GitLab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("apps.integrations.gitlab.hooks.PAGE", 2)
    for n in range(4):
        foreign_hook(server, gitlab, url=f"https://other.example.com/{n}")
    theirs = foreign_hook(server, gitlab)
    assert ensure(server, gitlab).hook.id == theirs
    assert len(run(list_hooks(gitlab, number(server)), 5)) == 5
    monkeypatch.setattr("apps.integrations.gitlab.hooks.MOST_PAGES", 2)
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        ensure(server, gitlab)
    assert (caught.value.code, caught.value.params["limit"]) == ("gitlab.too_many_hooks", 4)
    assert written(server, before) == []


def test_a_hook_whose_answer_was_lost_is_looked_up_and_ours(server: GitLabServer, gitlab: GitLab) -> None:
    server.faults.add(Fault("hook.create", "accept_then_drop"))
    before = server.journal.last
    made = ensure(server, gitlab)
    assert made.created
    assert written(server, before) == ["hook.create"]
    assert len(server.state.projects[number(server)].hooks) == 1


def test_a_dropped_call_that_made_no_hook_stays_unknown(server: GitLabServer, gitlab: GitLab) -> None:
    server.faults.add(Fault("hook.create", "drop"))
    with pytest.raises(Unavailable) as caught:
        ensure(server, gitlab)
    assert (caught.value.unknown, caught.value.retryable) == (True, True)
    assert server.state.projects[number(server)].hooks == []
    assert ensure(server, gitlab).created


def test_an_address_of_the_local_network_is_refused_with_its_own_words(server: GitLabServer) -> None:
    with serving(GitLabServer(None, token=TOKEN, demo=False, local_webhooks=False)) as strict:
        admin(strict, "/projects", {"path": "shop/cart", "visibility": "private"})
        for url in ("http://10.0.0.5/hook", "http://localhost:8000/hook"):
            with pytest.raises(Rejected) as caught:
                run(ensure_hook(client(strict, TOKEN), number(strict), url, SECRET, ["push"], KEY), 5)
            assert caught.value.code == "gitlab.hook_url_refused"
            assert (caught.value.params["url"], caught.value.params["said"]) == (url, "Invalid url given")
        assert written(strict, 0) == []
        assert strict.state.projects[number(strict)].hooks == []


def test_another_refusal_of_a_hook_is_quoted(server: GitLabServer, gitlab: GitLab) -> None:
    body = '{"error": "Invalid branch filter given"}'
    headers = {"Content-Type": "application/json"}
    server.faults.add(Fault("hook.create", "status", status=422, body=body, headers=headers))
    with pytest.raises(Rejected) as caught:
        ensure(server, gitlab)
    assert (caught.value.code, caught.value.params["said"]) == ("gitlab.hook_refused", "Invalid branch filter given")


def test_a_developer_may_not_hook_and_nothing_is_written(server: GitLabServer) -> None:
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        ensure(server, somebody(server, "dev", 30))
    assert (caught.value.code, caught.value.params["role"]) == ("gitlab.hooks_forbidden", "maintainer")
    assert written(server, before) == []


def test_a_hook_of_a_missing_project_blames_the_project(gitlab: GitLab) -> None:
    with pytest.raises(NotFound) as caught:
        run(ensure_hook(gitlab, 424242, URL, SECRET, ["push"], KEY), 5)
    assert caught.value.code == "gitlab.project_missing"
    with pytest.raises(NotFound) as caught:
        run(delete_hook(gitlab, 424242, 1, URL), 5)
    assert caught.value.code == "gitlab.project_missing"


def test_a_hook_is_deleted_once_and_again_is_no_error(server: GitLabServer, gitlab: GitLab) -> None:
    other = foreign_hook(server, gitlab, url="https://other.example.com/")
    made = ensure(server, gitlab)
    assert run(delete_hook(gitlab, number(server), made.hook.id, URL), 5) is True
    assert run(delete_hook(gitlab, number(server), made.hook.id, URL), 5) is False
    assert [h.id for h in server.state.projects[number(server)].hooks] == [other]


def test_a_hook_that_leads_elsewhere_now_is_not_deleted(server: GitLabServer, gitlab: GitLab) -> None:
    made = ensure(server, gitlab)
    server.state.projects[number(server)].hooks[0].url = "https://other.example.com/"
    before = server.journal.last
    with pytest.raises(Rejected) as caught:
        run(delete_hook(gitlab, number(server), made.hook.id, URL), 5)
    assert (caught.value.code, caught.value.params["found"]) == ("gitlab.hook_changed", "https://other.example.com/")
    assert server.journal.find("hook.delete", since=before) == []


def test_a_delete_whose_answer_was_lost_is_looked_up(server: GitLabServer, gitlab: GitLab) -> None:
    made = ensure(server, gitlab)
    server.faults.add(Fault("hook.delete", "accept_then_drop"))
    assert run(delete_hook(gitlab, number(server), made.hook.id, URL), 5) is True
    again = ensure(server, gitlab)
    server.faults.add(Fault("hook.delete", "drop", times=2))
    with pytest.raises(Unavailable) as caught:
        run(delete_hook(gitlab, number(server), again.hook.id, URL), 5)
    assert caught.value.unknown
    assert len(server.state.projects[number(server)].hooks) == 1


def test_deliveries_say_what_the_receiver_answered_and_not_what_was_sent(server: GitLabServer, gitlab: GitLab) -> None:
    nowhere = "http://127.0.0.1:9/hook"
    hook = run(ensure_hook(gitlab, number(server), nowhere, SECRET, ["push"], KEY), 5).hook
    action = [{"action": "create", "file_path": "new.txt", "content": "x"}]
    run(gitlab.create_commit(number(server), "main", "hooked", action), 5)
    wait_for(lambda: server.journal.find("hook.delivery"))
    found = run(list_deliveries(gitlab, number(server), hook.id), 5)
    assert [(d.event, d.status, d.delivered) for d in found] == [("Push Hook", None, False)]
    assert found[0].at is not None
    assert "hooked" not in repr(found)
    with pytest.raises(NotFound) as caught:
        run(list_deliveries(gitlab, number(server), 999_999), 5)
    assert caught.value.code == "gitlab.hook_missing"
