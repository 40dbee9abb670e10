"""Archiving a project and undoing a request: what was made is gone, what was there or is another's stays."""

from __future__ import annotations

from typing import Any

import pytest

from apps.access.models import Provision
from apps.access.removal import archive_project, preview, undo_access
from apps.common.errors import Conflict
from apps.integrations.clients import get_gitlab, get_jenkins
from apps.integrations.jenkins import jobxml
from apps.integrations.jenkins.provisioning import delete_job
from apps.integrations.loop import run
from apps.integrations.models import GitLabServer, JenkinsController, Registry
from apps.projects.models import Grant, Placement, Project
from apps.tickets.models import Ticket
from tests.access.outside.conftest import (
    REPOSITORY_ID,
    Desk,
    by_hand,
    has_job,
    has_namespace,
    hooks_of,
    states,
    steps_of,
)
from tests.releases.hand import Cluster, Outside
from tests.support.factories import make_project, use
from tests.support.sandbox import fault
from tests.support.story import Company

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "nobody calls it any more"
REMOVED = [
    ("cluster dc1", "namespaces.delete"),
    ("cluster dc2", "namespaces.delete"),
    ("cluster test-1", "namespaces.delete"),
    ("gitlab", "hook.delete"),
    ("jenkins", "job.delete"),
]
DELETES = [("remove_webhook", "gitlab"), ("remove_job", "jenkins"), ("remove_namespace", "dc1")]
CALLS = [("gitlab", "hook.delete"), ("jenkins", "job.delete"), ("cluster dc1", "namespaces.delete")]


def archive(company: Company, project: Project, who: str = "developer", **more: Any) -> Ticket:
    form = {"confirm": project.slug, "reason": REASON, **more}
    return archive_project(project, form, actor=company.actor(who))[0]


def archived(company: Company, desk: Desk, project: Project, **how: Any) -> Ticket:
    ticket = desk.run(desk.approve(archive(company, project)), **how)
    assert (ticket.status, ticket.reason) == ("succeeded", None), steps_of(ticket)
    return ticket


def fresh(project: Project) -> Project:
    return Project.objects.get(pk=project.pk)


def kept_codes(project: Project) -> dict[str, str]:
    rows = Provision.objects.filter(project=project).exclude(kept__isnull=True)
    return {f"{row.what} {row.target}": row.kept["code"] for row in rows if row.state == "kept"}


def deployment(project: str, name: str, replicas: int, *, ours: bool) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name, "app.kubernetes.io/part-of": project}
    labels |= {"app.kubernetes.io/managed-by": "opsportal"} if ours else {}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": f"{project}-test", "labels": labels},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app.kubernetes.io/name": name}},
            "template": {
                "metadata": {"labels": {"app.kubernetes.io/name": name}},
                "spec": {"containers": [{"name": "app", "image": "registry.example.com/a:1"}]},
            },
        },
    }


def apply(company: Company, obj: dict[str, Any]) -> None:
    """As the portal applies it."""
    name, namespace = obj["metadata"]["name"], obj["metadata"]["namespace"]
    place = f"/apis/{obj['apiVersion']}/namespaces/{namespace}/{obj['kind'].lower()}s/{name}"
    query = "?fieldManager=opsportal-config&force=true"
    Cluster(company, "test-1").call("PATCH", place + query, obj, "application/apply-patch+yaml")


# -- archiving ---------------------------------------------------------------------------------------------
def test_archiving_takes_away_all_that_was_made_and_touches_nothing_else(
    company: Company, desk: Desk, outside: Outside
) -> None:
    other, project = desk.admitted(), desk.admitted()
    outside.mark()
    seen = preview(project)
    assert (seen["blocked"], [row.what for row in seen["keeps"]]) == (None, ["repository"])
    assert sorted({row.what for row in seen["removes"]}) == ["grants", "job", "namespace", "webhook"]
    ticket = archived(company, desk, project)
    assert sorted(outside.changed()) == REMOVED
    assert (fresh(project).stage, fresh(project).slug) == ("archived", project.slug)
    assert not Grant.objects.filter(Grant.live(), project=project).exists()
    assert Ticket.objects.filter(project=project).count() == 2
    assert {(what, state) for what, _, state in states(project)} == {
        ("repository", "kept"),
        ("webhook", "removed"),
        ("job", "removed"),
        ("namespace", "removed"),
        ("grants", "removed"),
    }
    assert kept_codes(project) == {"repository shop/pay-gate-n1": "access.kept_adopted"}
    assert {row.removed_by_id for row in Provision.objects.filter(project=project, what="job")} == {ticket.pk}
    # the other project has everything still
    assert {state for _, _, state in states(other)} == {"created", "adopted"}
    assert f"http://testserver/hooks/gitlab/{other.slug}" in hooks_of(company)
    assert has_job(company, other.slug)
    assert has_namespace(company, "dc2", f"{other.slug}-production")


