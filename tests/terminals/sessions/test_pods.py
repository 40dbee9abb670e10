"""The pods of a workload over the API: by meaning, worst first, one LIST however many look."""

from __future__ import annotations

import pytest

from apps.terminals.models import TerminalSession
from apps.terminals.services import live
from apps.workloads.pods import listing
from tests.releases.hand import SLUG, Cluster
from tests.support.sandbox import journal
from tests.support.story import Company, wait_for
from tests.terminals.sessions.paper import HOST
from tests.terminals.sessions.web import browser, key_of, opened, pods_on, workload_on
from tests.tickets.web import refusals, signed_in, told

pytestmark = pytest.mark.django_db(transaction=True)


def pods(cluster: str = "test-1", project: str = SLUG) -> str:
    return f"/api/v1/projects/{project}/workloads/{workload_on(cluster).pk}/pods/"


def test_a_member_sees_the_pods_on_every_cluster_of_the_environment(company: Company) -> None:
    answer = signed_in(company.people["tester"]).get(pods("dc1")).json()
    assert [(one["cluster"], one["reachable"], one["code"]) for one in answer["clusters"]] == [
        ("dc1", True, ""),
        ("dc2", True, ""),
    ]
    assert {(one["cluster"], one["uid"]) for one in answer["pods"]} == {
        (cluster, pod["metadata"]["uid"]) for cluster in ("dc1", "dc2") for pod in pods_on(cluster)
    }
    assert {one["is_new"] for one in answer["pods"]} == {True}
    assert {one["workload"] for one in answer["pods"]} == {workload_on("dc1").pk, workload_on("dc2").pk}
    assert all(one["detail"] for one in answer["pods"])


def test_a_hundred_looks_within_a_second_are_one_list(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listing, "KEPT_SECONDS", 60.0)
    client, server = signed_in(company.people["developer"]), company.sandbox.clusters["test-1"]
    since = journal(server).last
    for _ in range(100):
        assert client.get(pods()).status_code == 200
    assert len(journal(server).find("pods.list", since=since)) == 1
    monkeypatch.setattr(listing, "KEPT_SECONDS", 0.0)
    since = journal(server).last
    client.get(pods())
    assert [entry.kind for entry in journal(server).find(since=since)] == ["pods.list"]


def test_while_two_versions_are_there_the_newest_replica_set_says_which_pods_are_new(
    company: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "KEPT_SECONDS", 0.0)
    client, cluster = signed_in(company.people["developer"]), Cluster(company, "test-1")
    before = {pod["metadata"]["uid"] for pod in pods_on("test-1")}
    image = cluster.image()
    cluster.set_image("registry.invalid/shop/none:20991231-235959-u9")
    try:

        def states() -> dict[str, tuple[bool, str]]:
            return {one["uid"]: (one["is_new"], one["state"]) for one in client.get(pods()).json()["pods"]}

        wait_for(lambda: (True, "image_pull") in states().values(), 20, "the new pod's trouble")
        found = client.get(pods()).json()["pods"]
        assert found[0]["state"] == "image_pull"
        assert found[0]["version"] == "20991231-235959-u9"
        assert {one["is_new"] for one in found if one["uid"] in before} == {False}
    finally:
        cluster.set_image(image)
        wait_for(lambda: len(pods_on("test-1")) == 2, 20, "the old pods")


def test_a_cluster_that_does_not_answer_is_named_and_the_others_pods_are_shown(company: Company) -> None:
    row = workload_on("dc2").placement.cluster
    type(row).objects.filter(pk=row.pk).update(is_enabled=False)
    answer = signed_in(company.people["developer"]).get(pods("dc1")).json()
    silent = answer["clusters"][1]
    assert (silent["cluster"], silent["reachable"], silent["code"]) == ("dc2", False, "integration.disabled")
    assert silent["detail"]
    assert {one["cluster"] for one in answer["pods"]} == {"dc1"}


def test_a_pod_that_was_touched_by_hand_says_by_whom(company: Company) -> None:
    client, session = opened(company)
    live.redeem(session["id"], session["claim"], key_of(client), host=HOST)
    live.note_opened(session["id"], HOST, "/bin/sh")
    live.note_first_use(session["id"])
    found = {one["name"]: one for one in client.get(pods()).json()["pods"]}
    touched = found.pop(session["pod"])
    assert (touched["touched_by"], touched["touched_session"]) == ("developer", session["id"])
    assert touched["touched_at"] is not None
    assert {one["touched_at"] for one in found.values()} == {None}
    assert TerminalSession.objects.get().touched_at is not None


@pytest.mark.parametrize(
    ("who", "status", "code"), [("stranger", 404, "not_found"), ("admin", 403, "policy.needs_member")]
)
def test_who_is_no_member_sees_no_pods(company: Company, who: str, status: int, code: str) -> None:
    since = journal(company.sandbox.clusters["test-1"]).last
    assert told(browser(company.people[who]).get(pods())) == (status, code)
    assert refusals() == ["pod.read"]
    assert journal(company.sandbox.clusters["test-1"]).find(since=since) == []


def test_a_workload_of_another_project_is_not_there(company: Company) -> None:
    client = signed_in(company.people["developer"])
    assert told(client.get(pods(project="other"))) == (404, "not_found")
