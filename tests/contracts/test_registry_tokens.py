"""Statements of wire/registry.md §2 about a registry with a token service, for distribution 3.x and for 2.8."""

from __future__ import annotations

import re

import pytest

from tests.contracts.registry_fixtures import edition, repo, token_registry
from tests.contracts.registry_wire import ZERO, Answer, TokenWire, scopes, told
from tests.contracts.statements import statement

__all__ = ["edition", "repo", "token_registry"]


def challenge(answer: Answer) -> dict[str, str]:
    """The parameters of a Bearer challenge."""
    scheme, _, rest = answer.headers["WWW-Authenticate"].partition(" ")
    assert (answer.status, answer.code, scheme) == (401, "UNAUTHORIZED", "Bearer")
    return dict(re.findall(r'(\w+)="([^"]*)"', rest))


@statement("registry.token-ping", "registry.md §2")
def test_the_ping_names_realm_and_service_and_is_answered_to_a_token_without_rights(
    token_registry: TokenWire,
) -> None:
    asked = challenge(token_registry.bear("GET", "/v2/"))
    assert asked == {"realm": f"{token_registry.tokens.url}/token", "service": "portal-reg"}
    answer = token_registry.bear("GET", "/v2/", token_registry.token())
    assert (answer.status, answer.json) == (200, {})


@statement("registry.token-scopes", "registry.md §2")
@pytest.mark.parametrize(
    ("method", "path", "actions"),
    [
        ("GET", "tags/list", {"pull"}),
        ("HEAD", "manifests/1", {"pull"}),
        ("PUT", "manifests/1", {"pull", "push"}),
        ("POST", "blobs/uploads/", {"pull", "push"}),
        ("DELETE", f"manifests/{ZERO}", {"delete"}),
    ],
)
def test_a_call_without_a_token_is_told_the_scope_it_needs(
    token_registry: TokenWire, repo: str, method: str, path: str, actions: set[str]
) -> None:
    answer = token_registry.bear(method, f"/v2/{repo}/{path}")
    if method == "HEAD":
        assert (answer.status, answer.body) == (401, b"")
        text = answer.headers["WWW-Authenticate"]
        assert f'scope="repository:{repo}:pull"' in text
        return
    asked = challenge(answer)
    assert scopes(asked["scope"]) == {f"repository:{repo}": actions}
    assert "error" not in asked


@statement("registry.token-scope-of-the-catalog", "registry.md §2")
def test_the_catalog_needs_a_scope_of_its_own(token_registry: TokenWire) -> None:
    asked = challenge(token_registry.bear("GET", "/v2/_catalog"))
    assert asked["scope"] == "registry:catalog:*"
    answer = token_registry.bear("GET", "/v2/_catalog", token_registry.token("registry:catalog:*"))
    assert answer.status == 200


@statement("registry.token-scopes-of-a-mount", "registry.md §2")
def test_a_mount_needs_both_repositories_in_one_parameter(token_registry: TokenWire, repo: str) -> None:
    answer = token_registry.bear("POST", f"/v2/{repo}/blobs/uploads/?from=x%2Fy&mount={ZERO}")
    wanted = {f"repository:{repo}": {"pull", "push"}, "repository:x/y": {"pull"}}
    assert scopes(challenge(answer)["scope"]) == wanted


@statement("registry.token-lets-in", "registry.md §2")
def test_a_token_with_the_scope_lets_the_call_through(token_registry: TokenWire, repo: str) -> None:
    reader = token_registry.token(f"repository:{repo}:pull")
    assert told(token_registry.bear("GET", f"/v2/{repo}/tags/list", reader)) == (404, "NAME_UNKNOWN")
    writer = token_registry.token(f"repository:{repo}:push,pull")
    assert token_registry.bear("POST", f"/v2/{repo}/blobs/uploads/", writer).status == 202


@statement("registry.token-insufficient", "registry.md §2")
def test_a_token_with_other_rights_is_401_and_never_403(token_registry: TokenWire, repo: str) -> None:
    reader = token_registry.token(f"repository:{repo}:pull")
    for method, path in (("POST", f"/v2/{repo}/blobs/uploads/"), ("GET", "/v2/other/repo/tags/list")):
        assert challenge(token_registry.bear(method, path, reader))["error"] == "insufficient_scope"


@statement("registry.token-invalid", "registry.md §2")
def test_a_junk_token_and_an_ended_one_are_invalid(token_registry: TokenWire, repo: str) -> None:
    ended = token_registry.tokens.issue([f"repository:{repo}:pull"], ago=3600)
    good = token_registry.token(f"repository:{repo}:pull")
    changed = good[:-9] + ("A" if good[-9] != "A" else "B") + good[-8:]
    tokens = {"junk": "junk", "three parts": "a.b.c", "ended": ended, "changed": changed}
    told = {
        name: challenge(token_registry.bear("GET", f"/v2/{repo}/tags/list", token)).get("error")
        for name, token in tokens.items()
    }
    forged = token_registry.as_of(None, "invalid_token")  # 3.x takes a wrong signature for no token
    assert told == {**dict.fromkeys(tokens, "invalid_token"), "changed": forged}


@statement("registry.token-basic-is-challenged", "registry.md §2")
def test_a_password_sent_to_a_token_registry_is_challenged_like_none(token_registry: TokenWire, repo: str) -> None:
    answer = token_registry.call("GET", f"/v2/{repo}/tags/list")
    assert "error" not in challenge(answer)


@statement("registry.token-service", "registry.md §2")
def test_the_token_service_answers_a_token_and_its_life_to_a_password(token_registry: TokenWire, repo: str) -> None:
    answer = token_registry.fetch(f"repository:{repo}:pull", f"repository:{repo}-b:pull")
    assert (answer.status, answer.json["expires_in"]) == (200, 300)
    assert answer.json["token"] == answer.json["access_token"]
    both = str(answer.json["token"])
    for name in (repo, f"{repo}-b"):
        assert told(token_registry.bear("GET", f"/v2/{name}/tags/list", both)) == (404, "NAME_UNKNOWN")
    for login in ("", "ci:wrong"):
        assert token_registry.fetch(f"repository:{repo}:pull", login=login).status == 401