def test_what_was_adopted_stays(company: Company, desk: Desk, outside: Outside) -> None:
    slug = "pay-stays-n1"
    by_hand(company, "dc1", "/api/v1/namespaces", {"metadata": {"name": f"{slug}-production"}})
    path, url = f"/api/v4/projects/{REPOSITORY_ID}/hooks", f"http://testserver/hooks/gitlab/{slug}"
    run(get_gitlab(company.servers["gitlab"]).http.request("POST", path, json_body={"url": url}, what="hook"), 5)
    project = desk.admitted(slug=slug)
    outside.mark()
    archived(company, desk, project)
    assert sorted(outside.changed()) == [one for one in REMOVED if one not in (REMOVED[0], REMOVED[3])]
    assert has_namespace(company, "dc1", f"{slug}-production")
    assert url in hooks_of(company)
    assert set(kept_codes(project).values()) == {"access.kept_adopted"}
    assert len(kept_codes(project)) == 3


def test_what_somebody_changed_or_replaced_since_stays(company: Company, desk: Desk, outside: Outside) -> None:
    project = desk.admitted()
    hook = Provision.objects.get(project=project, what="webhook")
    path = f"/api/v4/projects/{REPOSITORY_ID}/hooks/{hook.address['hook_id']}"
    url = f"https://elsewhere.example.com/{project.slug}"
    run(get_gitlab(company.servers["gitlab"]).http.request("PUT", path, json_body={"url": url}, what="hook"), 5)
    jenkins = get_jenkins(company.servers["jenkins"])
    run(delete_job(jenkins, project.slug, Provision.objects.get(project=project, what="job").key), 5)
    run(jenkins.create(project.slug, "<project><description>by hand</description></project>"), 5)
    outside.mark()
    archived(company, desk, project)
    assert sorted(outside.changed()) == REMOVED[:3]
    assert url in hooks_of(company)
    assert jobxml.description(run(jenkins.get_config(project.slug), 5)) == "by hand"
    codes = kept_codes(project)
    assert codes[f"job {project.slug}"] == "jenkins.job_not_made_by_us"
    assert codes[f"webhook {hook.target}"] == "gitlab.hook_changed"


def test_a_namespace_with_an_object_of_somebody_else_stays_and_the_row_says_whose(
    company: Company, desk: Desk, outside: Outside
) -> None:
    project = desk.admitted()
    place = f"{project.slug}-test"
    config = {"metadata": {"name": "theirs", "namespace": place}, "data": {"a": "b"}}
    by_hand(company, "test-1", f"/api/v1/namespaces/{place}/configmaps", config)
    outside.mark()
    archived(company, desk, project)
    assert ("cluster test-1", "namespaces.delete") not in outside.changed()
    row = Provision.objects.get(project=project, what="namespace", target=place)
    params = {"namespace": place, "cluster": "test-1", "objects": ["ConfigMap theirs"]}
    assert (row.state, row.kept) == ("kept", {"code": "access.kept_foreign", "params": params})


def test_a_namespace_in_which_another_project_lives_stays_though_it_is_empty(
    company: Company, desk: Desk, outside: Outside
) -> None:
    Placement.objects.update(namespace_pattern="shared-n1")
    project = desk.admitted(environments=["test"])
    guest = make_project("guest-n1", **company.servers)
    for model in (GitLabServer, JenkinsController, Registry):
        model.objects.filter(name="nowhere").delete()
    use(guest, company.environments["test"])
    outside.mark()
    archived(company, desk, project)
    assert ("cluster test-1", "namespaces.delete") not in outside.changed()
    row = Provision.objects.get(project=project, what="namespace")
    assert (row.kept["code"], row.kept["params"]["projects"]) == ("access.kept_tenants", ["elsewhere-n1", "guest-n1"])


