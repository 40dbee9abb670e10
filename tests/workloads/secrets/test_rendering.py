"""Held secrets as objects and exports: digests in place of values, and what each side of a comparison is made of."""

from __future__ import annotations

import base64
from typing import Any

import pytest
import yaml

from apps.common.errors import Invalid
from apps.projects.models import ProjectEnvironment
from apps.workloads.configuring.held import for_dry_run, sealed, tried
from apps.workloads.configuring.planning import Plan
from apps.workloads.models import ConfigurationRevision
from apps.workloads.rendering import changes, chart, render
from apps.workloads.rendering.secrets import PULL_KEY, versions
from apps.workloads.rendering.subject import HeldKey
from tests.workloads.rendering.documents import completed, subject

Json = dict[str, Any]
DB, SPARE, LOGIN = (HeldKey(key, 1, f"hmac-sha256:{key}") for key in ("db", "spare", PULL_KEY))
TAKES = [{"name": "DB_PASSWORD", "secret": "", "key": "db"}]


def secrets_of(document: Json, *held: HeldKey) -> dict[str, Json]:
    found = render(document, subject(held=held))
    return {one["metadata"]["name"]: one for one in found if one["kind"] == "Secret"}


def test_only_what_the_document_names_goes_into_the_secret() -> None:
    found = secrets_of(completed(secrets=TAKES), DB, SPARE)
    assert list(found) == ["book-secrets"]
    assert found["book-secrets"]["data"] == {"db": "hmac-sha256:db"}


def test_without_anything_named_there_is_no_secret() -> None:
    assert secrets_of(completed(), DB, SPARE) == {}


def test_an_own_key_that_is_not_held_is_refused() -> None:
    for held in ((), (SPARE,), (LOGIN,)):
        with pytest.raises(Invalid, match="no_held_secret"):
            render(completed(secrets=TAKES), subject(held=held))


def test_the_pull_secret_stands_beside_it_unless_another_is_named() -> None:
    found = secrets_of(completed(secrets=TAKES), DB, LOGIN)
    assert found["book-pull"]["type"] == "kubernetes.io/dockerconfigjson"
    assert found["book-pull"]["data"] == {".dockerconfigjson": LOGIN.digest}
    assert list(secrets_of(completed(secrets=TAKES, pull_secret="theirs"), DB, LOGIN)) == ["book-secrets"]


def test_versions_are_of_what_goes_with_the_document() -> None:
    held = (DB, SPARE, LOGIN)
    assert versions(completed(secrets=TAKES), held) == {"db": 1, PULL_KEY: 1}
    assert versions(completed(secrets=TAKES, pull_secret="theirs"), held) == {"db": 1}
    assert versions(completed(), held) == {PULL_KEY: 1}


def test_pods_carry_the_versions_of_their_keys_and_not_of_the_pull_secret() -> None:
    (deployment,) = [
        one for one in render(completed(secrets=TAKES), subject(held=(DB, LOGIN))) if one["kind"] == "Deployment"
    ]
    notes = deployment["spec"]["template"]["metadata"]["annotations"]
    assert notes == {"opsportal.io/secret-versions": "db=1"}


def test_a_chart_has_both_secrets_without_values_and_says_so() -> None:
    who = subject(held=(DB, LOGIN))
    files = chart(render(completed(secrets=TAKES), who), who)
    assert [name for name in files if "secret" in name] == [
        "templates/secret.yaml",
        "templates/secret-book-pull.yaml",
    ]
    made = [yaml.safe_load(files[name]) for name in files if "secret" in name]
    assert [(one["metadata"]["name"], "data" in one) for one in made] == [("book-secrets", False), ("book-pull", False)]
    assert "- Secret `book-secrets`: `db`" in files["README.md"].splitlines()
    assert not [name for name, text in files.items() if "hmac" in text]
    assert "README.md" not in chart(render(completed(), subject()), subject())


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def live(value: str, **notes: str) -> Json:
    about = {"name": "book-secrets", "annotations": notes}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": about, "type": "Opaque", "data": {"db": encoded(value)}}


def test_of_what_is_live_only_digests_are_kept() -> None:
    copy = {"kubectl.kubernetes.io/last-applied-configuration": '{"stringData": {"db": "hunter2"}}'}
    shut = sealed(live("hunter2", **copy, kept="x"), "1/book")
    assert shut is not None
    assert "hunter2" not in str(shut)
    assert encoded("hunter2") not in str(shut)
    assert shut["metadata"]["annotations"] == {"kept": "x"}
    assert shut["data"]["db"].startswith("hmac-sha256:")


def test_equal_values_have_equal_digests_in_one_workload_and_others_in_another() -> None:
    one, same, other = (sealed(live("a"), scope) for scope in ("1/book", "1/book", "2/book"))
    assert one == same
    assert one != other
    assert sealed(live("b"), "1/book") != one


def test_a_value_that_is_no_base64_is_sealed_all_the_same() -> None:
    broken = {**live("a"), "data": {"db": "%%%"}}
    assert str((sealed(broken, "1/book") or {})["data"]["db"]).startswith("hmac-sha256:")


def test_other_objects_stay_what_they_are() -> None:
    service = {"kind": "Service", "metadata": {"name": "book"}, "data": {"a": "b"}}
    assert sealed(service, "1/book") is service
    assert for_dry_run(service) is service
    assert sealed(None, "1/book") is None


def test_a_dry_run_sends_placeholders_and_its_answer_is_read_with_digests() -> None:
    wanted = {**live("x"), "data": {"db": "hmac-sha256:db"}}
    sent = for_dry_run(wanted)
    assert base64.b64decode(sent["data"]["db"]) == b"{}"
    answer = {**sent, "data": {**sent["data"], "theirs": encoded("hunter2")}}
    found = tried(answer, wanted, "1/book")
    assert found["data"]["db"] == "hmac-sha256:db"
    assert "hunter2" not in str(found)
    assert encoded("hunter2") not in str(found)


def test_a_difference_of_secrets_shows_no_digest() -> None:
    before = sealed(live("a"), "1/book") or {}
    wanted = sealed(live("b"), "1/book") or {}
    assert [(one.path, one.before, one.after) for one in changes(before, wanted)] == [("data.db", None, None)]


def test_a_plan_as_of_a_revision_has_its_versions_whatever_is_held_now() -> None:
    plan = Plan(ProjectEnvironment(), "book", (), (), (), (DB, SPARE))
    revision = ConfigurationRevision(secret_versions={"tls": 1, "db": 2})
    assert [(one.key, one.version) for one in plan.as_of(revision).held] == [("db", 2), ("tls", 1)]
