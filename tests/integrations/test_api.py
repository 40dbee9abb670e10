"""The API of outside systems: who may, what is shown, what a test answers, what the audit trail keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.integrations import clients
from apps.integrations.models import Cluster, GitLabServer, Registry
from apps.sandbox.gitlab.server import GitLabServer as GitLabStandIn
from apps.sandbox.kubernetes.api.access import Roles, Token
from apps.sandbox.kubernetes.server import KubernetesServer
from tests.accounts.factories import browser, make_admin, make_user
from tests.support.servers import serving

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "glpat-canary-9f3b"


@pytest.fixture
def root() -> User:
    return make_admin()


@pytest.fixture
def admin(root: User) -> APIClient:
    return browser(root)


@pytest.fixture(autouse=True)
def fresh_clients() -> Iterator[None]:
    yield
    clients.forget_clients()


def add_gitlab(admin: APIClient, url: str = "http://127.0.0.1:9", **more: Any) -> Any:
    body = {"name": "main", "url": url, "token": SECRET, **more}
    return admin.post("/api/v1/gitlab-servers/", body, format="json")


def test_a_server_is_added_and_its_token_never_shown_again(admin: APIClient, root: User) -> None:
    answer = add_gitlab(admin)
    assert answer.status_code == 201, answer.content
    assert answer.json() | {"created_at": "", "credential_set_at": ""} == {
        "name": "main",
        "ca_pem": "",
        "is_enabled": True,
        "last_check": None,
        "credential_set_at": "",
        "credential_set_by": root.username,
        "created_at": "",
        "url": "http://127.0.0.1:9",
    }
    seen = answer.content + admin.get("/api/v1/gitlab-servers/").content
    seen += admin.get("/api/v1/gitlab-servers/main/").content
    assert SECRET.encode() not in seen
    assert GitLabServer.objects.get().token == SECRET


def test_the_token_is_encrypted_in_the_database_and_absent_from_the_audit_trail(admin: APIClient) -> None:
    add_gitlab(admin)
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM integrations_gitlabserver")
        assert SECRET not in cursor.fetchone()[0]
    event = AuditEvent.objects.get(action="gitlab_server.created")
    assert event.target_name == "main"
    assert event.params == {"values": {"name": "main", "url": "http://127.0.0.1:9"}, "replaced": ["token"]}


@pytest.mark.parametrize("path", ["gitlab-servers/", "jenkins-controllers/", "registries/", "clusters/"])
def test_only_an_administrator_adds_systems(path: str) -> None:
    member = browser(make_user())
    answer = member.post(f"/api/v1/{path}", {"name": "x"}, format="json")
    assert answer.status_code == 403
    assert GitLabServer.objects.count() + Registry.objects.count() + Cluster.objects.count() == 0
    assert APIClient().get(f"/api/v1/{path}").status_code == 401


def test_everybody_signed_in_reads_clusters_and_nobody_their_tokens(admin: APIClient) -> None:
    cluster = {"name": "dc1", "api_url": "https://127.0.0.1:6443", "token": SECRET, "data_centre": "dc1-bj"}
    assert admin.post("/api/v1/clusters/", cluster, format="json").status_code == 201
    member = browser(make_user())
    answer = member.get("/api/v1/clusters/")
    assert [row["name"] for row in answer.json()["results"]] == ["dc1"]
    assert SECRET.encode() not in answer.content
    assert member.get("/api/v1/gitlab-servers/").status_code == 403
    assert member.patch("/api/v1/clusters/dc1/", {"data_centre": "x"}, format="json").status_code == 403
    assert member.post("/api/v1/clusters/dc1/test", {}, format="json").status_code == 403


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://169.254.169.254/", "integration.url_refused"),
        ("http://metadata.google.internal/", "integration.url_refused"),
        ("https://user:pw@gitlab.lan", "integration.url_has_credentials"),
    ],
)
def test_an_address_the_portal_never_calls_is_refused(admin: APIClient, url: str, code: str) -> None:
    answer = add_gitlab(admin, url)
    assert answer.status_code == 400
    assert answer.json()["fields"]["url"][0]["code"] == code
    assert GitLabServer.objects.count() == 0


def test_a_file_address_and_a_broken_certificate_are_refused(admin: APIClient) -> None:
    assert "url" in add_gitlab(admin, "file:///etc/passwd").json()["fields"]
    answer = add_gitlab(admin, ca_pem="-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----")
    assert answer.json()["fields"]["ca_pem"][0]["code"] == "integration.ca_invalid"
    assert GitLabServer.objects.count() == 0


def test_a_name_is_given_once(admin: APIClient) -> None:
    add_gitlab(admin)
    assert add_gitlab(admin).status_code in (400, 409)
    assert GitLabServer.objects.count() == 1


def test_a_stored_token_is_not_sent_to_a_new_host(admin: APIClient) -> None:
    add_gitlab(admin)
    moved = {"url": "http://127.0.0.1:10"}
    answer = admin.patch("/api/v1/gitlab-servers/main/", moved, format="json")
    assert answer.status_code == 400
    assert answer.json()["fields"]["token"][0]["code"] == "integration.secret_needed"
    assert GitLabServer.objects.get().url == "http://127.0.0.1:9"
    answer = admin.patch("/api/v1/gitlab-servers/main/", {**moved, "token": "new-one"}, format="json")
    assert answer.status_code == 200
    row = GitLabServer.objects.get()
    assert (row.url, row.token) == ("http://127.0.0.1:10", "new-one")
    event = AuditEvent.objects.get(action="gitlab_server.updated")
    assert event.params == {"values": {"url": "http://127.0.0.1:10"}, "replaced": ["token"]}


def test_a_password_is_not_sent_to_a_new_token_service(admin: APIClient) -> None:
    body = {"name": "r", "url": "http://127.0.0.1:9", "host": "r.lan", "username": "ci", "password": SECRET}
    assert admin.post("/api/v1/registries/", body, format="json").status_code == 201
    answer = admin.patch("/api/v1/registries/r/", {"token_host": "evil.lan"}, format="json")
    assert answer.json()["fields"]["password"][0]["code"] == "integration.secret_needed"
    assert Registry.objects.get().token_host == ""


@pytest.mark.parametrize("field", ["uid", "last_check", "credential_set_by", "id", "updated_at"])
def test_what_the_portal_finds_out_itself_cannot_be_written(admin: APIClient, field: str) -> None:
    cluster = {"name": "dc1", "api_url": "https://127.0.0.1:6443", "token": SECRET, field: "x"}
    answer = admin.post("/api/v1/clusters/", cluster, format="json")
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])


def test_a_test_of_gitlab_answers_a_checklist_in_the_readers_language(admin: APIClient) -> None:
    with serving(GitLabStandIn(None, token="another", demo=False)) as server:
        add_gitlab(admin, server.url)
        result = admin.post("/api/v1/gitlab-servers/main/test", {}, format="json").json()
    assert result["ok"] is False
    red = [check for check in result["checks"] if check["outcome"] == "failed"]
    assert [check["code"] for check in red] == ["outside.unauthorized"]
    assert red[0]["detail"] == "GitLab “main” refused the credential. Replace its token."
    kept: Any = GitLabServer.objects.get().last_check
    assert kept["ok"] is False
    assert AuditEvent.objects.get(action="gitlab_server.tested").params == {"ok": False, "failed": ["token"]}


def test_a_test_of_a_cluster_fills_its_uid_and_later_notices_another_cluster(admin: APIClient) -> None:
    tokens = {SECRET: Token("system:admin", rules=Roles().cluster_admin)}
    with serving(KubernetesServer(None, name="one", tokens=tokens, is_live=False)) as first:
        body = {"name": "dc1", "api_url": first.url, "token": SECRET, "ca_pem": first.ca_pem}
        assert admin.post("/api/v1/clusters/", body, format="json").status_code == 201
        result = admin.post("/api/v1/clusters/dc1/test", {}, format="json").json()
        assert result["ok"] is True, json.dumps(result)
        uid = Cluster.objects.get().uid
        assert uid == first.store.get("namespaces", None, "kube-system")["metadata"]["uid"]  # type: ignore[index]
        admin.post("/api/v1/clusters/", {**body, "name": "again"}, format="json")
        again = admin.post("/api/v1/clusters/again/test", {}, format="json").json()
        assert again["checks"][-1]["code"] == "cluster.uid_taken"
        assert Cluster.objects.get(name="again").uid == ""
    with serving(KubernetesServer(None, name="two", tokens=tokens, is_live=False)) as second:
        Cluster.objects.filter(name="dc1").update(api_url=second.url, ca_pem=second.ca_pem)
        result = admin.post("/api/v1/clusters/dc1/test", {}, format="json").json()
    assert result["checks"][-1]["code"] == "cluster.uid_changed"
    assert Cluster.objects.get(name="dc1").uid == uid


def test_a_test_of_a_server_nobody_listens_at_is_an_answer_and_no_error(admin: APIClient) -> None:
    add_gitlab(admin, "http://127.0.0.1:9")
    answer = admin.post("/api/v1/gitlab-servers/main/test", {}, format="json")
    assert answer.status_code == 200
    assert [c["code"] for c in answer.json()["checks"] if c["outcome"] == "failed"] == ["outside.unavailable"]


def test_a_system_that_is_switched_off_is_not_called(admin: APIClient) -> None:
    with serving(GitLabStandIn(None, token=SECRET, demo=False)) as server:
        add_gitlab(admin, server.url, is_enabled=False)
        result = admin.post("/api/v1/gitlab-servers/main/test", {}, format="json").json()
        assert [check["code"] for check in result["checks"]] == ["integration.disabled"]
        assert server.journal.last == 0


def test_a_client_is_kept_until_its_row_changes(admin: APIClient) -> None:
    add_gitlab(admin)
    row = GitLabServer.objects.get()
    kept = clients.get_gitlab(row)
    assert clients.get_gitlab(GitLabServer.objects.get()) is kept
    GitLabServer.objects.update(ca_pem="")
    assert clients.get_gitlab(GitLabServer.objects.get()) is kept
    row.token = "rotated"
    row.save()
    assert clients.get_gitlab(GitLabServer.objects.get()) is not kept