# -- what runs ---------------------------------------------------------------------------------------------
def test_a_project_that_runs_is_not_archived(company: Company, desk: Desk, outside: Outside) -> None:
    project = desk.admitted()
    apply(company, deployment(project.slug, "api", 1, ours=True))
    outside.mark()
    with pytest.raises(Conflict, match=r"access\.still_running") as refusal:
        archive(company, project)
    where = f"Deployment {project.slug}-test/api"
    assert refusal.value.params == {"project": project.slug, "cluster": "test-1", "running": [where]}
    assert preview(project)["blocked"]["code"] == "access.still_running"
    assert not Ticket.objects.filter(kind="project_removal").exists()
    assert outside.changed() == []


def test_what_was_started_since_the_filing_stops_the_archiving(company: Company, desk: Desk, outside: Outside) -> None:
    project = desk.admitted()
    ticket = archive(company, project)
    apply(company, deployment(project.slug, "api", 2, ours=True))
    outside.mark()
    ticket = desk.run(desk.approve(ticket))
    assert (ticket.status, ticket.reason["code"]) == ("failed", "access.still_running")
    assert outside.changed() == []
    assert fresh(project).stage == "active"


def test_objects_of_ours_that_stand_still_go_and_others_stay(company: Company, desk: Desk, outside: Outside) -> None:
    project = desk.admitted()
    apply(company, deployment(project.slug, "api", 0, ours=True))
    path = f"/apis/apps/v1/namespaces/{project.slug}-test/deployments"
    by_hand(company, "test-1", path, deployment(project.slug, "legacy", 0, ours=False))
    outside.mark()
    ticket = archived(company, desk, project)
    changed = [kind for server, kind in outside.changed() if server == "cluster test-1"]
    assert changed == ["deployments.delete"]
    step = ticket.steps.get(name="remove_workloads", target="test-1")
    assert step.output["objects"] == [f"{project.slug}-test: Deployment api"]
    row = Provision.objects.get(project=project, what="namespace", target=f"{project.slug}-test")
    assert row.kept["params"]["objects"] == ["Deployment legacy"]


def cron(project: str, *, ours: bool, suspend: bool = False) -> dict[str, Any]:
    about = deployment(project, "night", 1, ours=ours)
    pod = about["spec"]["template"]["spec"] | {"restartPolicy": "Never"}
    job = {"spec": {"template": {"spec": pod}}}
    spec = {"schedule": "0 3 * * *", "suspend": suspend, "jobTemplate": job}
    return {"apiVersion": "batch/v1", "kind": "CronJob", "metadata": about["metadata"], "spec": spec}


def test_a_cron_of_ours_goes_between_two_runs_and_stands_in_the_way_during_one(
    company: Company, desk: Desk, outside: Outside
) -> None:
    project = desk.admitted()
    apply(company, cron(project.slug, ours=True))
    path = f"/apis/batch/v1/namespaces/{project.slug}-test/cronjobs/night/status"
    merge = "application/merge-patch+json"
    run_ = {"kind": "Job", "name": "night-1", "namespace": f"{project.slug}-test"}
    Cluster(company, "test-1").call("PATCH", path, {"status": {"active": [run_]}}, merge)
    with pytest.raises(Conflict, match=r"access\.still_running") as refusal:
        archive(company, project)
    assert refusal.value.params["running"] == [f"CronJob {project.slug}-test/night"]
    Cluster(company, "test-1").call("PATCH", path, {"status": {"active": None}}, merge)
    outside.mark()
    ticket = archived(company, desk, project)
    changed = [kind for server, kind in outside.changed() if server == "cluster test-1"]
    assert changed == ["cronjobs.delete", "namespaces.delete"]
    assert ticket.steps.get(name="remove_workloads", target="test-1").output["objects"] == [
        f"{project.slug}-test: CronJob night"
    ]


