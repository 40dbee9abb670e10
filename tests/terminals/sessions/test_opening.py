"""Opening a session: by the environment's policy, for whom, in which pod, and how many."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.projects.models import Environment, ProjectEnvironment
from apps.terminals.models import TerminalClaim, TerminalSession
from apps.terminals.services.claims import digest_of
from tests.releases.hand import SLUG, Cluster, Outside
from tests.support.story import Company
from tests.terminals.sessions.web import REASON, SESSIONS, browser, first_pod_on, opened, wanted, workload_on
from tests.tickets.web import refusals, told, with_token

pytestmark = pytest.mark.django_db(transaction=True)


def nothing_was_opened() -> bool:
    return not TerminalSession.objects.exists() and not TerminalClaim.objects.exists()


def test_a_member_opens_a_shell_in_test_and_gets_a_claim_that_only_he_is_told(company: Company) -> None:
    client, answer = opened(company)
    session = TerminalSession.objects.get()
    pod = first_pod_on("test-1")
    assert (session.pod, session.pod_uid, session.container) == (pod["metadata"]["name"], pod["metadata"]["uid"], "app")
    assert (session.state, session.minutes, session.ends_at, session.host) == ("opening", 20, None, "")
    assert session.login.user == company.people["developer"]
    assert answer["socket"] == f"/ws/terminals/{session.pk}/"
    assert TerminalClaim.objects.get().digest == digest_of(answer["claim"])
    event = AuditEvent.objects.get(action="terminal.requested")
    assert (event.target_id, event.params["reason"], event.params["break_glass"]) == (str(session.pk), REASON, False)
    seen = client.get(f"{SESSIONS}{session.pk}/")
    secrets = (answer["claim"], digest_of(answer["claim"]), str(session.marker), session.login.session_key)
    everything = seen.content.decode() + client.get(SESSIONS).content.decode() + str(event.params)
    assert [one for one in secrets if one in everything] == []
    assert seen.json()["may"]["end"]["allowed"] is True
    assert [one["code"] for one in seen.json()["happened"]] == ["terminal.requested"]


def test_what_happened_names_people_as_the_rest_of_the_page_does(company: Company) -> None:
    User.objects.filter(pk=company.people["developer"].pk).update(display_name="Li Wei")
    client, _ = opened(company)
    seen = client.get(f"{SESSIONS}{TerminalSession.objects.get().pk}/").json()
    assert [one["actor"] for one in seen["happened"]] == ["Li Wei"]
    assert AuditEvent.objects.get(action="terminal.requested").actor_name == company.people["developer"].username


@pytest.mark.parametrize("who", ["developer", "tester", "ops"])
def test_every_role_of_the_pair_opens_at_once_where_the_policy_is_open(company: Company, who: str) -> None:
    opened(company, who)
    assert TerminalSession.objects.get().user == company.people[who]


@pytest.mark.parametrize(
    ("who", "status", "code"),
    [("stranger", 404, "not_found"), ("owner", 403, "policy.needs_role"), ("admin", 403, "policy.needs_role")],
)
def test_who_has_no_role_there_opens_nothing_and_the_attempt_is_recorded(
    company: Company, outside: Outside, who: str, status: int, code: str
) -> None:
    answer = browser(company.people[who]).post(SESSIONS, wanted())
    assert told(answer) == (status, code)
    assert nothing_was_opened()
    assert refusals() == ["terminal.open"]
    assert outside.changed() == []


def test_an_api_token_never_opens_watches_or_ends_a_shell(company: Company) -> None:
    client = with_token(company.people["developer"], "*")
    assert told(client.post(SESSIONS, wanted())) == (403, "policy.no_tokens")
    assert nothing_was_opened()
    opened(company)
    session = TerminalSession.objects.get()
    for deed, body in (("claims", None), ("watch", None), ("end", {"message": "x"}), ("extend", {"minutes": 5})):
        answer = client.post(f"{SESSIONS}{session.pk}/{deed}/", body)
        assert told(answer) == (403, "policy.no_tokens"), deed
    session.refresh_from_db()
    assert (session.end_requested_at, session.extended_at, session.watchers.count()) == (None, None, 0)


def test_a_session_without_a_login_of_the_portal_opens_nothing(company: Company) -> None:
    from tests.tickets.web import signed_in

    assert told(signed_in(company.people["developer"]).post(SESSIONS, wanted())) == (403, "terminal.needs_login")
    assert nothing_was_opened()


def test_production_asks_for_a_ticket_and_says_whether_the_glass_may_be_broken(company: Company) -> None:
    client = browser(company.people["developer"])
    answer = client.post(SESSIONS, wanted("dc1"))
    assert told(answer) == (409, "terminal.needs_ticket")
    assert answer.json()["params"] == {"environment": "production", "break_glass": True}
    Environment.objects.filter(slug="production").update(shell_policy="ticket")
    assert client.post(SESSIONS, wanted("dc1")).json()["params"]["break_glass"] is False
    Environment.objects.filter(slug="test").update(shell_policy="ticket")
    assert told(client.post(SESSIONS, wanted())) == (409, "terminal.needs_ticket")
    assert nothing_was_opened()


def _locked(company: Company) -> dict[str, Any]:
    ProjectEnvironment.objects.filter(environment__slug="test").update(
        locked_by=company.people["ops"], lock_reason="a load test", locked_until=timezone.now() + timedelta(hours=1)
    )
    return {}


def _archived(company: Company) -> dict[str, Any]:
    company.projects[SLUG].archived_at = timezone.now()
    company.projects[SLUG].save()
    return {}


REFUSED: dict[str, tuple[Callable[[Company], dict[str, Any]], int, str]] = {
    "a pod that is not there": (lambda c: {"pod": "gone-1"}, 409, "pod.gone"),
    "a container that is not there": (lambda c: {"container": "sidecar"}, 409, "pod.no_container"),
    "a cluster of another environment": (lambda c: {"cluster": "dc1"}, 409, "terminal.not_on_cluster"),
    "a workload nobody knows": (lambda c: {"workload": 10**9}, 404, "not_found"),
    "a short reason": (lambda c: {"reason": "look"}, 400, "invalid"),
    "a day": (lambda c: {"minutes": 1440}, 400, "invalid"),
    "somebody else's time": (_locked, 409, "terminal.environment_locked"),
    "an archived project": (_archived, 409, "project.not_active"),
    "a ticket that is not there": (lambda c: {"ticket": 10**9}, 409, "terminal.ticket_not_yours"),
    "a path for a pod": (lambda c: {"pod": "../../secrets/x"}, 400, "invalid"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_opened_says_why_and_opens_nothing(company: Company, name: str) -> None:
    change, status, code = REFUSED[name]
    body = wanted()
    body.update(change(company))
    assert told(browser(company.people["developer"]).post(SESSIONS, body)) == (status, code)
    assert nothing_was_opened()


def test_a_pod_with_the_workloads_labels_that_is_not_its_own_is_refused(company: Company) -> None:
    cluster = Cluster(company, "test-1")
    labels = first_pod_on("test-1")["metadata"]["labels"]
    stray = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stray", "namespace": "test", "labels": labels},
        "spec": {"containers": [{"name": "app", "image": "busybox:1"}]},
    }
    cluster.call("POST", "/api/v1/namespaces/test/pods", stray)
    try:
        answer = browser(company.people["developer"]).post(SESSIONS, {**wanted(), "pod": "stray"})
        assert told(answer) == (409, "pod.not_ours")
        assert nothing_was_opened()
    finally:
        cluster.call("DELETE", "/api/v1/namespaces/test/pods/stray?gracePeriodSeconds=0")


def test_the_sixth_shell_of_one_person_is_refused_and_anothers_is_not(company: Company) -> None:
    client, _ = opened(company)
    for _ in range(settings.CONFIG.terminal_sessions_per_user - 1):
        assert client.post(SESSIONS, wanted()).status_code == 201
    answer = client.post(SESSIONS, wanted())
    assert told(answer) == (409, "terminal.too_many")
    assert answer.json()["params"] == {"live": 5, "most": 5}
    assert TerminalSession.objects.count() == 5
    opened(company, "ops")
    one = TerminalSession.objects.filter(user=company.people["developer"]).earliest("pk")
    assert client.post(f"{SESSIONS}{one.pk}/end/", {}).json()["end"]["code"] == "terminal.end.left"
    assert client.post(SESSIONS, wanted()).status_code == 201


def test_the_image_and_version_of_the_container_are_kept(company: Company) -> None:
    _, answer = opened(company)
    image = first_pod_on("test-1")["spec"]["containers"][0]["image"]
    assert answer["image"] == image
    assert answer["version"] == image.partition("@")[0].rpartition(":")[2]
    assert answer["workload_id"] == workload_on("test-1").pk
