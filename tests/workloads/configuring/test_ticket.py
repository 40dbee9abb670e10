"""A configuration as a ticket, through the engine and to the clusters; and what is refused before there is one."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now

from apps.catalog.models import Standard
from apps.common.errors import Conflict, Denied, IntegrationError, Invalid, Missing
from apps.tickets.fingerprints import refresh_fingerprint
from apps.tickets.models import Step, Ticket
from apps.workloads.configuring.revisions import in_force
from apps.workloads.models import Configuration, ConfigurationRevision
from tests.releases.hand import SLUG, Cluster, Hand, Outside
from tests.support.sandbox import fault
from tests.support.story import Company

pytestmark = pytest.mark.django_db(transaction=True)


def proposed(
    company: Company,
    environment: str = "test",
    who: str = "developer",
    document: dict[str, Any] | None = None,
    **form: Any,
) -> Ticket:
    given = {"name": SLUG, "document": document or {}, "based_on": 0, "take_over": True, **form}
    return company.file("configure", who, SLUG, environment, **given)


def pair_of(company: Company, environment: str) -> Any:
    return company.projects[SLUG].environments.get(environment=company.environments[environment])


def removed_again(company: Company, environment: str) -> None:
    """The next test's company begins with Deployments that are only its own baseline's."""
    for name in {"test": ["test-1"], "production": ["dc1", "dc2"]}[environment]:
        cluster = Cluster(company, name)
        space = f"namespaces/{cluster.namespace}"
        for path in (
            cluster.path(),
            f"/api/v1/{space}/services/{SLUG}",
            f"/api/v1/{space}/configmaps/{SLUG}-files",
            f"/apis/policy/v1/{space}/poddisruptionbudgets/{SLUG}",
        ):
            try:
                cluster.call("DELETE", path)
            except OSError:
                continue  # it never came to be


@pytest.fixture(autouse=True)
def clean(company: Company) -> Any:
    yield
    for server in company.sandbox.servers.values():
        server.faults.clear()
    for environment in ("test", "production"):
        removed_again(company, environment)


def steps_of(ticket: Ticket) -> list[tuple[str, str, str]]:
    rows = ticket.steps.order_by("wave", "target", "order")
    return [(row.name, row.target, row.status) for row in rows]


def applied(ticket: Ticket) -> Any:
    """What its one `apply_configuration` left behind."""
    return ticket.steps.filter(name="apply_configuration").values("output", "reason").get()


def test_in_test_it_is_applied_at_once_and_is_then_in_force(company: Company, hand: Hand, outside: Outside) -> None:
    before = Cluster(company, "test-1").deployment()
    ticket = proposed(company, document={"replicas": 3, "environment": [{"name": "MODE", "value": "x"}]}, note="more")
    assert (ticket.status, ticket.approvals_needed) == ("queued", 0)
    assert outside.changed() == []
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    live = Cluster(company, "test-1").deployment()
    container = live["spec"]["template"]["spec"]["containers"][0]
    assert live["spec"]["replicas"] == live["status"]["readyReplicas"] == 3
    assert {"name": "MODE", "value": "x"} in container["env"]
    assert container["image"] == before["spec"]["template"]["spec"]["containers"][0]["image"]
    assert live["metadata"]["uid"] == before["metadata"]["uid"]
    assert live["metadata"]["annotations"]["opsportal.io/revision"] == "1"
    now = in_force(pair_of(company, "test"), SLUG)
    assert now is not None
    assert (now.number, now.note, now.ticket_id, now.document["replicas"]) == (1, "more", ticket.pk, 3)
    output = applied(ticket)["output"]
    assert output["objects"] == [
        {"object": f"Service {SLUG}", "did": "created"},
        {"object": f"Deployment {SLUG}", "did": "changed"},
    ]


def test_the_next_revision_takes_away_what_it_no_longer_gives(company: Company, hand: Hand) -> None:
    hand.drive(proposed(company, document={"files": [{"path": "/etc/a.conf", "content": "a"}]}))
    ticket = hand.drive(proposed(company, based_on=1))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    output = applied(ticket)["output"]
    assert {"object": f"ConfigMap {SLUG}-files", "did": "removed"} in output["objects"]
    with pytest.raises(OSError, match="404"):
        Cluster(company, "test-1").call("GET", f"/api/v1/namespaces/test/configmaps/{SLUG}-files")
    assert ConfigurationRevision.objects.filter(applied_at__isnull=False).count() == 2


def test_in_production_it_waits_for_ops_and_goes_wave_by_wave(company: Company, hand: Hand, outside: Outside) -> None:
    ticket = proposed(company, "production")
    assert (ticket.status, ticket.approvals_needed) == ("pending_approval", 1)
    assert ConfigurationRevision.objects.get().applied_at is None
    company.approve(ticket, "ops")
    ended = hand.drive(ticket)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert [(name, target) for name, target, _ in steps_of(ticket)][2:] == [
        ("apply_configuration", f"dc1/{SLUG}"),
        ("await_configuration", f"dc1/{SLUG}"),
        ("apply_configuration", f"dc2/{SLUG}"),
        ("await_configuration", f"dc2/{SLUG}"),
    ]
    for name in ("dc1", "dc2"):
        assert Cluster(company, name).deployment()["status"]["readyReplicas"] == 3
    changed = {server for server, _ in outside.changed()}
    assert changed == {"cluster dc1", "cluster dc2"}


def test_an_approval_holds_while_only_the_status_moves_and_falls_with_a_field(company: Company, hand: Hand) -> None:
    ticket = proposed(company, "production")
    company.approve(ticket, "ops")
    ticket.refresh_from_db()
    Cluster(company, "dc1").patch({"metadata": {"labels": {"theirs": "1"}}})
    assert refresh_fingerprint(ticket) == []
    Cluster(company, "dc1").patch({"spec": {"replicas": 7}})
    (line,) = refresh_fingerprint(ticket)
    assert (line["before"], line["after"]) == (2, 7)


def test_a_second_visit_after_a_lost_answer_finds_its_work_and_writes_it_once(company: Company, hand: Hand) -> None:
    ticket = proposed(company)
    hand.drive(ticket, until=hand.step_is(ticket, "start"))
    server = company.sandbox.clusters["test-1"]
    fault(server, "deployments.patch", "accept_then_drop", times=1)
    since = server.journal.last
    ended = hand.drive(ticket, hurry=True)
    assert (ended.status, ended.reason) == ("succeeded", None)
    writes = [
        entry
        for entry in server.journal.find("deployments.patch", since=since)
        if entry.detail.get("changed") and not entry.detail.get("dry_run")
    ]
    assert len(writes) == 1


def test_a_visit_that_goes_on_half_way_tells_everything_the_step_did(company: Company, hand: Hand) -> None:
    ticket = proposed(company, document={"replicas": 3})
    hand.drive(ticket, until=hand.step_is(ticket, "start"))
    # The Service is made, then the Deployment's patch is refused for now; the next visit makes only that.
    fault(company.sandbox.clusters["test-1"], "deployments.patch", "status", status=429, times=1)
    ended = hand.drive(ticket, hurry=True)
    assert (ended.status, ended.reason) == ("succeeded", None)
    assert applied(ticket)["output"]["objects"] == [
        {"object": f"Service {SLUG}", "did": "created"},
        {"object": f"Deployment {SLUG}", "did": "changed"},
    ]


def test_a_field_of_somebody_else_is_refused_before_there_is_a_ticket(company: Company, outside: Outside) -> None:
    with pytest.raises(Conflict) as refused:
        proposed(company, document={"replicas": 5}, take_over=False)
    assert refused.value.code == "kubernetes.apply_conflict"
    assert "spec.replicas (baseline)" in refused.value.params["fields_owned"]
    assert (Ticket.objects.count(), Configuration.objects.count(), outside.changed()) == (0, 0, [])


def test_a_conflict_that_came_later_fails_with_owner_and_field(company: Company, hand: Hand) -> None:
    hand.drive(proposed(company))
    _released(company)
    again = proposed(company, document={"replicas": 4}, based_on=1, take_over=False)
    hand.drive(again, until=hand.step_is(again, "start"))
    Cluster(company, "test-1").patch({"spec": {"replicas": 6}})
    ended = hand.drive(again)
    assert ended.status == "failed"
    reason = applied(again)["reason"]
    assert reason["code"] == "kubernetes.apply_conflict"
    assert "spec.replicas (kubectl edit)" in reason["params"]["fields_owned"]
    assert ConfigurationRevision.objects.get(number=2).applied_at is None
    assert Cluster(company, "test-1").deployment()["spec"]["replicas"] == 6


def _released(company: Company) -> None:
    """The baseline's hand is off what it once applied: it says no field any more."""
    cluster = Cluster(company, "test-1")
    empty = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": SLUG, "namespace": "test"}}
    cluster.call("PATCH", f"{cluster.path()}?fieldManager=baseline", empty, "application/apply-patch+yaml")


