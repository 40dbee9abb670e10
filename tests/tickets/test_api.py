"""Tickets over HTTP with the drill kind: filing, preview, reading, deciding, and what is refused to whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.tickets.models import Approval, Ticket
from apps.tickets.outcomes import Failed
from apps.tickets.registry import StepSpec
from tests.support.factories import grant, make_environment, make_project, make_user
from tests.tickets.conftest import Place, turn
from tests.tickets.drill import Drill
from tests.tickets.web import TICKETS, body, refusals, rows, signed_in, told, with_token

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def plan(drill: Drill) -> Drill:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    return drill


def needs_approval(drill: Drill, image: str = "a", count: int = 1) -> None:
    drill.fingerprint, drill.approvals = {"image": image, "targets": [{"cluster": "dc1"}]}, count


def filed(place: Place, who: str = "developer", **form: Any) -> dict[str, Any]:
    client = signed_in(getattr(place, who))
    answer = client.post(TICKETS, body("drill", place.project, place.environment, **form))
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def approve(place: Place, ticket: dict[str, Any], who: str = "ops", **more: Any) -> Any:
    given = {"decision": "approve", "comment": "", "fingerprint": ticket["fingerprint"], **more}
    return signed_in(getattr(place, who)).post(f"{TICKETS}{ticket['id']}/approvals/", given)


def test_a_ticket_goes_from_preview_over_filing_and_approval_to_its_end(place: Place, plan: Drill) -> None:
    needs_approval(plan)
    asked = body("drill", place.project, place.environment, note="the new cover", word="hello")
    developer, before = signed_in(place.developer), rows()
    preview = developer.post(f"{TICKETS}preview", asked).json()
    assert rows() == before
    assert (preview["can_file"], preview["title"], preview["first_status"]) == (True, "a drill", "pending_approval")
    assert [p["username"] for p in preview["who_may_decide"]] == ["ops", "ops2"]
    assert (preview["approvals_needed"], preview["place_in_queue"], preview["findings"]) == (1, 0, [])

    answer = developer.post(TICKETS, asked)
    card = answer.json()
    assert (answer.status_code, card["status"], card["note"]) == (201, "pending_approval", "the new cover")
    assert card["fingerprint_short"] == "-".join(card["fingerprint"][i : i + 4] for i in (0, 4, 8))
    assert card["change"] == plan.fingerprint
    assert {k: v["allowed"] for k, v in card["rights"].items()} == {
        "approve": False,
        "cancel": True,
        "retry": False,
        "review": False,
        "comment": True,
        "verdict": False,
    }
    assert card["rights"]["approve"]["detail"] == "Who requested it may not decide it."

    seen = signed_in(place.ops).get(f"{TICKETS}{card['id']}/").json()
    assert seen["rights"]["approve"] == {"allowed": True, "code": "", "params": {}, "detail": ""}
    decided = approve(place, card, comment="fine")
    assert decided.status_code == 201
    assert {k: decided.json()[k] for k in ("decision", "comment", "fingerprint", "voided_at")} == {
        "decision": "approve",
        "comment": "fine",
        "fingerprint": card["fingerprint"],
        "voided_at": None,
    }
    turn()
    ended = developer.get(f"{TICKETS}{card['id']}/").json()
    assert (ended["status"], ended["reason"], ended["approvals_given"]) == ("succeeded", None, 1)
    assert ended["progress"] == {"total": 2, "done": 2, "now": [], "wrong": []}
    steps = developer.get(f"{TICKETS}{card['id']}/steps/").json()["results"]
    assert [(s["name"], s["status"]) for s in steps] == [("start", "succeeded"), ("one", "succeeded")]


def test_a_failed_step_says_its_reason_in_the_readers_language_and_may_be_retried(place: Place, plan: Drill) -> None:
    plan.script = {("one", ""): [Failed("ticket.step_failed", {"step": "one"})]}
    ticket = filed(place)
    turn()
    place.developer.language = "zh"
    place.developer.save()
    client = signed_in(place.developer)
    card = client.get(f"{TICKETS}{ticket['id']}/").json()
    assert card["reason"] == {
        "code": "ticket.step_failed",
        "params": {"step": "one"},
        "detail": "步骤 one 未成功，打开该步骤查看原因。",
    }
    assert card["progress"] == {"total": 2, "done": 1, "now": [], "wrong": ["one"]}
    assert card["rights"]["retry"]["allowed"]
    plan.script = {}
    assert client.post(f"{TICKETS}{ticket['id']}/retry").json()["status"] == "running"
    turn()
    assert client.get(f"{TICKETS}{ticket['id']}/").json()["status"] == "succeeded"
    assert told(client.post(f"{TICKETS}{ticket['id']}/retry")) == (409, "ticket.not_retryable")


def test_a_change_that_moved_is_refused_with_its_lines_and_the_old_approval_stays_struck(
    place: Place, plan: Drill
) -> None:
    needs_approval(plan, "a", count=2)
    ticket = filed(place)
    assert approve(place, ticket).status_code == 201
    needs_approval(plan, "b", count=2)
    answer = approve(place, ticket, who="ops2")
    assert told(answer) == (409, "approval.changed")
    lines = [{"path": "image", "before": "a", "after": "b"}]
    assert answer.json()["params"]["lines"] == lines
    card = signed_in(place.developer).get(f"{TICKETS}{ticket['id']}/").json()
    assert card["fingerprint"] == answer.json()["params"]["fingerprint"] != ticket["fingerprint"]
    (voided,) = card["approvals"]
    assert voided["voided_at"] is not None
    assert (voided["changed_lines"], voided["void_reason"]["code"]) == (lines, "approval.void_changed")
    assert (card["status"], card["approvals_given"]) == ("pending_approval", 0)


def test_reading_a_waiting_card_looks_again_once_in_the_configured_time(
    place: Place, plan: Drill, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs_approval(plan)
    ticket = filed(place)
    client = signed_in(place.ops)
    needs_approval(plan, "b")
    assert client.get(f"{TICKETS}{ticket['id']}/").json()["fingerprint"] == ticket["fingerprint"]
    monkeypatch.setattr(settings.CONFIG, "fingerprint_seconds", 0.0)
    fresh = client.get(f"{TICKETS}{ticket['id']}/").json()
    assert fresh["fingerprint"] != ticket["fingerprint"]
    assert fresh["fingerprint_checked_at"] > ticket["fingerprint_checked_at"]


@pytest.mark.parametrize("door", ["session", "token", "owner", "admin", "ops grant"])
def test_nobody_approves_his_own_request_by_any_door(place: Place, plan: Drill, door: str) -> None:
    needs_approval(plan)
    grant(place.developer, place.project, place.environment, "ops")
    if door == "owner":
        place.project.owners.add(place.developer)
    if door == "admin":
        place.developer.is_instance_admin = True
        place.developer.save()
    ticket = filed(place)
    client = with_token(place.developer, "*") if door == "token" else signed_in(place.developer)
    given = {"decision": "approve", "fingerprint": ticket["fingerprint"]}
    answer = client.post(f"{TICKETS}{ticket['id']}/approvals/", given)
    assert told(answer) == (403, "policy.not_requester")
    assert (Approval.objects.count(), Ticket.objects.get().status) == (0, "pending_approval")
    assert refusals() == ["ticket.approve"]


def test_an_administrator_without_a_grant_may_neither_read_nor_approve(place: Place, plan: Drill) -> None:
    needs_approval(plan)
    ticket = filed(place)
    client = signed_in(make_user("root", is_instance_admin=True))
    assert told(client.get(f"{TICKETS}{ticket['id']}/")) == (403, "policy.needs_member")
    given = {"decision": "approve", "fingerprint": ticket["fingerprint"]}
    assert told(client.post(f"{TICKETS}{ticket['id']}/approvals/", given)) == (403, "policy.needs_role")
    assert client.get(TICKETS).json() == {"results": [], "next": None}
    assert Approval.objects.count() == 0


def doors(ticket: int) -> list[tuple[str, str, dict[str, Any] | None]]:
    at = f"{TICKETS}{ticket}/"
    return [
        ("get", at, None),
        ("get", f"{at}steps/", None),
        ("get", f"{at}approvals/", None),
        ("get", f"{at}comments/", None),
        ("get", f"{at}reviews/", None),
        ("post", f"{at}approvals/", {"decision": "approve", "fingerprint": ""}),
        ("post", f"{at}comments/", {"text": "hello"}),
        ("post", f"{at}reviews/", {"outcome": "accepted"}),
        ("post", f"{at}cancel", {"reason": "no"}),
        ("post", f"{at}retry", None),
    ]


def test_to_a_stranger_a_ticket_looks_like_none_at_every_door_and_nothing_happens(place: Place, plan: Drill) -> None:
    ticket = filed(place)
    elsewhere, stranger = make_project("other"), make_user("stranger")
    grant(stranger, elsewhere, place.environment, "ops")
    client, before = signed_in(stranger), rows()
    for (method, url, content), (_, nowhere, _) in zip(doors(ticket["id"]), doors(2**70), strict=True):
        found = getattr(client, method)(url, content)
        missing = getattr(client, method)(nowhere, content)
        assert told(found) == told(missing) == (404, "not_found"), url
        assert {**found.json(), "request_id": ""} == {**missing.json(), "request_id": ""}
    assert rows() == before
    assert Ticket.objects.get().status == "queued"
    assert len(refusals()) == len(doors(1))
    assert client.get(TICKETS).json()["results"] == []
    for query in (f"project={place.project.slug}", "requester=dev", "status=queued"):
        assert client.get(f"{TICKETS}?{query}").json()["results"] == []


def test_a_stranger_cannot_tell_a_project_that_exists_from_one_that_does_not(place: Place) -> None:
    client, before = signed_in(make_user("stranger")), rows()
    for address in (TICKETS, f"{TICKETS}preview"):
        for environment in ("test", "nowhere"):
            answers = []
            for project in (place.project.slug, "no-such-project"):
                asked = {"kind": "drill", "project": project, "environment": environment, "form": {}}
                answers.append({**client.post(address, asked).json(), "request_id": ""})
            assert answers[0] == answers[1]
            assert answers[0]["code"] == "not_found"
    assert rows() == before
    assert refusals() == ["release.request"] * 4


def test_a_member_without_the_right_is_told_why(place: Place, plan: Drill) -> None:
    needs_approval(plan)
    ticket = filed(place)
    other = make_user("reader")
    grant(other, place.project, make_environment("elsewhere"), "developer")
    client, before = signed_in(other), rows()
    at = f"{TICKETS}{ticket['id']}/"
    assert client.get(at).status_code == 200
    given = {"decision": "approve", "fingerprint": ticket["fingerprint"]}
    assert told(client.post(f"{at}approvals/", given)) == (403, "policy.needs_role")
    assert told(client.post(f"{at}cancel", {})) == (403, "policy.needs_role")
    assert told(client.post(TICKETS, body("drill", place.project, place.environment))) == (403, "policy.needs_role")
    assert rows() == before
    assert Ticket.objects.get().status == "pending_approval"


def test_without_a_session_every_door_is_closed(client: Any, place: Place) -> None:
    ticket = filed(place)
    for method, url, content in doors(ticket["id"]):
        answer = getattr(client, method)(url, content, content_type="application/json")
        assert told(answer) == (401, "not_authenticated"), url
    for url in (TICKETS, "/api/v1/inbox"):
        assert told(client.get(url)) == (401, "not_authenticated")
    assert told(client.post(TICKETS, "{", content_type="application/json")) == (401, "not_authenticated")


def test_a_token_files_what_its_scopes_name_and_nothing_else(place: Place) -> None:
    asked = body("drill", place.project, place.environment)
    script = with_token(place.developer, "release.request")
    assert script.post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="build 7").status_code == 201
    assert script.post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="build 7").status_code == 200
    assert told(script.get(TICKETS)) == (403, "policy.token_scope")
    assert Ticket.objects.get().requester_token_id is not None
    reader = with_token(place.developer, "ticket.read")
    assert told(reader.post(TICKETS, asked)) == (403, "policy.token_scope")
    assert told(reader.post(f"{TICKETS}preview", asked)) == (403, "policy.token_scope")
    elsewhere = with_token(place.developer, "*", project=make_project("other"))
    assert told(elsewhere.post(TICKETS, asked)) == (404, "not_found")
    assert Ticket.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"status": "succeeded"}, {"status": "unknown_field"}),
        ({"requester": 1, "approvals_needed": 0}, {"requester": "unknown_field", "approvals_needed": "unknown_field"}),
        ({"environment": "nowhere"}, {"environment": "does_not_exist"}),
        ({"form": {"word": "x" * 21}}, {"word": "max_length"}),
        ({"form": {"other": 1}}, {"other": "unknown_field"}),
        ({"form": []}, {"form": "not_a_dict"}),
        ({"note": "x" * 4001}, {"note": "max_length"}),
    ],
)
def test_what_is_not_asked_for_is_refused_field_by_field(
    place: Place, change: dict[str, Any], fields: dict[str, str]
) -> None:
    client = signed_in(place.developer)
    asked = {**body("drill", place.project, place.environment), **change}
    for address in (TICKETS, f"{TICKETS}preview"):
        answer = client.post(address, asked)
        assert told(answer) == (400, "invalid")
        assert {name: items[0]["code"] for name, items in answer.json()["fields"].items()} == fields
        assert all(items[0]["detail"] for items in answer.json()["fields"].values())
    assert Ticket.objects.count() == 0


def test_an_unknown_kind_names_those_there_are(place: Place) -> None:
    answer = signed_in(place.developer).post(TICKETS, body("reboot", place.project, place.environment))
    assert told(answer) == (400, "ticket.unknown_kind")
    assert "drill" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb", "Schlüssel"])
def test_an_idempotency_key_is_short_and_printable(place: Place, key: str) -> None:
    client = signed_in(place.developer)
    answer = client.post(TICKETS, body("drill", place.project, place.environment), HTTP_IDEMPOTENCY_KEY=key)
    assert told(answer) == (400, "ticket.idempotency_key")
    assert Ticket.objects.count() == 0


def test_the_same_key_answers_the_same_ticket_and_another_body_is_a_conflict(place: Place) -> None:
    client, asked = signed_in(place.developer), body("drill", place.project, place.environment, word="one")
    first = client.post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="k 1")
    again = client.post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="k 1")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    other = body("drill", place.project, place.environment, word="two")
    assert told(client.post(TICKETS, other, HTTP_IDEMPOTENCY_KEY="k 1")) == (409, "ticket.idempotency_mismatch")
    assert signed_in(place.ops).post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="k 1").status_code == 201
    assert Ticket.objects.count() == 2


def test_a_repeated_filing_by_one_who_has_lost_the_project_tells_nothing(place: Place) -> None:
    client, asked = signed_in(place.developer), body("drill", place.project, place.environment)
    assert client.post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="k").status_code == 201
    place.developer.grants.update(revoked_at=timezone.now())
    assert told(client.post(TICKETS, asked, HTTP_IDEMPOTENCY_KEY="k")) == (404, "not_found")


def test_words_cancel_and_reject_need_what_they_need(place: Place, plan: Drill) -> None:
    needs_approval(plan)
    ticket = filed(place)
    at = f"{TICKETS}{ticket['id']}/"
    ops, developer = signed_in(place.ops), signed_in(place.developer)
    assert told(ops.post(f"{at}comments/", {"text": "   "})) == (400, "invalid")
    said = developer.post(f"{at}comments/", {"text": "<b>why</b> so late?"})
    assert (said.status_code, said.json()["text"]) == (201, "<b>why</b> so late?")
    assert [c["actor"]["username"] for c in ops.get(f"{at}comments/").json()["results"]] == ["dev"]
    assert told(approve(place, ticket, decision="reject")) == (400, "approval.reason_required")
    assert told(ops.post(f"{at}reviews/", {"outcome": "accepted"})) == (409, "review.not_owed")
    assert told(approve(place, ticket, fingerprint="0" * 64)) == (409, "approval.changed")
    assert approve(place, ticket, decision="reject", comment="not tonight").status_code == 201
    card = developer.get(at).json()
    assert (card["status"], card["reason"]["detail"]) == ("rejected", "ops rejected it: not tonight")
    assert told(approve(place, ticket, who="ops2")) == (409, "approval.not_pending")
    assert told(developer.post(f"{at}cancel", {})) == (409, "ticket.ended_already")


def test_cancelling_is_for_the_requester_ops_and_owners_and_says_who(place: Place, plan: Drill) -> None:
    needs_approval(plan)
    ticket = filed(place)
    answer = signed_in(place.ops2).post(f"{TICKETS}{ticket['id']}/cancel", {"reason": "wrong branch"})
    assert (answer.status_code, answer.json()["status"]) == (200, "canceled")
    assert answer.json()["reason"]["detail"] == "ops2 canceled it. wrong branch"
    assert AuditEvent.objects.filter(action="ticket.canceled", actor_name="ops2").count() == 1


def test_sentences_call_a_person_as_people_do_and_the_trail_as_he_signs_in(place: Place, plan: Drill) -> None:
    needs_approval(plan)
    ticket = filed(place)
    User.objects.filter(pk=place.ops.pk).update(display_name="Chen Hao")
    place.ops.refresh_from_db()
    rejected = approve(place, ticket, decision="reject", comment="not tonight")
    assert rejected.status_code == 201, rejected.content
    reason = Ticket.objects.get(pk=ticket["id"]).reason
    assert reason == {"code": "ticket.rejected_by", "params": {"name": "Chen Hao", "comment": "not tonight"}}
    assert AuditEvent.objects.filter(action="ticket.rejected", actor_name="ops").count() == 1


def test_a_review_is_owed_once_and_not_by_the_requester(place: Place) -> None:
    ticket = filed(place)
    turn()
    Ticket.objects.update(requires_review=True)
    grant(place.developer, place.project, place.environment, "ops")
    at = f"{TICKETS}{ticket['id']}/reviews/"
    assert told(signed_in(place.developer).post(at, {"outcome": "accepted"})) == (403, "policy.not_requester")
    ops = signed_in(place.ops)
    assert told(ops.post(at, {"outcome": "concern"})) == (400, "review.comment_required")
    assert ops.post(at, {"outcome": "accepted", "comment": "seen"}).status_code == 201
    assert told(ops.post(at, {"outcome": "accepted"})) == (409, "review.given_already")
    card = ops.get(f"{TICKETS}{ticket['id']}/").json()
    assert card["given_review"]["reviewer"]["username"] == "ops"


def test_the_list_is_filtered_and_paged(place: Place) -> None:
    other = make_environment("staging", "staging")
    grant(place.developer, place.project, other, "developer")
    ids = [filed(place)["id"] for _ in range(3)]
    client = signed_in(place.developer)
    there = client.post(TICKETS, body("drill", place.project, other)).json()["id"]
    first = client.get(f"{TICKETS}?limit=2").json()
    assert [t["id"] for t in first["results"]] == [there, ids[2]]
    second = client.get(f"{TICKETS}?limit=2&cursor={first['next']}").json()
    assert ([t["id"] for t in second["results"]], second["next"]) == ([ids[1], ids[0]], None)
    for query, found in (
        ("environment=staging", [there]),
        ("project=book&environment=test&kind=drill&status=queued,running&requester=me", ids[::-1]),
        ("requester=ops", []),
        ("status=succeeded", []),
        ("status=succeeded&status=queued", [there, *ids[::-1]]),
        ("kind=promote&kind=drill&environment=test", ids[::-1]),
        ("kind=promote&kind=release", []),
        (f"q=%23{ids[1]}", [ids[1]]),
        (f"q=%23{ids[1]}&environment=staging", []),
        ("q=%23" + "9" * 100, []),
        ("q=%23x", []),
        (f"q={ids[1]}", []),
    ):
        assert [t["id"] for t in client.get(f"{TICKETS}?{query}").json()["results"]] == found, query
    for query in (
        "status=gone",
        "status=queued&status=gone",
        "q=" + "x" * 129,
        "q=%00",
        "projekt=book",
        "environment=%00",
        "limit=0",
        "cursor=x",
    ):
        assert client.get(f"{TICKETS}?{query}").status_code == 400, query


@pytest.mark.parametrize("url", [TICKETS, "/api/v1/inbox?tab=needs", "/api/v1/inbox?tab=following"])
def test_a_page_costs_the_same_few_statements_whatever_its_size(
    place: Place, plan: Drill, url: str, django_assert_max_num_queries: Any
) -> None:
    needs_approval(plan)
    client = signed_in(place.developer if "following" in url else place.ops)
    client.get(url)  # that the session was seen is noted once a minute
    costs = []
    for size in (10, 50):
        while Ticket.objects.count() < size:
            place.file()
        # the inbox counts three tabs, and what waits there and is no ticket
        with django_assert_max_num_queries(13 if "inbox" in url else 12) as counted:
            answer = client.get(f"{url}{'&' if '?' in url else '?'}limit=50").json()
        assert len(answer["results"]) == size
        costs.append(len(counted.captured_queries))
    assert costs[0] == costs[1]
