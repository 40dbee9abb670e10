"""The first release makes the Deployment (D22): from the configuration in force, once, and nobody else's."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db.models.functions import Now

from apps.audit.models import AuditEvent
from apps.common.errors import Conflict
from apps.releases import urls  # noqa: F401 - joins this room to previews
from apps.releases.board import board
from apps.releases.models import Release, Rollout
from apps.tickets import registry
from apps.tickets.models import Ticket
from apps.tickets.preview import preview
from apps.tickets.registry import Filing
from apps.tickets.services.running import cancel_ticket
from apps.workloads.models import Workload
from tests.releases.bare import configured, emptied, missing, swept
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.sandbox import fault
from tests.support.story import Company

Json = dict[str, Any]
MADE = ("cluster test-1", "deployments.patch")  # server-side apply is a PATCH


@pytest.fixture
def bare(company: Company, hand: Hand) -> Iterator[Company]:
    emptied(company)
    yield company
    for server in company.sandbox.servers.values():
        server.faults.clear()
    for name in company.sandbox.clusters:
        swept(company, name)


def release(company: Company) -> Ticket:
    return company.file("release", "developer", SLUG, "test", ref="main")


def previewed(company: Company, kind: str, environment: str, **form: Any) -> Json:
    who = company.actor("developer")
    filing = Filing(company.projects[SLUG], company.environments[environment], form, who)
    return preview(registry.KINDS[kind], filing)


def cells(company: Company, environment: str) -> list[Json]:
    found = board(company.projects[SLUG], actor=company.actor("developer"))["environments"]
    return next(one["cells"] for one in found if one["environment"].slug == environment)


def managers(deployment: Json) -> set[tuple[str, str]]:
    entries = deployment["metadata"]["managedFields"]
    return {(one["manager"], one["operation"]) for one in entries if not one.get("subresource")}


def of_changes(company: Company, outside: Outside) -> list[tuple[str, str]]:
    return [one for one in outside.changed() if one[0].startswith("cluster")]


def test_a_configuration_in_force_gives_a_target_and_the_first_release_makes_its_deployment(
    bare: Company, hand: Hand, outside: Outside
) -> None:
    with pytest.raises(Conflict, match=r"release\.no_workload"):
        release(bare)
    configured(bare, hand)
    row = Workload.objects.get()
    assert (row.name, row.deployment, row.namespace, row.container, row.deployment_uid) == (
        (SLUG, SLUG, "test", "app", "")
    )
    assert AuditEvent.objects.filter(action="workload.configured", target_id=str(row.pk)).count() == 1
    assert missing(bare, "test-1")
    assert [(one["will_be_made"], one["exists"]) for one in cells(bare, "test")] == [(True, None)]
    shown = previewed(bare, "release", "test", ref="main")
    assert (shown["can_file"], shown["changes"][0]["before"]) == (True, "")
    made = {"level": "warn", "code": "preview.will_be_made", "params": {"clusters": ["test-1"]}}
    assert made in shown["findings"]
    outside.mark()
    ticket = hand.drive(release(bare))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert of_changes(bare, outside) == [MADE]
    live = Cluster(bare, "test-1").deployment()
    version = Release.objects.get(ticket=ticket)
    assert Cluster(bare, "test-1").image().endswith(f":{version.tag}@{version.digest}")
    assert ("opsportal-config", "Apply") in managers(live)
    assert live["metadata"]["annotations"]["opsportal.io/revision"] == "1"
    step = ticket.steps.get(name="patch_image")
    assert live["metadata"]["annotations"]["opsportal.io/config-key"] == step.call_key
    assert (step.output["created"], step.output["note"]["code"]) == (True, "rollout.deployment_made")
    row.refresh_from_db()
    assert row.deployment_uid == live["metadata"]["uid"]
    rollout = Rollout.objects.get(ticket=ticket)
    assert (rollout.from_image, rollout.from_digest, rollout.result) == ("", "", "succeeded")


def test_the_next_release_moves_the_image_and_the_next_configuration_carries_it_without_a_conflict(
    bare: Company, hand: Hand
) -> None:
    configured(bare, hand)
    first, second = hand.released(), hand.released()
    assert first.digest != second.digest
    live = Cluster(bare, "test-1").deployment()
    assert ("opsportal-image", "Update") in managers(live)
    configured(bare, hand, based_on=1, replicas=2)
    live = Cluster(bare, "test-1").deployment()
    assert live["spec"]["replicas"] == 2
    assert Cluster(bare, "test-1").image().endswith(second.digest)
    third = hand.released()
    assert Cluster(bare, "test-1").image().endswith(third.digest)


def test_a_call_without_an_answer_is_found_by_its_key_and_nothing_is_made_twice(
    bare: Company, hand: Hand, outside: Outside
) -> None:
    configured(bare, hand)
    ticket = release(bare)
    hand.drive(ticket, until=hand.step_is(ticket, "take_slot"))
    outside.mark()
    fault(bare.sandbox.clusters["test-1"], "deployments.patch", "accept_then_drop", times=1)
    ended = hand.drive(ticket, hurry=True)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert of_changes(bare, outside) == [MADE]
    assert ended.steps.get(name="patch_image").output["found_by_key"] is True
    assert Workload.objects.get().deployment_uid == Cluster(bare, "test-1").deployment()["metadata"]["uid"]


def test_a_deployment_of_that_name_that_somebody_else_made_is_refused_and_untouched(
    bare: Company, hand: Hand, outside: Outside
) -> None:
    configured(bare, hand)
    cluster = Cluster(bare, "test-1")
    theirs = {
        "metadata": {"name": SLUG, "namespace": "test"},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": {"app": "theirs"}},
            "template": {
                "metadata": {"labels": {"app": "theirs"}},
                "spec": {"containers": [{"name": "app", "image": "theirs:1"}]},
            },
        },
    }
    cluster.call("POST", cluster.path().rpartition("/")[0], theirs)
    shown = previewed(bare, "release", "test", ref="main")
    assert (shown["can_file"], shown["changes"][0]["refused"]["code"]) == (False, "workload.name_taken")
    outside.mark()
    ticket = hand.drive(release(bare))
    assert ticket.status == "failed"
    params = {"deployment": SLUG, "namespace": "test", "cluster": "test-1"}
    assert ticket.reason == {"code": "workload.name_taken", "params": params}
    assert (of_changes(bare, outside), cluster.image()) == ([], "theirs:1")
    assert Workload.objects.get().deployment_uid == ""


def test_a_promote_makes_it_in_every_data_centre_as_it_was_approved(bare: Company, hand: Hand) -> None:
    configured(bare, hand)
    configured(bare, hand, "production")
    version = hand.passed()
    ticket = hand.promote(version)
    targets = [
        (one["cluster"], one["from"], one["deployment_uid"], one["made_from_revision"]) for one in _content(ticket)
    ]
    assert targets == [("dc1", "", "", 1), ("dc2", "", "", 1)]
    assert [one["will_be_made"] for one in cells(bare, "production")] == [True, True]
    shown = previewed(bare, "promote", "production", release=version.tag)
    assert [one["after"].endswith(version.digest) for one in shown["changes"]] == [True, True]
    bare.approve(ticket)
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    for name in ("dc1", "dc2"):
        assert Cluster(bare, name).image().endswith(version.digest)
        assert Cluster(bare, name).deployment()["status"]["readyReplicas"] == 3


def _content(ticket: Ticket) -> list[Json]:
    content = ticket.fingerprint_content
    assert content is not None
    return list(content["targets"])


def test_to_roll_back_to_nothing_is_refused_with_a_sentence(
    bare: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "good_after_seconds", 0.0)

    def back(**form: str) -> None:
        bare.file("roll_back", "ops", SLUG, "test", reason="orders fail since then", **form)

    configured(bare, hand)
    with pytest.raises(Conflict, match=r"rollback\.nothing_runs"):
        back()
    version = hand.released()
    with pytest.raises(Conflict) as refused:
        back()
    params = {"project": SLUG, "environment": "test"}
    assert refused.value.as_reason() == {"code": "rollback.first_version", "params": params}
    swept(bare, "test-1")
    with pytest.raises(Conflict, match=r"rollback\.nothing_runs"):
        back(release=version.tag)
    assert not Ticket.objects.filter(kind="roll_back").exists()
    assert missing(bare, "test-1")


def test_what_was_deleted_by_hand_is_made_anew_where_a_configuration_is_in_force(bare: Company, hand: Hand) -> None:
    configured(bare, hand)
    hand.released()
    before = Workload.objects.get().deployment_uid
    Cluster(bare, "test-1").call("DELETE", Cluster(bare, "test-1").path())
    version = hand.released()
    assert Cluster(bare, "test-1").image().endswith(version.digest)
    now = Workload.objects.get().deployment_uid
    assert now == Cluster(bare, "test-1").deployment()["metadata"]["uid"] != before


def test_without_a_configuration_a_missing_deployment_is_still_a_failure(
    company: Company, hand: Hand, outside: Outside
) -> None:
    Cluster(company, "test-1").call("DELETE", Cluster(company, "test-1").path())
    outside.mark()
    ticket = hand.drive(release(company))
    assert ticket.status == "failed"
    assert ticket.reason is not None
    assert ticket.reason["code"] == "kubernetes.deployment_missing"
    assert (of_changes(company, outside), missing(company, "test-1")) == ([], True)


def test_a_cancel_before_it_is_made_makes_nothing(bare: Company, hand: Hand, outside: Outside) -> None:
    configured(bare, hand)
    ticket = release(bare)
    hand.drive(ticket, until=hand.step_is(ticket, "take_slot"))
    outside.mark()
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="wrong ref", actor=bare.actor("developer"))
    assert hand.drive(ticket).status == "canceled"
    assert (of_changes(bare, outside), missing(bare, "test-1")) == ([], True)


def test_one_that_a_release_made_which_a_restored_backup_does_not_hold_is_not_gone_over(
    bare: Company, hand: Hand, outside: Outside
) -> None:
    configured(bare, hand)
    older = release(bare)
    hand.drive(older, until=hand.step_is(older, "await_build"))
    lost = hand.drive(release(bare))
    image = Cluster(bare, "test-1").image()
    Rollout.objects.filter(ticket=lost).delete()
    lost.steps.filter(name="patch_image").update(key=uuid.uuid4())
    Ticket.objects.filter(pk=older.pk).update(created_at=Now() - timedelta(hours=1))
    outside.mark()
    ended = hand.drive(older)
    assert ended.reason is not None
    assert (ended.status, ended.reason["code"]) == ("superseded", "rollout.overtaken_unknown")
    assert (of_changes(bare, outside), Cluster(bare, "test-1").image()) == ([], image)