def test_a_denied_finding_and_an_unexplained_warning_are_refused_with_all_of_them(company: Company) -> None:
    with pytest.raises(Conflict) as refused:
        proposed(company, "production", document={"replicas": 1})
    assert (refused.value.code, refused.value.params["standards"]) == ("configuration.denied", ["replicas.least"])
    assert list(refused.value.fields or {}) == ["/replicas"]
    assert Ticket.objects.count() == 0


def test_a_pre_rollout_job_is_a_matter_of_releases_and_runs_in_none_of_its_own(
    company: Company, hand: Hand, outside: Outside
) -> None:
    job = {"command": ["migrate"], "timeout_seconds": 60}
    ended = hand.drive(proposed(company, document={"pre_rollout": job}))
    assert (ended.status, ended.reason) == ("succeeded", None)
    now = in_force(pair_of(company, "test"), SLUG)
    assert now is not None
    assert now.document["pre_rollout"] == job
    assert "jobs.create" not in {kind for _, kind in outside.changed()}


def test_a_quota_that_is_too_small_is_refused_in_numbers(company: Company) -> None:
    lift = Cluster(company, "test-1").quota(4)
    try:
        with pytest.raises(Conflict) as refused:
            proposed(company, document={"replicas": 5})
    finally:
        lift()
    params = refused.value.params
    assert refused.value.code == "configuration.quota"
    assert (params["quota"], params["resource"], params["hard"], params["asked"], params["missing"]) == (
        "tight",
        "pods",
        "4",
        "6",
        "2",
    )
    assert Ticket.objects.count() == 0


