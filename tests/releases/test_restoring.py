"""An earlier version comes back with the configuration it ran with (R8): one ticket, one write, one rollout."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from apps.common.errors import Conflict, Denied
from apps.releases import urls  # noqa: F401 - joins this room to previews
from apps.releases.models import Release, Rollout
from apps.tickets import registry
from apps.tickets.models import Ticket
from apps.tickets.preview import preview
from apps.tickets.registry import Filing
from apps.tickets.services.running import cancel_ticket, retry_ticket
from apps.workloads.models import ConfigurationRevision
from apps.workloads.serializers_configurations import ConfigurationRevisionSerializer
from tests.releases.bare import configured, swept
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.sandbox import fault
from tests.support.story import Company
from tests.workloads.secrets.ways import drop, hold, secret

Json = dict[str, Any]
OLD: Json = {"args": ["--mode=old"], "replicas": 2}
NEW: Json = {"args": ["--mode=new"], "files": [{"path": "/etc/app/new", "content": "1"}]}
NO_DRY_RUN = {"dryRun": ""}
REASON = "orders fail since the last version"


@pytest.fixture
def changed(company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Release, Release]]:
    """In test the first version ran with OLD, then NEW came in force, then the second version arrived."""
    monkeypatch.setattr(settings.CONFIG, "good_after_seconds", 0.0)
    configured(company, hand, take_over=True, **OLD)
    first = hand.released()
    configured(company, hand, based_on=1, take_over=True, **NEW)
    yield first, hand.released()
    for server in company.sandbox.servers.values():
        server.faults.clear()
    swept(company, "test-1")


def back(company: Company, who: str = "ops", environment: str = "test", **form: Any) -> Ticket:
    return company.file("roll_back", who, SLUG, environment, reason=REASON, with_configuration=True, **form)


def container(company: Company, cluster: str = "test-1") -> Json:
    found: Json = Cluster(company, cluster).deployment()["spec"]["template"]["spec"]["containers"][0]
    return found


def mode(company: Company, cluster: str = "test-1") -> str:
    return str(container(company, cluster)["args"][0]).removeprefix("--mode=")


def writes(outside: Outside) -> list[str]:
    return [kind for server, kind in outside.changed() if server == "cluster test-1"]


def numbers() -> list[tuple[int, bool]]:
    found = ConfigurationRevision.objects.order_by("number")
    return [(one.number, one.applied_at is not None) for one in found]


def test_image_and_configuration_come_back_in_one_write_of_the_deployment(
    changed: tuple[Release, Release], company: Company, hand: Hand, outside: Outside
) -> None:
    first, _ = changed
    generation = Cluster(company, "test-1").deployment()["metadata"]["generation"]
    outside.mark()
    ticket = back(company)
    assert numbers() == [(1, True), (2, True), (3, False)]
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    live = Cluster(company, "test-1").deployment()
    assert live["metadata"]["generation"] == generation + 1
    assert (container(company)["image"].endswith(first.digest), mode(company)) == (True, "old")
    assert live["spec"]["replicas"] == 2
    assert writes(outside).count("deployments.patch") == 1
    assert "configmaps.delete" in writes(outside)
    revision = ConfigurationRevision.objects.get(ticket=ticket)
    assert (numbers()[-1], revision.note) == ((3, True), REASON)
    assert ConfigurationRevisionSerializer(revision).data["brought_back_from"] == 1
    rollout = Rollout.objects.get(ticket=ticket)
    assert (rollout.result, rollout.to_digest) == ("succeeded", first.digest)
    note = ticket.steps.get(name="restore_configuration").output["note"]  # type: ignore[index]
    assert note == {"code": "rollback.configuration_back", "params": {"number": 3, "from": 1}}


def test_the_next_release_and_the_next_configuration_meet_no_conflict(
    changed: tuple[Release, Release], company: Company, hand: Hand
) -> None:
    assert hand.drive(back(company)).status == "succeeded"
    third = hand.released()
    configured(company, hand, based_on=3, **NEW)
    assert (container(company)["image"].endswith(third.digest), mode(company)) == (True, "new")


def test_the_preview_shows_both_and_what_is_approved_is_both(
    changed: tuple[Release, Release], company: Company, hand: Hand
) -> None:
    form = {"reason": REASON, "with_configuration": True}
    filing = Filing(company.projects[SLUG], company.environments["test"], form, company.actor("ops"))
    shown = preview(registry.KINDS["roll_back"], filing)
    (change,) = shown["changes"]
    by_name = {one["object"]: one for one in change["objects"]}
    paths = {one["path"] for one in by_name[f"Deployment {SLUG}"]["changes"]}
    assert (shown["can_file"], change["removed"]) == (True, [f"ConfigMap {SLUG}-files"])
    assert {path.rpartition(".")[2] for path in paths} >= {"args", "image", "replicas"}
    content = back(company).fingerprint_content
    assert content is not None
    assert set(content["configuration"]) == {"name", "brought_back_from", "document"}
    assert content["configuration"]["brought_back_from"] == 1
    assert set(content["targets"][0]["objects"]) == set(by_name)


def test_a_call_without_an_answer_is_found_and_nothing_is_applied_twice(
    changed: tuple[Release, Release], company: Company, hand: Hand, outside: Outside
) -> None:
    first, _ = changed
    ticket = back(company)
    hand.drive(ticket, until=hand.step_is(ticket, "start"))
    outside.mark()
    lost = fault(company.sandbox.clusters["test-1"], "deployments.patch", "accept_then_drop", match=NO_DRY_RUN)
    ended = hand.drive(ticket, hurry=True)
    assert (ended.status, ended.reason) == ("succeeded", None)
    journal = company.sandbox.clusters["test-1"].journal.find(
        "deployments.patch", since=outside.marks["cluster test-1"]
    )
    changed_it = [one for one in journal if one.detail.get("changed") and not one.detail.get("dry_run")]
    assert (lost.struck, len(changed_it)) == (1, 1)
    assert container(company)["image"][-71:] == first.digest


def test_a_field_of_somebody_else_is_told_and_stays(
    changed: tuple[Release, Release], company: Company, hand: Hand, outside: Outside
) -> None:
    cluster = Cluster(company, "test-1")
    theirs = {"spec": {"replicas": 5}}
    cluster.call("PATCH", f"{cluster.path()}?fieldManager=kubectl-edit", theirs, "application/merge-patch+json")
    outside.mark()
    with pytest.raises(Conflict, match=r"kubernetes\.apply_conflict"):
        back(company)
    assert (writes(outside), cluster.deployment()["spec"]["replicas"], numbers()[-1]) == ([], 5, (2, True))


def test_somebody_elses_field_since_the_filing_stops_it_before_the_deployment_is_written(
    changed: tuple[Release, Release], company: Company, hand: Hand, outside: Outside
) -> None:
    _, second = changed
    ticket = back(company)
    cluster = Cluster(company, "test-1")
    theirs = {"spec": {"replicas": 5}}
    cluster.call("PATCH", f"{cluster.path()}?fieldManager=kubectl-edit", theirs, "application/merge-patch+json")
    outside.mark()
    ended = hand.drive(ticket)
    assert ended.reason is not None
    assert (ended.status, ended.reason["code"]) == ("failed", "kubernetes.apply_conflict")
    assert ("deployments.patch" in writes(outside), container(company)["image"][-71:]) == (False, second.digest)
    assert (cluster.deployment()["spec"]["replicas"], numbers()[-1]) == (5, (3, False))


def test_what_is_still_in_force_or_never_was_comes_back_alone(company: Company, hand: Hand, outside: Outside) -> None:
    first = hand.released()
    hand.released()
    with pytest.raises(Conflict) as refused:
        back(company, release=first.tag)
    assert refused.value.as_reason() == {"code": "rollback.no_configuration", "params": {"environment": "test"}}
    configured(company, hand, take_over=True, **OLD)
    third = hand.released()
    hand.released()
    with pytest.raises(Conflict) as refused:
        back(company, release=third.tag)
    params = {"environment": "test", "number": 1}
    assert refused.value.as_reason() == {"code": "rollback.same_configuration", "params": params}
    assert ConfigurationRevision.objects.count() == 1
    swept(company, "test-1")


def test_it_takes_the_rights_of_both(changed: tuple[Release, Release], company: Company) -> None:
    assert company.file("roll_back", "owner", SLUG, "test", reason=REASON).status == "queued"
    for who in ("owner", "developer"):  # one may not propose a configuration there, the other not roll back
        with pytest.raises(Denied):
            back(company, who)
    assert numbers()[-1] == (2, True)


def test_another_revision_that_came_in_force_since_needs_another_ticket(
    changed: tuple[Release, Release], company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = back(company)
    ConfigurationRevision.objects.filter(number=1).update(applied_at=ticket.created_at)
    outside.mark()
    ended = hand.drive(ticket)
    assert ended.reason is not None
    assert (ended.status, ended.reason["code"]) == ("failed", "configuration.applied_meanwhile")
    assert writes(outside) == []


def test_a_cancel_before_the_first_write_changes_nothing_and_a_retry_after_a_refusal_goes_on(
    changed: tuple[Release, Release], company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = back(company)
    hand.drive(ticket, until=hand.step_is(ticket, "start"))
    outside.mark()
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="not needed", actor=company.actor("ops"))
    assert (hand.drive(ticket).status, writes(outside), mode(company)) == ("canceled", [], "new")
    again = back(company)
    hand.drive(again, until=hand.step_is(again, "start"))
    fault(company.sandbox.clusters["test-1"], "configmaps.delete", "status", status=403, times=1)
    assert hand.drive(again).status == "failed"
    retry_ticket(Ticket.objects.get(pk=again.pk), actor=company.actor("ops"))
    ended = hand.drive(again)
    assert (ended.status, ended.reason, mode(company)) == ("succeeded", None, "old")


def test_a_cancel_half_way_brings_the_cluster_to_the_end_of_both_and_it_is_observed(
    changed: tuple[Release, Release], company: Company, hand: Hand
) -> None:
    first, _ = changed
    ticket = back(company)
    fault(company.sandbox.clusters["test-1"], "deployments.patch", "accept_then_drop", match=NO_DRY_RUN)
    hand.drive(ticket, until=hand.step_is(ticket, "restore_configuration", "waiting"))
    cancel_ticket(Ticket.objects.get(pk=ticket.pk), reason="not needed", actor=company.actor("ops"))
    ended = hand.drive(ticket, hurry=True)
    assert ended.reason is not None
    assert (ended.status, ended.reason["code"]) == ("failed", "ticket.aborted")
    steps = dict(ticket.steps.filter(wave__gt=0).values_list("name", "status"))
    assert steps == {"restore_configuration": "succeeded", "await_rollout": "succeeded"}
    assert (container(company)["image"][-71:], mode(company)) == (first.digest, "old")
    assert (Rollout.objects.get(ticket=ticket).result, numbers()[-1]) == ("succeeded", (3, False))


def test_a_first_write_that_is_refused_leaves_the_ticket_as_one_that_changed_nothing(
    changed: tuple[Release, Release], company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = back(company)
    outside.mark()
    fault(company.sandbox.clusters["test-1"], "services.patch", "status", status=403, match=NO_DRY_RUN)
    ended = hand.drive(ticket)
    assert (ended.status, ended.frozen_at, writes(outside)) == ("failed", None, [])
    assert (Rollout.objects.get(ticket=ticket).result, mode(company)) == ("failed", "new")


def test_what_came_back_is_what_that_version_arrived_with_from_then_on(
    changed: tuple[Release, Release], company: Company, hand: Hand
) -> None:
    first, _ = changed
    assert hand.drive(back(company)).status == "succeeded"
    configured(company, hand, based_on=3, take_over=True, **NEW)
    hand.released()
    again = back(company, release=first.tag)
    assert (again.facts["brought_back_from"], again.facts["based_on"]) == (3, 4)


def test_in_production_it_is_approved_first_and_goes_through_the_data_centres_in_their_waves(
    company: Company, hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings.CONFIG, "good_after_seconds", 0.0)
    configured(company, hand, "production", take_over=True, args=["--mode=old"])
    first = hand.promoted()
    configured(company, hand, "production", based_on=1, take_over=True, args=["--mode=new"])
    hand.promoted()
    alone = company.file("roll_back", "ops", SLUG, "production", reason=REASON)
    assert (alone.status, alone.approvals_needed, alone.requires_review) == ("queued", 0, True)
    cancel_ticket(alone, reason="the configuration, too", actor=company.actor("ops"))
    ticket = back(company, environment="production")
    assert (ticket.status, ticket.approvals_needed, ticket.requires_review) == ("pending_approval", 1, False)
    planned = ticket.steps.filter(wave__gt=0).order_by("wave", "order").values_list("wave", "name", "target")
    assert list(planned) == [
        (wave, name, f"{cluster}/{SLUG}")
        for wave, cluster in ((1, "dc1"), (2, "dc2"))
        for name in ("restore_configuration", "await_rollout")
    ]
    company.approve(ticket, "ops2")
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    for name in ("dc1", "dc2"):
        assert (container(company, name)["image"][-71:], mode(company, name)) == (first.digest, "old")
    for name in ("dc1", "dc2"):
        swept(company, name)


def test_held_values_stay_those_of_now_and_one_that_is_gone_refuses(company: Company, hand: Hand) -> None:
    hold(company, "first value")
    configured(company, hand, take_over=True, secrets=[{"name": "DB_PASSWORD", "secret": "", "key": "db"}], **OLD)
    first = hand.released()
    configured(company, hand, based_on=1, take_over=True, **NEW)
    hand.released()
    hold(company, "second value")
    ticket = back(company, release=first.tag)
    content = ticket.fingerprint_content
    assert content is not None
    assert (content["configuration"]["secrets"], "second" in json.dumps(content)) == ({"db": 2}, False)
    drop(company)
    ended = hand.drive(ticket)
    assert (ended.status, mode(company)) == ("failed", "new")
    with pytest.raises(Conflict) as refused:
        back(company, release=first.tag)
    params = {"environment": "test", "number": 1, "keys": ["db"]}
    assert refused.value.as_reason() == {"code": "rollback.no_value", "params": params}
    hold(company, "third value")
    assert hand.drive(back(company, release=first.tag)).status == "succeeded"
    found = secret(company)
    assert found is not None
    assert (found["data"], mode(company)) == ({"db": "third value"}, "old")
    swept(company, "test-1")


def test_a_document_that_todays_schema_or_a_standard_refuses_does_not_come_back(
    changed: tuple[Release, Release], company: Company, outside: Outside
) -> None:
    outside.mark()
    rows = ConfigurationRevision.objects.filter(number=1)
    document = rows.get().document
    rows.update(document={**document, "replicas": 1000})
    with pytest.raises(Conflict) as refused:
        back(company)
    params = {"environment": "test", "number": 1, "places": ["/replicas"]}
    assert refused.value.as_reason() == {"code": "rollback.configuration_outdated", "params": params}
    assert (writes(outside), numbers()[-1]) == ([], (2, True))
