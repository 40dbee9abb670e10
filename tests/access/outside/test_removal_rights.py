"""Who may archive and undo, and how the API tells it; what every reason says."""

from __future__ import annotations

from typing import Any

import pytest

from apps.access.removal import archive_project, undo_access
from apps.common.errors import Conflict, Denied, Invalid, Missing
from apps.common.messages import LANGUAGES, sentence
from apps.tickets.models import Ticket
from tests.access.outside.conftest import Desk
from tests.access.outside.test_removal import REASON, archive
from tests.accounts.factories import PASSWORD, browser
from tests.releases.hand import Outside
from tests.support.story import Company

pytestmark = pytest.mark.django_db(transaction=True)


def signed_in(company: Company, who: str) -> Any:
    person = company.people[who]
    person.set_password(PASSWORD)
    person.save()
    return browser(person)


def test_archiving_takes_an_owner_the_typed_name_a_reason_and_somebody_elses_approval(
    company: Company, desk: Desk, outside: Outside
) -> None:
    project = desk.admitted()
    outside.mark()
    with pytest.raises(Invalid, match=r"access\.confirm_differs"):
        archive(company, project, confirm="pay")
    with pytest.raises(Invalid) as missing:
        archive_project(project, {"confirm": project.slug}, actor=company.actor("developer"))
    assert set(missing.value.fields or {}) == {"reason"}
    with pytest.raises(Denied):
        archive(company, project, who="tester")
    with pytest.raises(Missing):
        archive(company, project, who="stranger")
    ticket = archive(company, project)
    assert (ticket.status, ticket.approvals_needed) == ("pending_approval", 1)
    with pytest.raises(Denied):
        desk.approve(ticket, "developer")
    with pytest.raises(Conflict, match=r"ticket\.project_closing"):
        archive(company, project)
    assert outside.changed() == []
    assert [one["what"] for one in ticket.fingerprint_content["removes"]].count("namespace") == 3


def test_a_request_that_is_under_way_or_done_is_not_undone(company: Company, desk: Desk, outside: Outside) -> None:
    waiting = desk.ask()
    done = Ticket.objects.get(project=desk.admitted(), kind="project_access")
    outside.mark()
    for ticket in (waiting, done):
        with pytest.raises(Conflict, match=r"access\.not_undoable"):
            undo_access(ticket, actor=company.actor("developer"))
    with pytest.raises((Denied, Missing)):
        undo_access(waiting, actor=company.actor("tester"))
    assert outside.changed() == []


def test_the_api_tells_what_was_set_up_previews_an_archiving_and_files_it(company: Company, desk: Desk) -> None:
    project = desk.admitted()
    base = f"/api/v1/projects/{project.slug}"
    client = signed_in(company, "stranger")
    assert [client.get(f"{base}/{page}/").status_code for page in ("provisions", "archive")] == [404, 404]
    client = signed_in(company, "tester")
    assert client.get(f"{base}/provisions/").status_code == 200
    assert client.get(f"{base}/archive/").status_code == 403
    client = signed_in(company, "developer")
    rows = client.get(f"{base}/provisions/").json()["results"]
    assert sorted(rows[0]) == [
        "created_at", "id", "last_event", "last_event_at", "link", "name", "reason", "removed_at", "state", "system",
        "target", "ticket", "what",
    ]  # fmt: skip
    assert [row["state"] for row in rows].count("adopted") == 1
    seen = client.get(f"{base}/archive/").json()
    assert (seen["blocked"], len(seen["removes"]), len(seen["keeps"])) == (None, 7, 1)
    body = {"confirm": project.slug, "reason": REASON}
    first = client.post(f"{base}/archive/", body, format="json", headers={"Idempotency-Key": "once"})
    again = client.post(f"{base}/archive/", body, format="json", headers={"Idempotency-Key": "once"})
    assert (first.status_code, again.status_code) == (201, 200), first.json()
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["kind"] == "project_removal"
    request = Ticket.objects.get(project=project, kind="project_access")
    refused = client.post(f"/api/v1/access/requests/{request.pk}/undo/", {}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "access.not_undoable")
    assert client.post(f"{base}/archive/", {**body, "more": 1}, format="json").status_code == 400


def test_every_reason_of_a_removal_has_its_sentence() -> None:
    params = {"namespace": "n", "cluster": "c", "projects": ["p"], "objects": ["o"], "kinds": ["k"]}
    for code in ("kept_tenants", "kept_foreign", "kept_unread", "kept_adopted"):
        for language in LANGUAGES:
            assert "{" not in sentence(f"access.{code}", params, language)