def test_an_edit_of_an_older_revision_hears_who_was_quicker(company: Company, hand: Hand) -> None:
    waiting = proposed(company, document={"replicas": 3})
    hand.drive(proposed(company, document={"replicas": 2}, who="ops"))
    with pytest.raises(Conflict) as refused:
        proposed(company)
    assert refused.value.code == "configuration.applied_meanwhile"
    assert (refused.value.params["number"], refused.value.params["by"]) == (2, str(company.people["ops"]))
    ended = hand.drive(waiting)
    assert (ended.status, Cluster(company, "test-1").deployment()["spec"]["replicas"]) == ("failed", 2)


def test_a_stranger_finds_no_project_and_an_owner_without_a_role_may_not(company: Company) -> None:
    with pytest.raises(Missing):
        proposed(company, who="stranger")
    with pytest.raises(Denied):
        proposed(company, who="owner")
    with pytest.raises(Invalid):
        proposed(company, document={"replica": 3})
    assert (Ticket.objects.count(), Configuration.objects.count()) == (0, 0)


def test_a_cancel_before_the_first_write_changes_nothing(company: Company, hand: Hand, outside: Outside) -> None:
    ticket = proposed(company)
    hand.drive(ticket, until=hand.step_is(ticket, "start"))
    Ticket.objects.filter(pk=ticket.pk).update(cancel_requested_at=Now())
    ended = hand.drive(ticket)
    assert (ended.status, outside.changed()) == ("canceled", [])
    assert not Step.objects.filter(ticket=ticket, intent__isnull=False).exists()


def test_a_warning_is_refused_until_somebody_explains_it(company: Company) -> None:
    Standard.objects.filter(pk="replicas.least").update(
        levels={"development": "off", "test": "warn", "staging": "off", "production": "deny"}
    )
    with pytest.raises(Invalid) as refused:
        proposed(company, document={"replicas": 1})
    assert (refused.value.code, refused.value.params["standards"]) == ("configuration.unexplained", ["replicas.least"])
    with pytest.raises(Invalid):
        proposed(company, document={"replicas": 1}, explanations={"replicas.least": "too short"})
    assert Ticket.objects.count() == 0
    why = {"replicas.least": "one is enough for a test"}
    assert proposed(company, document={"replicas": 1}, explanations=why).facts["explanations"] == why


def test_an_autoscaler_switched_on_takes_over_the_number_that_runs(company: Company, hand: Hand) -> None:
    hand.drive(proposed(company, document={"replicas": 3}))
    _released(company)
    scaling = {"min": 2, "max": 5, "cpu_percent": 70, "memory_percent": None}
    ticket = hand.drive(proposed(company, document={"replicas": 3, "autoscaling": scaling}, based_on=1))
    autoscaler = f"/apis/autoscaling/v2/namespaces/test/horizontalpodautoscalers/{SLUG}"
    try:
        assert (ticket.status, ticket.reason) == ("succeeded", None)
        assert Cluster(company, "test-1").deployment()["spec"]["replicas"] == 3
        assert Cluster(company, "test-1").call("GET", autoscaler)["spec"]["minReplicas"] == 2
    finally:
        Cluster(company, "test-1").call("DELETE", autoscaler)


def test_a_cancel_half_way_brings_the_cluster_to_its_end(company: Company, hand: Hand) -> None:
    ticket = proposed(company)
    hand.drive(ticket, until=hand.step_is(ticket, "start"))
    fault(company.sandbox.clusters["test-1"], "deployments.patch", "status", status=503, times=1)
    hand.drive(ticket, until=hand.step_is(ticket, "apply_configuration", "waiting"))
    assert Cluster(company, "test-1").deployment()["spec"]["replicas"] == 2
    Ticket.objects.filter(pk=ticket.pk).update(cancel_requested_at=Now(), cancel_reason={"code": "x", "params": {}})
    hand.drive(ticket, hurry=True)
    assert steps_of(ticket)[2:] == [
        ("apply_configuration", f"test-1/{SLUG}", "succeeded"),
        ("await_configuration", f"test-1/{SLUG}", "succeeded"),
    ]
    assert Cluster(company, "test-1").deployment()["spec"]["replicas"] == 1


def test_a_cluster_that_does_not_answer_lets_nothing_be_filed(company: Company) -> None:
    fault(company.sandbox.clusters["dc2"], "*", "status", status=503, times=1000)
    with pytest.raises(IntegrationError):
        proposed(company, "production")
    assert (Ticket.objects.count(), Configuration.objects.count()) == (0, 0)
