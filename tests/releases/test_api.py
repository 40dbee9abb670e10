"""Releases, previews, the inbox and the board over HTTP, against the running stand-ins."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models.functions import Now
from rest_framework.test import APIClient

from apps.releases.models import Build, Release, Verdict
from apps.tickets import freshness
from apps.tickets.models import Ticket
from apps.workloads.clusters import read_seen
from apps.workloads.models import ClusterHeartbeat, ObservedDeployment, Workload
from tests.releases.hand import SLUG, Cluster, Hand, Outside, commit
from tests.support.factories import grant, make_environment, make_user
from tests.support.sandbox import fault
from tests.support.story import Company
from tests.tickets.test_api_races import at_once
from tests.tickets.web import TICKETS, refusals, signed_in, told

pytestmark = pytest.mark.django_db(transaction=True)
API = "/api/v1/"


def client_of(company: Company, who: str) -> APIClient:
    return signed_in(company.people[who])


def asked(kind: str, environment: str, **form: Any) -> dict[str, Any]:
    return {"kind": kind, "project": SLUG, "environment": environment, "form": form}


def preview(company: Company, who: str, kind: str, environment: str, **form: Any) -> dict[str, Any]:
    answer = client_of(company, who).post(f"{TICKETS}preview", asked(kind, environment, **form))
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def findings(found: dict[str, Any]) -> list[tuple[str, str]]:
    return [(f["level"], f["code"]) for f in found["findings"]]


def observe(company: Company) -> None:
    """What the watcher would have written by now."""
    for workload in Workload.objects.select_related("placement__cluster"):
        fields = ObservedDeployment.fields_of(read_seen(workload))
        ObservedDeployment.objects.update_or_create(workload=workload, defaults=fields)
        ClusterHeartbeat.objects.update_or_create(cluster=workload.placement.cluster, defaults={"seen_at": Now()})


def test_a_release_is_previewed_with_the_present_image_and_the_pattern_of_the_new_one(
    company: Company, outside: Outside
) -> None:
    found = preview(company, "developer", "release", "test", ref="main")
    host = company.sandbox.world.registry_host
    (change,) = found["changes"]
    assert change["before"] == Cluster(company, "test-1").image()
    assert change["after"] == f"{host}/shop/{SLUG}:YYYYMMDD-HHMMSS-u<user id>@sha256:…"
    assert (change["is_pattern"], change["replicas"], change["cluster"]) == (True, 2, "test-1")
    assert (found["can_file"], found["first_status"], found["approvals_needed"]) == (True, "queued", 0)
    assert (found["commits"], found["commits_reason"]["code"]) == (None, "commits.nothing_runs")
    assert Ticket.objects.count() == 0
    assert outside.changed() == []
    bad = client_of(company, "developer").post(f"{TICKETS}preview", asked("release", "test", ref="no-such-branch"))
    assert told(bad) == (400, "release.ref_missing")
    assert findings(preview(company, "developer", "release", "production", ref="main")) == [
        ("deny", "release.gated_environment")
    ]


def test_a_promote_is_previewed_filed_confirmed_and_approved_over_http(company: Company, hand: Hand) -> None:
    release = hand.released()
    developer, tester, ops = (client_of(company, who) for who in ("developer", "tester", "ops"))
    found = preview(company, "developer", "promote", "production", release=release.tag)
    assert [(g["name"], g["state"]) for g in found["gates"]] == [("built", "met"), ("tested", "missing")]
    assert found["gates"][1]["detail"] == "No tester has given a verdict in test yet."
    image = f"{company.sandbox.world.registry_host}/shop/{SLUG}:{release.tag}@{release.digest}"
    assert [(c["cluster"], c["wave"], c["after"]) for c in found["changes"]] == [("dc1", 1, image), ("dc2", 2, image)]
    path = "spec.template.spec.containers[app].image"
    assert [c["changed_fields"] for c in found["changes"]] == [[path], [path]]
    assert (found["first_status"], found["approvals_needed"]) == ("pending_confirmation", 1)
    assert [p["username"] for p in found["who_may_decide"]] == ["ops", "ops2"]

    (unjudged,) = tester.get(f"{API}inbox").json()["results"]
    assert (unjudged["kind"], unjudged["release"]["tag"], unjudged["needs"]) == ("release", release.tag, "verdict")
    assert developer.get(f"{API}inbox").json()["counts"]["needs"] == 0

    ticket = developer.post(TICKETS, asked("promote", "production", release=release.tag)).json()
    assert (ticket["status"], ticket["release"]["tag"]) == ("pending_confirmation", release.tag)
    assert [t["id"] for t in tester.get(f"{API}inbox").json()["results"]] == [ticket["id"]]
    assert tester.get(f"{API}inbox").json()["results"][0]["needs"] == "confirm"
    assert ops.get(f"{API}inbox").json()["counts"]["needs"] == 0
    assert developer.get(f"{API}inbox?tab=following").json()["counts"] == {"needs": 0, "following": 1, "done": 1}

    given = {"environment": "test", "outcome": "passed", "evidence": [{"title": "run 7", "url": "https://ci/7"}]}
    verdicts = f"{API}releases/{release.pk}/verdicts/"
    assert told(developer.post(verdicts, given)) == (403, "policy.needs_role")
    answer = tester.post(verdicts, given)
    assert (answer.status_code, answer.json()["evidence"]) == (201, given["evidence"])

    assert tester.get(f"{API}inbox").json()["results"] == []
    (waiting,) = ops.get(f"{API}inbox").json()["results"]
    assert (waiting["id"], waiting["needs"], waiting["status"]) == (ticket["id"], "approve", "pending_approval")
    assert tester.get(f"{API}inbox").json()["counts"]["needs"] == 0
    card = ops.get(f"{TICKETS}{ticket['id']}/").json()
    assert [g["state"] for g in card["gates"]] == ["met", "met"]
    decided = ops.post(
        f"{TICKETS}{ticket['id']}/approvals/", {"decision": "approve", "fingerprint": card["fingerprint"]}
    )
    assert decided.status_code == 201
    hand.drive(Ticket.objects.get(pk=ticket["id"]))
    ended = developer.get(f"{TICKETS}{ticket['id']}/").json()
    assert (ended["status"], ended["reason"]) == ("succeeded", None)
    assert [(r["cluster"], r["result"], r["to_digest"]) for r in ended["rollouts"]] == [
        ("dc1", "succeeded", release.digest),
        ("dc2", "succeeded", release.digest),
    ]
    again = preview(company, "developer", "promote", "production", release=release.tag)
    assert ("warn", "preview.runs_already") in findings(again)
    passport = developer.get(f"{API}releases/{release.pk}/").json()
    assert [r["environment"] for r in passport["ran_in"]] == ["production", "test"]
    assert [t["kind"] for t in passport["tickets"]] == ["promote", "release"]
    assert (passport["labels"]["org.opencontainers.image.version"], passport["digest"]) == (release.tag, release.digest)
    listed = developer.get(f"{API}releases/?project={SLUG}&environment=production").json()["results"]
    assert [r["tag"] for r in listed] == [release.tag]


def test_the_releases_requester_may_not_approve_though_another_filed_and_it_is_not_in_his_inbox(
    company: Company, hand: Hand
) -> None:
    release = hand.passed()
    developer = company.people["developer"]
    grant(developer, company.projects[SLUG], company.environments["production"], "ops")
    ticket = hand.promote(release, "tester")
    client = client_of(company, "developer")
    inbox = client.get(f"{API}inbox").json()
    assert (inbox["counts"]["needs"], inbox["results"]) == (0, [])
    answer = client.post(f"{TICKETS}{ticket.pk}/approvals/", {"decision": "approve", "fingerprint": ticket.fingerprint})
    assert told(answer) == (403, "policy.not_requester")
    found = preview(company, "tester", "promote", "production", release=release.tag)
    assert [p["username"] for p in found["who_may_decide"]] == ["ops", "ops2"]
    assert ("warn", "preview.retires") in findings(found)


def test_a_refused_gate_and_a_silent_cluster_are_findings_not_ticks(company: Company, hand: Hand) -> None:
    release = hand.released()
    hand.say(release, "failed")
    found = preview(company, "developer", "promote", "production", release=release.tag)
    assert (found["can_file"], found["first_status"]) == (False, None)
    assert findings(found) == [("deny", "gate.failed_verdict")]
    assert [g["state"] for g in found["gates"]] == ["met", "refused"]
    hand.say(release, "passed")
    fault(company.sandbox.clusters["dc2"], "deployments.get", "status", status=503, times=20)
    found = preview(company, "developer", "promote", "production", release=release.tag)
    assert found["can_file"] is False
    assert findings(found) == [("unknown", "outside.unavailable")]
    assert [(c["cluster"], c["not_checked"] is None, c["refused"]) for c in found["changes"]] == [
        ("dc1", True, None),
        ("dc2", False, None),
    ]


def test_a_card_is_shown_though_its_clusters_are_silent_and_they_are_not_asked_again_at_once(
    company: Company, hand: Hand, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket = hand.promote(hand.passed())
    Ticket.objects.filter(pk=ticket.pk).update(created_at="2026-01-01T00:00:00Z")
    for name in ("dc1", "dc2"):
        fault(company.sandbox.clusters[name], "deployments.get", "status", status=503, times=50)
    ops = client_of(company, "ops")
    first = ops.get(f"{TICKETS}{ticket.pk}/").json()
    assert first["fingerprint_trouble"]["code"] == "outside.unavailable"
    assert first["fingerprint_trouble"]["detail"].startswith("Kubernetes “dc")
    assert first["fingerprint_checked_at"] == "2026-01-01T00:00:00Z"
    asked_then = len(company.sandbox.clusters["dc1"].journal.find("deployments.get"))
    assert ops.get(f"{TICKETS}{ticket.pk}/").json()["fingerprint_trouble"] == first["fingerprint_trouble"]
    assert len(company.sandbox.clusters["dc1"].journal.find("deployments.get")) == asked_then
    for server in company.sandbox.clusters.values():
        server.faults.clear()
    monkeypatch.setattr(freshness, "_troubles", {})
    healed = ops.get(f"{TICKETS}{ticket.pk}/").json()
    assert (healed["fingerprint_trouble"], healed["fingerprint"]) == (None, ticket.fingerprint)
    assert healed["fingerprint_checked_at"] > "2026-01-01T00:00:00Z"


def test_commits_since_what_runs_are_listed_and_unknown_is_said(company: Company, hand: Hand) -> None:
    earlier = hand.released()
    sha = commit(company, "faster", {"notes.txt": "quick"}, "Make it faster")
    found = preview(company, "developer", "release", "test", ref="faster")
    assert found["commits"]["to_commit"] == sha
    assert [c["title"] for c in found["commits"]["commits"]] == ["Make it faster"]
    release = hand.released("faster")
    developer = client_of(company, "developer")
    at = f"{API}releases/{release.pk}/commits"
    unknown = developer.get(at).json()
    assert (unknown["environment"]["slug"], unknown["commits"]) == ("production", None)
    assert unknown["reason"]["code"] == "commits.nothing_runs"
    assert developer.get(f"{at}?environment=test").json()["commits"]["commits"] == []
    older = developer.get(f"{API}releases/{earlier.pk}/commits?environment=test").json()
    assert (older["reason"], older["commits"]["from_tag"], older["commits"]["commits"]) == (None, release.tag, [])
    assert told(developer.get(f"{at}?environment=nowhere")) == (400, "invalid")
    fault(company.sandbox.gitlab, "*", "status", status=503, times=20)
    silent = preview(company, "developer", "promote", "production", release=release.tag)
    assert silent["commits"] is None


def test_the_log_is_read_on_from_an_offset_and_a_running_build_is_marked_as_watched(
    company: Company, hand: Hand
) -> None:
    release = hand.released()
    hand.drive(Ticket.objects.get(), until=lambda: Build.objects.filter(log_complete=True).exists())
    build = Build.objects.get()
    developer = client_of(company, "developer")
    at = f"{API}builds/{build.pk}/log"
    whole = developer.get(at).json()
    assert (whole["complete"], whole["offset"], whole["next_offset"]) == (True, 0, whole["size"])
    assert len(whole["text"].encode()) == whole["size"] > 0
    rest = developer.get(f"{at}?offset={whole['size'] - 10}").json()
    assert rest["text"] == whole["text"][-10:]
    assert developer.get(f"{at}?offset={whole['size']}").json()["text"] == ""
    assert told(developer.get(f"{at}?offset=-1")) == (400, "invalid")
    assert Build.objects.get().watched_at is None
    Build.objects.update(state="running")
    developer.get(at)
    first = Build.objects.get().watched_at
    developer.get(at)
    assert first is not None
    assert Build.objects.get().watched_at == first
    text = developer.get(f"{API}releases/{release.pk}/dockerfile")
    assert (text["Content-Type"], text.content.decode()) == ("text/plain; charset=utf-8", release.dockerfile)
    assert developer.get(f"{API}releases/{release.pk}/presence").json()["present"] is True


def test_to_a_stranger_releases_builds_and_the_board_look_like_nothing(company: Company, hand: Hand) -> None:
    release, build = hand.released(), Build.objects.get()
    stranger = client_of(company, "stranger")
    given = {"environment": "test", "outcome": "passed"}
    tried = 0
    for url, missing in (
        (f"releases/{release.pk}/", "releases/999999/"),
        (f"releases/{release.pk}/commits", f"releases/{2**70}/commits"),
        (f"releases/{release.pk}/presence", "releases/999999/presence"),
        (f"releases/{release.pk}/dockerfile", "releases/999999/dockerfile"),
        (f"releases/{release.pk}/verdicts/", "releases/999999/verdicts/"),
        (f"builds/{build.pk}/", "builds/999999/"),
        (f"builds/{build.pk}/log", "builds/999999/log"),
        (f"board?project={SLUG}", "board?project=no-such-project"),
    ):
        answers = [{**stranger.get(API + one).json(), "request_id": ""} for one in (url, missing)]
        assert answers[0] == answers[1], url
        assert answers[0]["code"] == "not_found", url
        tried += 1
    for environment in ("test", "nowhere"):
        body = {**given, "environment": environment}
        assert told(stranger.post(f"{API}releases/{release.pk}/verdicts/", body)) == (404, "not_found")
        tried += 1
    assert stranger.get(f"{API}releases/").json()["results"] == []
    assert Verdict.objects.count() == 0
    assert len(refusals()) == tried


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("javascript:alert(1)", "not_a_web_address"),
        ("ftp://files/1", "not_a_web_address"),
        ("//host/x", "not_a_web_address"),
        ("https:///x", "not_a_web_address"),
        ("https://[::1/x", "not_a_web_address"),
        ("https://host/<script>", "not_a_web_address"),
        ("https://host.example@evil.example/x", "address_has_credentials"),
        ("https://user:secret@host.example/x", "address_has_credentials"),
    ],
)
def test_evidence_is_a_web_address_without_credentials(company: Company, url: str, code: str) -> None:
    release = Release.objects.create(project=company.projects[SLUG], image_repository="x", digest="sha256:" + "0" * 64)
    body = {"environment": "test", "outcome": "passed", "evidence": [{"title": "x", "url": url}]}
    answer = client_of(company, "tester").post(f"{API}releases/{release.pk}/verdicts/", body)
    assert told(answer) == (400, "invalid")
    assert answer.json()["fields"]["evidence.0.url"][0]["code"] == code
    assert Verdict.objects.count() == 0


def test_the_board_shows_what_was_observed_drift_and_silence_without_asking_a_cluster(
    company: Company, hand: Hand, django_assert_max_num_queries: Any
) -> None:
    release = hand.released()
    observe(company)
    developer = client_of(company, "developer")
    calls = {name: server.journal.last for name, server in company.sandbox.servers.items()}
    developer.get(f"{API}board?project={SLUG}")  # that the session was seen is noted once a minute
    # Of two environments; among them the chain, gates and asked promotes (4), and the reader's grants (2).
    with django_assert_max_num_queries(27):
        board = developer.get(f"{API}board?project={SLUG}").json()
    test, production = board["environments"]
    (cell,) = test["cells"]
    assert (cell["digest"], cell["release"]["tag"]) == (release.digest, release.tag)
    assert (cell["ready"], cell["total"], cell["is_drifted"], cell["is_moving"]) == (2, 2, False, False)
    assert (cell["cluster"]["name"], cell["cluster"]["is_silent"]) == ("test-1", False)
    assert [c["cluster"]["name"] for c in production["cells"]] == ["dc1", "dc2"]
    assert [c["is_drifted"] for c in production["cells"]] == [False, False]
    assert {name: server.journal.last for name, server in company.sandbox.servers.items()} == calls

    ObservedDeployment.objects.filter(digest=release.digest).update(digest="sha256:" + "1" * 64)
    ClusterHeartbeat.objects.filter(cluster__name="test-1").update(seen_at="2026-01-01T00:00:00Z")
    ClusterHeartbeat.objects.filter(cluster__name="dc2").delete()
    hand.promote(release)
    board = developer.get(f"{API}board?project={SLUG}").json()
    test, production = board["environments"]
    (cell,) = test["cells"]
    assert (cell["is_drifted"], cell["release"], cell["expected_digest"]) == (True, None, release.digest)
    assert (cell["cluster"]["is_silent"], production["cells"][1]["cluster"]["seen_at"]) == (True, None)
    assert [t["status"] for t in production["open_tickets"]] == ["pending_confirmation"]


def test_a_tester_of_another_environment_is_not_asked(company: Company, hand: Hand) -> None:
    release = hand.released()
    hand.promote(release)
    elsewhere = make_environment("elsewhere", "test")
    other = make_user("other-tester")
    grant(other, company.projects[SLUG], elsewhere, "tester")
    grant(other, company.projects[SLUG], company.environments["production"], "tester")
    assert signed_in(other).get(f"{API}inbox").json()["counts"]["needs"] == 0
    grant(other, company.projects[SLUG], company.environments["test"], "tester")
    assert signed_in(other).get(f"{API}inbox").json()["counts"]["needs"] == 1


def test_twenty_releases_of_one_person_in_one_second_are_twenty_versions(company: Company) -> None:
    clients = [client_of(company, "developer") for _ in range(20)]
    answers = at_once([lambda c=c: c.post(TICKETS, asked("release", "test", ref="main")) for c in clients])
    assert [a.status_code for a in answers] == [201] * 20
    assert len({a.json()["release"]["tag"] for a in answers}) == 20


def test_a_tester_is_asked_for_the_newest_version_in_a_place_only(company: Company, hand: Hand) -> None:
    hand.released()
    newest = hand.released()
    (line,) = client_of(company, "tester").get(f"{API}inbox").json()["results"]
    assert (line["release"]["tag"], line["needs"]) == (newest.tag, "verdict")
