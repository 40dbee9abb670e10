"""A kubeconfig that somebody pastes: what is taken from it, and what is refused in which words."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from apps.audit.models import AuditEvent
from apps.common.errors import Invalid
from apps.integrations.kubernetes.kubeconfig import Access, read_kubeconfig
from apps.integrations.models import Cluster
from tests.accounts.factories import browser, make_admin

CA = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
TOKEN = "kubeconfig-canary-7d21"
CLUSTERS = "/api/v1/clusters/"


def config(**changes: Any) -> dict[str, Any]:
    """One of two contexts is the current one."""
    cluster = {"server": "https://dc1.example.com:6443", "certificate-authority-data": encoded(CA)}
    made = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "dc1",
        "clusters": [
            {"name": "one", "cluster": cluster},
            {"name": "two", "cluster": {"server": "https://dc2.example.com"}},
        ],
        "users": [{"name": "portal", "user": {"token": TOKEN}}],
        "contexts": [
            {"name": "dc1", "context": {"cluster": "one", "user": "portal"}},
            {"name": "dc2", "context": {"cluster": "two", "user": "portal"}},
        ],
    }
    return {**made, **changes}


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def refused(text: str, context: str = "") -> tuple[str, str, dict[str, Any]]:
    """(field, code, params)"""
    with pytest.raises(Invalid) as caught:
        read_kubeconfig(text, context)
    ((field, _),) = (caught.value.fields or {}).items()
    assert TOKEN not in repr(caught.value.params)
    return field, caught.value.code, caught.value.params


def text_of(**changes: Any) -> str:
    return yaml.safe_dump(config(**changes))


def test_the_current_context_counts_unless_another_one_is_named() -> None:
    assert read_kubeconfig(text_of()) == Access("https://dc1.example.com:6443", CA, TOKEN)
    assert read_kubeconfig(text_of(), "dc2") == Access("https://dc2.example.com", "", TOKEN)


def test_without_a_current_context_the_only_one_counts_and_among_several_a_person_chooses() -> None:
    one = config(contexts=config()["contexts"][:1])
    del one["current-context"]
    assert read_kubeconfig(yaml.safe_dump(one)).api_url == "https://dc1.example.com:6443"
    several = config()
    del several["current-context"]
    told = ("kubeconfig_context", "kubeconfig.no_context", {"context": "", "contexts": ["dc1", "dc2"]})
    assert refused(yaml.safe_dump(several)) == told
    assert refused(text_of(), "dc3")[2] == {"context": "dc3", "contexts": ["dc1", "dc2"]}


@pytest.mark.parametrize(
    ("user", "code", "params"),
    [
        ({"exec": {"command": "aws"}}, "kubeconfig.no_token", {"found": "exec"}),
        ({"tokenFile": "/etc/token"}, "kubeconfig.no_token", {"found": "tokenFile"}),
        ({"client-certificate-data": "AA=="}, "kubeconfig.no_token", {"found": "client-certificate-data"}),
        ({"username": "admin", "password": TOKEN}, "kubeconfig.no_token", {"found": "username"}),
        ({"token": "  "}, "kubeconfig.missing", {"what": "token"}),
    ],
)
def test_who_signs_in_by_anything_but_a_token_is_told_what_to_use(user: Any, code: str, params: Any) -> None:
    assert refused(text_of(users=[{"name": "portal", "user": user}])) == ("kubeconfig", code, params)


@pytest.mark.parametrize(
    ("cluster", "code", "params"),
    [
        ({"insecure-skip-tls-verify": True}, "kubeconfig.unsupported", {"key": "insecure-skip-tls-verify"}),
        ({"certificate-authority": "/etc/ca.crt"}, "kubeconfig.unsupported", {"key": "certificate-authority"}),
        ({"proxy-url": "http://proxy"}, "kubeconfig.unsupported", {"key": "proxy-url"}),
        ({"certificate-authority-data": "%%"}, "kubeconfig.bad_certificates", {}),
        ({"server": ""}, "kubeconfig.missing", {"what": "server"}),
    ],
)
def test_a_way_to_the_cluster_that_the_portal_does_not_go_is_named(cluster: Any, code: str, params: Any) -> None:
    whole = {"server": "https://dc1.example.com", **cluster}
    assert refused(text_of(clusters=[{"name": "one", "cluster": whole}])) == ("kubeconfig", code, params)


@pytest.mark.parametrize(
    ("text", "code", "params"),
    [
        ("a: b\n c: [", "kubeconfig.unreadable", {"line": 2}),
        ("!!python/object/apply:os.system ['true']", "kubeconfig.unreadable", {"line": 1}),
        ("kind: Secret", "kubeconfig.other_kind", {}),
        ("[]", "kubeconfig.other_kind", {}),
    ],
)
def test_what_is_no_kubeconfig_is_told_from_what_cannot_be_read(text: str, code: str, params: Any) -> None:
    assert refused(text) == ("kubeconfig", code, params)


def test_a_context_that_leads_nowhere_names_what_is_missing() -> None:
    assert refused(text_of(users=[])) == ("kubeconfig", "kubeconfig.missing", {"what": "user portal"})
    assert refused(text_of(clusters=None)) == ("kubeconfig", "kubeconfig.missing", {"what": "cluster one"})


@pytest.mark.django_db(transaction=True)
class TestApi:
    def test_a_cluster_is_added_from_a_kubeconfig_which_is_not_kept(self) -> None:
        pasted = text_of(clusters=[{"name": "one", "cluster": {"server": "https://10.1.2.3:6443"}}])
        answer = browser(make_admin()).post(CLUSTERS, {"name": "dc1", "kubeconfig": pasted}, format="json")
        assert answer.status_code == 201, answer.content
        row = Cluster.objects.get()
        assert (row.api_url, row.token, row.ca_pem) == ("https://10.1.2.3:6443", TOKEN, "")
        assert TOKEN not in answer.content.decode()
        assert "kubeconfig" not in answer.json()
        assert TOKEN not in str(list(AuditEvent.objects.values_list("params", flat=True)))

    def test_a_kubeconfig_beside_a_token_is_refused_and_nothing_is_written(self) -> None:
        body = {"name": "dc1", "kubeconfig": text_of(), "token": "other"}
        answer = browser(make_admin()).post(CLUSTERS, body, format="json")
        assert (answer.status_code, answer.json()["fields"]["kubeconfig"][0]["code"]) == (400, "kubeconfig.twice")
        assert not Cluster.objects.exists()

    def test_a_change_by_kubeconfig_gives_the_new_address_its_token_at_once(self) -> None:
        client = browser(make_admin())
        body = {"name": "dc1", "api_url": "https://10.1.2.3:6443", "token": "old"}
        assert client.post(CLUSTERS, body, format="json").status_code == 201
        pasted = text_of(clusters=[{"name": "one", "cluster": {"server": "https://10.9.9.9:6443"}}])
        answer = client.patch(f"{CLUSTERS}dc1/", {"kubeconfig": pasted}, format="json")
        assert answer.status_code == 200, answer.content
        row = Cluster.objects.get()
        assert (row.api_url, row.token) == ("https://10.9.9.9:6443", TOKEN)