def test_a_cron_of_the_project_that_somebody_else_made_has_to_be_suspended_first(
    company: Company, desk: Desk, outside: Outside
) -> None:
    project = desk.admitted()
    path = f"/apis/batch/v1/namespaces/{project.slug}-test/cronjobs"
    by_hand(company, "test-1", path, cron(project.slug, ours=False))
    with pytest.raises(Conflict, match=r"access\.still_running"):
        archive(company, project)
    Cluster(company, "test-1").call(
        "PATCH", f"{path}/night", {"spec": {"suspend": True}}, "application/merge-patch+json"
    )
    outside.mark()
    archived(company, desk, project)
    assert [kind for server, kind in outside.changed() if server == "cluster test-1"] == []
    assert "access.kept_foreign" in kept_codes(project).values()


# -- crashes and lost answers ------------------------------------------------------------------------------
@pytest.mark.parametrize(("name", "target"), DELETES)
def test_a_worker_that_dies_after_its_call_deletes_nothing_twice(
    company: Company, desk: Desk, outside: Outside, name: str, target: str
) -> None:
    project = desk.admitted()
    outside.mark()
    struck = desk.crash_after(name, target)
    ticket = archived(company, desk, project)
    assert (len(struck), sorted(outside.changed())) == (1, REMOVED)
    step = ticket.steps.get(name=name, target__startswith=target)
    assert step.output["did"] == "removed"


@pytest.mark.parametrize(("server", "call"), CALLS)
def test_an_answer_that_is_lost_is_looked_up(
    company: Company, desk: Desk, outside: Outside, server: str, call: str
) -> None:
    project = desk.admitted()
    outside.mark()
    fault(company.sandbox.servers[server], call, "accept_then_drop", times=1)
    archived(company, desk, project, hurry=True)
    # The HTTP client sends a DELETE again whose connection broke; the uid in it makes that harmless.
    assert sorted(set(outside.changed())) == REMOVED
    assert {state for what, _, state in states(project) if what != "repository"} == {"removed"}


# -- undoing -----------------------------------------------------------------------------------------------
def test_undoing_a_failed_request_frees_the_name_and_spares_the_job_that_failed_it(
    company: Company, desk: Desk, outside: Outside
) -> None:
    slug = "pay-undo-n1"
    request = desk.ask(slug)
    jenkins = get_jenkins(company.servers["jenkins"])
    run(jenkins.create(slug, "<project><description>by hand</description></project>"), 5)
    request = desk.run(desk.approve(request))
    assert request.reason["code"] == "access.job_taken"
    outside.mark()
    undo, is_new = undo_access(request, actor=company.actor("ops"))
    assert (undo.status, is_new, undo.form) == ("queued", True, {"because": request.pk})
    undo = desk.run(undo)
    assert undo.status == "succeeded", steps_of(undo)
    assert sorted(outside.changed()) == REMOVED[:4]
    assert run(jenkins.find_job(slug), 5) is not None
    project = fresh(request.project)
    assert (project.stage, project.slug) == ("withdrawn", f"{slug}~{request.pk}")
    assert {state for what, _, state in states(project) if what != "repository"} == {"removed"}
    with pytest.raises(Conflict, match=r"access\.not_undoable"):
        undo_access(Ticket.objects.get(pk=request.pk), actor=company.actor("ops"))


def test_a_hook_of_which_nobody_heard_is_found_by_its_key_and_taken_away(
    company: Company, desk: Desk, outside: Outside
) -> None:
    """Its answers were lost for so long that the step gave up."""
    request = desk.approve(desk.ask())
    desk.crash_after("add_webhook")
    ticket = desk.run(request, until=lambda: "gitlab hook.create" in [" ".join(one) for one in outside.changed()])
    url = f"http://testserver/hooks/gitlab/{ticket.project.slug}"
    rows = Provision.objects.filter(project=ticket.project, what="webhook")
    rows.update(confirmed_at=None, address={"project_id": REPOSITORY_ID, "url": url})
    ticket.steps.filter(name="add_webhook").update(status="errored", lease_until=None, lease_owner="", due_at=None)
    Ticket.objects.filter(pk=ticket.pk).update(status="errored")
    undo = desk.run(undo_access(Ticket.objects.get(pk=ticket.pk), actor=company.actor("developer"))[0])
    assert undo.status == "succeeded", steps_of(undo)
    assert url not in hooks_of(company)
    assert (rows.get().state, rows.get().confirmed_at is None) == ("removed", False)
