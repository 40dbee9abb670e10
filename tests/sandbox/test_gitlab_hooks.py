"""GitLab stand-in: webhooks, from the change to the receiver."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from apps.sandbox.base.faults import Fault
from apps.sandbox.gitlab.server import GitLabServer
from tests.sandbox.gitlab_helpers import (
    TOKEN,
    Api,
    Receiver,
    admin,
    git,
    new_project,
    project_path,
    quick_server,
    receiving,
    wait_for,
)
from tests.support.servers import serving

ZERO = "0" * 40


@pytest.fixture(scope="module")
def server() -> Iterator[GitLabServer]:
    with serving(quick_server()) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


def remote(server: GitLabServer, path: str, token: str = "") -> str:
    """The clone address, with the token as password."""
    who = f"portal:{token}@" if token else ""
    return f"http://{who}127.0.0.1:{server.port}/{path}.git"


def delivered(server: GitLabServer, path: str, count: int) -> None:
    """Wait until the journal has this many deliveries of a project."""
    wait_for(lambda: len(server.journal.find("hook.delivery", subject=path)) >= count)


def hooked(server: GitLabServer, path: str, receiver: Receiver, **more: object) -> tuple[Api, str]:
    """A project whose push and tag events go to the receiver."""
    new_project(server, path)
    api, base = Api(server.url), project_path(path)
    events = {"push_events": True, "tag_push_events": True, "token": "s3cret"}
    assert api.post(f"{base}/hooks", url=f"{receiver.url}/hook", **(events | more)).status_code == 201
    return api, base


def test_a_pushed_commit_is_announced_with_its_files(server: GitLabServer, receiver: Receiver) -> None:
    api, base = hooked(server, "hooks/push", receiver)
    before = api.get(f"{base}/repository/commits/main").json()["id"]
    actions = [
        {"action": "create", "file_path": "新.txt", "content": "1"},
        {"action": "update", "file_path": "README.md", "content": "2"},
        {"action": "delete", "file_path": ".gitignore"},
    ]
    made = api.post(f"{base}/repository/commits", branch="main", commit_message="改动", actions=actions).json()
    event = wait_for(lambda: receiver.got)[0]
    body = event.body
    assert (body["object_kind"], body["ref"], body["before"], body["after"]) == (
        "push", "refs/heads/main", before, made["id"])  # fmt: skip
    assert (body["checkout_sha"], body["ref_protected"], body["total_commits_count"]) == (made["id"], True, 1)
    assert body["user_username"] == "opsportal"
    assert body["project"]["path_with_namespace"] == "hooks/push"
    commit = body["commits"][0]
    assert (commit["message"], commit["added"], commit["modified"], commit["removed"]) == (
        "改动", ["新.txt"], ["README.md"], [".gitignore"])  # fmt: skip
    assert event.headers["X-Gitlab-Event"] == "Push Hook"
    assert event.headers["X-Gitlab-Token"] == "s3cret"
    assert event.headers["Content-Type"] == "application/json"
    assert event.headers["User-Agent"] == "GitLab/18.2.1"
    assert event.headers["X-Gitlab-Instance"] == server.url
    assert len(event.headers["Idempotency-Key"]) == len(event.headers["X-Gitlab-Event-UUID"]) == 36


def test_a_tag_made_through_the_api_is_announced_with_object_and_commit(
    server: GitLabServer, receiver: Receiver
) -> None:
    api, base = hooked(server, "hooks/tag", receiver)
    tag = api.post(f"{base}/repository/tags", tag_name="v1", ref="main", message="key-1").json()
    made = wait_for(lambda: receiver.got)[0]
    assert made.headers["X-Gitlab-Event"] == "Tag Push Hook"
    assert (made.body["object_kind"], made.body["ref"], made.body["before"]) == ("tag_push", "refs/tags/v1", ZERO)
    assert (made.body["after"], made.body["checkout_sha"]) == (tag["target"], tag["commit"]["id"])
    assert made.body["message"] == "key-1"
    api.delete(f"{base}/repository/tags/v1")
    gone = wait_for(lambda: receiver.got[1:])[0]
    assert (gone.body["before"], gone.body["after"], gone.body["checkout_sha"]) == (tag["target"], ZERO, None)


def test_a_new_branch_without_new_commits_brings_none(server: GitLabServer, receiver: Receiver) -> None:
    api, base = hooked(server, "hooks/branch", receiver)
    api.post(f"{base}/repository/branches", branch="same", ref="main")
    body = wait_for(lambda: receiver.got)[0].body
    assert (body["before"], body["commits"], body["total_commits_count"]) == (ZERO, [], 0)


def test_a_git_push_of_more_than_three_refs_is_not_announced(
    server: GitLabServer, receiver: Receiver, tmp_path: Path
) -> None:
    hooked(server, "hooks/many", receiver)
    git("clone", "-q", remote(server, "hooks/many", TOKEN), str(tmp_path / "c"))
    for number in range(4):
        git("branch", f"b{number}", cwd=tmp_path / "c")
        git("tag", f"t{number}", cwd=tmp_path / "c")
    git("push", "-q", "origin", "b0", "b1", "b2", "b3", "t0", "t1", "t2", cwd=tmp_path / "c")
    wait_for(lambda: len(receiver.got) >= 3)
    assert sorted(event.body["ref"] for event in receiver.got) == ["refs/tags/t0", "refs/tags/t1", "refs/tags/t2"]


def test_the_branch_filter_chooses(server: GitLabServer, receiver: Receiver) -> None:
    api, base = hooked(server, "hooks/filter", receiver, push_events_branch_filter="release/*")
    api.post(f"{base}/repository/branches", branch="other", ref="main")
    api.post(f"{base}/repository/branches", branch="release/1", ref="main")
    assert wait_for(lambda: receiver.got)[0].body["ref"] == "refs/heads/release/1"


def test_a_hook_never_shows_its_token_and_is_for_maintainers(server: GitLabServer, receiver: Receiver) -> None:
    api, base = hooked(server, "hooks/crud", receiver, custom_headers=[{"key": "X-Room", "value": "1"}])
    hook = api.get(f"{base}/hooks").json()[0]
    assert "token" not in hook
    assert (hook["alert_status"], hook["custom_headers"], hook["url_variables"]) == (
        "executable",
        [{"key": "X-Room"}],
        [],
    )
    admin(server, "/tokens", token="glpat-dev", scopes=["api"], access_level=30, username="dev")
    assert Api(server.url, "glpat-dev").get(f"{base}/hooks").status_code == 403
    bad = api.post(f"{base}/hooks", url="ftp://x")
    assert (bad.status_code, bad.json()) == (422, {"error": "Invalid url given"})
    changed = api.call("PUT", f"{base}/hooks/{hook['id']}", json={"push_events": False})
    assert changed.json()["push_events"] is False
    assert api.delete(f"{base}/hooks/{hook['id']}").status_code == 204
    assert api.get(f"{base}/hooks/{hook['id']}").status_code == 404


def test_a_redirect_counts_as_delivered_and_is_not_followed(server: GitLabServer, receiver: Receiver) -> None:
    receiver.status = 302
    api, base = hooked(server, "hooks/redirect", receiver)
    api.post(f"{base}/repository/branches", branch="b", ref="main")
    entry = wait_for(lambda: server.journal.find("hook.delivery", subject="hooks/redirect"))[0]
    assert (entry.status, entry.accepted, len(receiver.got)) == (302, True, 1)


def test_a_hook_that_keeps_failing_is_switched_off_for_a_while(server: GitLabServer, receiver: Receiver) -> None:
    receiver.status = 500
    api, base = hooked(server, "hooks/failing", receiver)
    for number in range(4):
        api.post(f"{base}/repository/branches", branch=f"b{number}", ref="main")
        delivered(server, "hooks/failing", number + 1)
    hook = api.get(f"{base}/hooks").json()[0]
    assert hook["alert_status"] == "temporarily_disabled"
    assert hook["disabled_until"] is not None
    api.post(f"{base}/repository/branches", branch="b9", ref="main")
    assert len(receiver.got) == 4


def test_a_delivery_is_logged_and_sent_again_with_the_same_key(server: GitLabServer, receiver: Receiver) -> None:
    api, base = hooked(server, "hooks/again", receiver)
    api.post(f"{base}/repository/branches", branch="b", ref="main")
    wait_for(lambda: server.journal.find("hook.delivery", subject="hooks/again"))
    events = f"{base}/hooks/{api.get(f'{base}/hooks').json()[0]['id']}/events"
    logged = api.get(events).json()[0]
    assert (logged["response_status"], logged["trigger"]) == ("200", "Push Hook")
    assert "X-Gitlab-Token" not in logged["request_headers"]
    assert api.post(f"{events}/{logged['id']}/resend").json() == {"response_status": 200}
    assert receiver.got[0].headers["Idempotency-Key"] == receiver.got[1].headers["Idempotency-Key"]
    assert receiver.got[0].headers["X-Gitlab-Webhook-UUID"] != receiver.got[1].headers["X-Gitlab-Webhook-UUID"]


def test_a_fault_script_loses_a_delivery(server: GitLabServer, receiver: Receiver) -> None:
    api, base = hooked(server, "hooks/lost", receiver)
    server.faults.add(Fault("hook.delivery", "drop", match={"ref": "refs/heads/lost"}))
    api.post(f"{base}/repository/branches", branch="lost", ref="main")
    wait_for(lambda: server.journal.find("hook.delivery", subject="hooks/lost", accepted=False))
    api.post(f"{base}/repository/branches", branch="found", ref="main")
    assert wait_for(lambda: receiver.got)[0].body["ref"] == "refs/heads/found"
    assert server.faults.unused() == []


def test_a_merge_request_is_announced(server: GitLabServer, receiver: Receiver) -> None:
    api, base = hooked(server, "hooks/mr", receiver, merge_requests_events=True)
    api.post(f"{base}/merge_requests", source_branch="feature/title-search", target_branch="main", title="T")
    body = wait_for(lambda: receiver.got)[0].body
    attributes = body["object_attributes"]
    assert (body["object_kind"], attributes["action"], attributes["iid"]) == ("merge_request", "open", 1)
    assert attributes["last_commit"]["title"] == "Search books by title"
