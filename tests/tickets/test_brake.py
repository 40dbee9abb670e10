"""The emergency brake over the API and in the engine turned by hand: who may, what is held, what goes on."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.audit.models import AuditEvent
from apps.common.errors import Unavailable
from apps.policy.actor import Actor
from apps.tickets import brakes, registry
from apps.tickets.claims import claim_due
from apps.tickets.engine import visit
from apps.tickets.models import Brake, Step, Ticket
from apps.tickets.outcomes import Done, Outcome, Waiting
from apps.tickets.registry import StepSpec
from apps.tickets.services import braking
from apps.tickets.services.braking import pull_brake, release_brake
from apps.tickets.services.running import cancel_ticket
from apps.tickets.visit import Visit
from tests.support.factories import actor_of, grant, make_cluster, make_environment, make_project, make_user, use
from tests.support.factories import place as put
from tests.tickets.conftest import Place, turn
from tests.tickets.drill import Drill
from tests.tickets.web import TICKETS, refusals, signed_in, told, with_token

pytestmark = pytest.mark.django_db(transaction=True)
BRAKES = "/api/v1/brakes/"
WHY = "Orders come in twice."


@pytest.fixture
def writing(drill: Drill) -> Drill:
    """`write` announces what it is about to do, as every step that changes something outside."""

    def write(visit: Visit) -> Outcome:
        visit.save_intent(word="hello")
        return drill.answer(visit)

    registry.STEPS["write"] = registry.RegisteredStep(write, writes=True, settles=False)
    drill.specs = [StepSpec("start", 0), StepSpec("write", 1), StepSpec("settle", 2)]
    return drill


@pytest.fixture(autouse=True)
def _no_trace() -> Any:
    yield
    registry.STEPS.pop("write", None)


def pull(who: User, cluster: int | None = None, reason: str = WHY) -> Any:
    return signed_in(who).post(BRAKES, {"cluster": cluster, "reason": reason})


def release(who: User, ident: int, **body: Any) -> Any:
    return signed_in(who).post(f"{BRAKES}{ident}/release/", body)


def fresh(ticket: Ticket) -> Ticket:
    return Ticket.objects.get(pk=ticket.pk)


def all_due(ticket: Ticket) -> None:
    ticket.steps.filter(status="waiting").update(due_at=timezone.now())


# -- the API ----------------------------------------------------------------------------------------------
def test_a_brake_is_pulled_seen_by_everybody_and_released_and_both_are_in_the_audit_trail(place: Place) -> None:
    answer = pull(place.ops)
    made = answer.json()
    assert answer.status_code == 201, made
    assert (made["cluster"], made["reason"], made["pulled_by"]["username"]) == (None, WHY, "ops")
    assert (made["is_on"], made["released_at"], made["held"], made["under_way"]) == (True, None, 0, 0)
    assert made["may_release"]["allowed"]

    stranger = signed_in(make_user("stranger"))
    seen = stranger.get(BRAKES).json()
    assert [(b["id"], b["may_release"]["code"]) for b in seen["results"]] == [
        (made["id"], "policy.needs_role_on_cluster")
    ]
    done = release(place.ops2, made["id"], comment="mended")
    assert done.status_code == 200
    assert (done.json()["is_on"], done.json()["released_by"]["username"], done.json()["comment"]) == (
        False,
        "ops2",
        "mended",
    )
    assert stranger.get(BRAKES).json() == {"results": [], "next": None}
    assert [b["id"] for b in stranger.get(BRAKES, {"all": "1"}).json()["results"]] == [made["id"]]
    assert list(AuditEvent.objects.order_by("id").values_list("action", "actor_name", "target_id", "params")) == [
        ("brake.pulled", "ops", str(made["id"]), {"scope": "everywhere", "reason": WHY}),
        ("brake.released", "ops2", str(made["id"]), {"scope": "everywhere", "reason": WHY, "comment": "mended"}),
    ]


def test_history_is_paged_newest_first(place: Place) -> None:
    for _ in range(3):
        release(place.ops, pull(place.ops).json()["id"])
    client = signed_in(place.developer)
    first = client.get(BRAKES, {"all": "1", "limit": 2}).json()
    rest = client.get(BRAKES, {"all": "1", "limit": 2, "cursor": first["next"]}).json()
    ids = [b["id"] for b in first["results"] + rest["results"]]
    assert (len(ids), ids, rest["next"]) == (3, sorted(ids, reverse=True), None)


def test_a_second_pull_says_who_pulled_it_and_since_when_and_so_does_a_second_release(place: Place) -> None:
    brake = pull(place.ops).json()
    again = pull(place.ops2)
    assert told(again) == (409, "brake.on_already")
    params = again.json()["params"]
    since = timezone.datetime.fromisoformat(params["since"])  # type: ignore[attr-defined]
    assert (params["by"], params["reason"], since) == ("ops", WHY, Brake.objects.get().pulled_at)
    assert release(place.ops, brake["id"]).status_code == 200
    twice = release(place.ops2, brake["id"])
    assert told(twice) == (409, "brake.released_already")
    assert twice.json()["params"]["by"] == "ops"
    assert AuditEvent.objects.count() == 2
    assert pull(place.ops2).status_code == 201


def test_two_pulls_at_the_same_moment_make_one_brake(place: Place) -> None:
    codes: list[int] = []

    def one(who: User) -> None:
        codes.append(pull(who).status_code)
        connection.close()

    threads = [threading.Thread(target=one, args=(who,)) for who in (place.ops, place.ops2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert sorted(codes) == [201, 409]
    assert Brake.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"cluster": None}, "reason"),
        ({"cluster": None, "reason": "no"}, "reason"),
        ({"cluster": None, "reason": "   x   "}, "reason"),
        ({"cluster": None, "reason": "x" * 501}, "reason"),
        ({"reason": WHY}, "cluster"),
        ({"cluster": 999, "reason": WHY}, "cluster"),
        ({"cluster": 2**70, "reason": WHY}, "cluster"),
        ({"cluster": "all", "reason": WHY}, "cluster"),
        ({"cluster": None, "reason": WHY, "released_at": None}, "released_at"),
    ],
)
def test_what_is_not_a_scope_or_not_a_reason_pulls_nothing(place: Place, body: dict[str, Any], field: str) -> None:
    answer = signed_in(place.ops).post(BRAKES, body)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, [field])
    assert (Brake.objects.count(), AuditEvent.objects.count()) == (0, 0)


def test_who_may_pull_where(place: Place) -> None:
    """`ops` anywhere for everywhere; for a cluster `ops` where an environment is placed on it; an administrator always."""
    here, elsewhere = make_cluster("here"), make_cluster("elsewhere")
    put(place.environment, here)
    other = make_environment("other", "production")
    put(other, elsewhere)
    project = make_project("other-book")
    use(project, other)
    ops_elsewhere, gone = make_user("ops-elsewhere"), make_user("gone")
    grant(ops_elsewhere, project, other, "ops")
    grant(gone, place.project, place.environment, "ops", revoked_at=timezone.now())
    owner = make_user("owner")
    place.project.owners.add(owner)
    people = {
        "ops": place.ops,
        "ops-elsewhere": ops_elsewhere,
        "developer": place.developer,
        "owner": owner,
        "gone": gone,
        "admin": make_user("admin", is_instance_admin=True),
    }
    expected = {
        "ops": [201, 201, 403],
        "ops-elsewhere": [201, 403, 201],
        "developer": [403] * 3,
        "owner": [403] * 3,
        "gone": [403] * 3,
        "admin": [201] * 3,
    }
    found: dict[str, list[int]] = {}
    for name, person in people.items():
        scopes = signed_in(person).get(f"{BRAKES}scopes").json()
        named = {s["cluster"]["name"] if s["cluster"] else None: s["may_pull"]["allowed"] for s in scopes}
        found[name] = []
        for cluster in (None, here, elsewhere):
            answer = pull(person, cluster and cluster.pk)
            found[name].append(answer.status_code)
            assert named[cluster and cluster.name] == (answer.status_code == 201)
            if answer.status_code == 201:
                assert release(person, answer.json()["id"]).status_code == 200
            else:
                assert told(answer) == (403, "policy.needs_role_on_cluster")
    assert found == expected
    assert refusals() == ["brake.pull"] * 11
    brake = pull(people["admin"], elsewhere.pk).json()
    assert told(release(place.ops, brake["id"])) == (403, "policy.needs_role_on_cluster")
    assert release(ops_elsewhere, brake["id"]).status_code == 200


def test_a_token_needs_the_scope_and_one_of_a_project_pulls_nothing(place: Place) -> None:
    body = {"cluster": None, "reason": WHY}
    assert told(with_token(place.ops, "ticket.*").post(BRAKES, body)) == (403, "policy.token_scope")
    limited = with_token(place.ops, "brake.*", project=place.project)
    assert told(limited.post(BRAKES, body)) == (403, "policy.token_project")
    assert with_token(place.ops, "brake.pull").post(BRAKES, body).status_code == 201


def test_a_visitor_sees_nothing_and_an_unknown_brake_is_not_there(place: Place, client: Any) -> None:
    assert client.get(BRAKES).status_code == 401
    assert release(place.ops, 4711).status_code == 404
    assert release(place.ops, 2**70).status_code == 404


# -- the engine -------------------------------------------------------------------------------------------
def test_a_step_that_is_not_begun_is_held_without_lease_or_trouble_and_the_ticket_says_so(
    place: Place, drill: Drill
) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    pull(place.ops)
    ticket = place.file()
    turn()
    step = ticket.steps.get(name="start")
    brake = Brake.objects.get()
    reason = {
        "code": "brake.on",
        "params": {
            "brake": brake.pk,
            "scope": "everywhere",
            "reason": WHY,
            "by": "ops",
            "since": brake.pulled_at.isoformat(),
        },
    }
    assert (step.status, step.reason, step.troubles, step.lease_until, step.lease_owner, step.started_at) == (
        "waiting",
        reason,
        0,
        None,
        "",
        None,
    )
    assert (fresh(ticket).status, drill.calls) == ("queued", [])
    for language, word in (("en", "emergency brake"), ("zh", "急停")):
        User.objects.filter(pk=place.developer.pk).update(language=language)
        card = signed_in(place.developer).get(f"{TICKETS}{ticket.pk}/").json()
        assert card["held_by"]["code"] == "brake.on"
        assert word in card["held_by"]["detail"]
        assert WHY in card["held_by"]["detail"]
    assert signed_in(place.ops).get(BRAKES).json()["results"][0]["held"] == 1

    release(place.ops, brake.pk)
    turn()
    assert fresh(ticket).status == "succeeded"
    assert drill.calls == [("one", "")]
    assert signed_in(place.developer).get(f"{TICKETS}{ticket.pk}/").json()["held_by"] is None


def test_however_often_a_held_step_is_visited_it_counts_no_trouble(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    pull(place.ops)
    ticket = place.file()
    for _ in range(35):
        assert turn() == 1
        all_due(ticket)
    assert ticket.steps.get(name="start").troubles == 0
    release(place.ops, Brake.objects.get().pk)
    turn()
    assert fresh(ticket).status == "succeeded"


def test_pulling_makes_what_waits_say_so_at_once_and_what_settles_goes_on(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1, "a"), StepSpec("settle", 1, "b"), StepSpec("two", 2, "b")]
    drill.script = {("one", "a"): [Waiting(600)], ("settle", "b"): [Waiting(600), Done()]}
    ticket = place.file()
    turn()
    calls = list(drill.calls)
    pull(place.ops)
    turn()
    reasons = {str(s): (s.reason or {}).get("code") for s in ticket.steps.filter(status="waiting")}
    assert (reasons, drill.calls) == ({"one a": "brake.on", "settle b": None}, calls)
    ticket.steps.filter(name="settle").update(due_at=timezone.now())
    turn()
    assert ticket.steps.get(name="settle").status == "succeeded"
    assert (ticket.steps.get(name="two").reason or {}).get("code") == "brake.on"
    assert drill.times[("two", "b")] == 0


def test_a_brake_for_one_cluster_holds_its_steps_only(place: Place, drill: Drill) -> None:
    lab, other = make_cluster("lab"), make_cluster("other")
    put(place.environment, lab)
    drill.specs = [
        StepSpec("start", 0),
        StepSpec("one", 1, "lab", 1, f"cluster:{lab.pk}"),
        StepSpec("one", 1, "other", 1, f"cluster:{other.pk}"),
        StepSpec("one", 1, "registry", 1, f"registry:{lab.pk}"),
    ]
    assert pull(place.ops, lab.pk).status_code == 201
    ticket = place.file()
    turn()
    assert sorted(drill.calls) == [("one", "other"), ("one", "registry")]
    step = ticket.steps.get(target="lab")
    assert step.reason is not None
    assert (step.reason["code"], step.reason["params"]["scope"]) == ("brake.on_cluster", "lab")
    both = pull(place.ops).json()["id"]
    release(place.ops, Brake.objects.get(cluster=lab).pk)
    turn()
    step.refresh_from_db()
    assert (step.reason or {})["code"] == "brake.on"  # the other brake still holds it
    release(place.ops, both)
    turn()
    assert fresh(ticket).status == "succeeded"
    assert drill.calls.count(("one", "lab")) == 1


def test_a_held_ticket_is_cancelled_at_once_while_the_brake_stays_on(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    drill.script = {("one", ""): [Waiting(600)]}
    ticket = place.file()
    turn()
    pull(place.ops)
    turn()
    cancel_ticket(fresh(ticket), reason="", actor=actor_of(place.developer))
    turn()
    assert fresh(ticket).status == "canceled"


def test_a_begun_step_may_look_but_not_write_anew_and_goes_on_where_it_was(place: Place, writing: Drill) -> None:
    writing.script = {("write", ""): [Unavailable("outside.unavailable", system="x", unknown=True), Done()]}
    ticket = place.file()
    turn()
    step = ticket.steps.get(name="write")
    assert (step.intent, step.troubles) == ({"word": "hello"}, 1)
    pull(place.ops)
    all_due(ticket)
    turn()
    step.refresh_from_db()
    assert (step.intent, step.troubles, (step.reason or {})["code"]) == ({"word": "hello"}, 1, "brake.on")
    assert writing.times[("write", "")] == 1
    release(place.ops, Brake.objects.get().pk)
    turn()
    assert (fresh(ticket).status, writing.times[("write", "")]) == ("succeeded", 2)


def test_a_begun_step_of_a_cancelled_ticket_settles_under_the_brake(place: Place, writing: Drill) -> None:
    writing.script = {("write", ""): [Unavailable("outside.unavailable", system="x", unknown=True), Done()]}
    ticket = place.file()
    turn()
    pull(place.ops)
    cancel_ticket(fresh(ticket), reason="", actor=actor_of(place.developer))
    turn()
    assert (fresh(ticket).status, writing.times[("write", "")]) == ("canceled", 1)


def test_a_brake_pulled_between_the_look_and_the_write_stops_the_write(
    place: Place, writing: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    def pulled(point: str, step: Step) -> None:
        if (point, step.name) == ("before_intent", "write"):
            pull_brake(None, reason=WHY, actor=actor_of(place.ops))

    monkeypatch.setattr("apps.tickets.visit._checkpoint", pulled)
    ticket = place.file()
    turn()
    step = ticket.steps.get(name="write")
    assert (step.intent, (step.reason or {})["code"], step.lease_until) == (None, "brake.on", None)
    assert writing.times[("write", "")] == 0


def in_thread(work: Any) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def begin_write(place: Place, writing: Drill, proceed: threading.Event) -> tuple[Ticket, threading.Thread]:
    """A ticket whose write is announced and on its way until `proceed`."""
    begun = threading.Event()

    def on_its_way(_visit: Visit) -> Outcome:
        begun.set()
        assert proceed.wait(20)
        return Done()

    writing.script = {("write", ""): [on_its_way]}
    ticket = place.file()
    visiting = in_thread(turn)
    assert begun.wait(10)
    return ticket, visiting


def test_the_answer_waits_for_a_write_that_was_announced_before_it(place: Place, writing: Drill) -> None:
    proceed, order = threading.Event(), list[str]()
    ticket, visiting = begin_write(place, writing, proceed)
    pulling = in_thread(lambda: (pull(place.ops), order.append("answered")))
    while not Brake.objects.exists():
        time.sleep(0.01)
    assert signed_in(place.developer).get(BRAKES).json()["results"][0]["under_way"] == 1
    pulling.join(0.3)
    assert order == []
    proceed.set()
    visiting.join(10)
    pulling.join(10)
    assert order == ["answered"]
    assert ticket.steps.get(name="write").status == "succeeded"
    assert signed_in(place.developer).get(BRAKES).json()["results"][0]["under_way"] == 0


def test_a_write_that_does_not_end_delays_the_answer_no_longer_than_its_bound_and_is_told(
    place: Place, writing: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(braking, "CALLS_END_WITHIN", 0.3)
    proceed = threading.Event()
    _, visiting = begin_write(place, writing, proceed)
    begun = time.monotonic()
    answer = pull(place.ops)
    assert (answer.status_code, answer.json()["under_way"]) == (201, 1)
    assert 0.3 <= time.monotonic() - begun < 3
    proceed.set()
    visiting.join(10)


def waiting_for_the_lock() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted)",
            [brakes.BRAKE_LOCK],
        )
        return bool(cursor.fetchone()[0])


def test_a_pull_waits_for_a_write_that_is_just_being_announced(place: Place, writing: Drill) -> None:
    """The announcing statement may have looked before the brake was there: the brake comes after its commit."""
    with transaction.atomic():
        brakes.keep_still()
        pulling = in_thread(lambda: pull(place.ops))
        end = time.monotonic() + 10
        while not waiting_for_the_lock():
            assert time.monotonic() < end, "the pull did not wait"
            time.sleep(0.02)
        assert Brake.objects.count() == 0
    pulling.join(10)
    assert Brake.objects.count() == 1


def test_a_release_during_the_visit_that_found_the_brake_is_not_lost(
    place: Place, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill.specs = [StepSpec("start", 0)]
    brake = pull_brake(None, reason=WHY, actor=actor_of(place.ops))
    ticket = place.file()
    monkeypatch.setattr(
        "apps.tickets.visit._checkpoint",
        lambda point, step: release_brake(brake, actor=actor_of(place.ops)) if point == "accepted" else None,
    )
    visit(claim_due("hand", 1)[0])
    step = ticket.steps.get()
    assert (step.status, step.reason) == ("waiting", None)
    monkeypatch.undo()
    assert turn() == 1
    assert fresh(ticket).status == "succeeded"


def test_a_release_wakes_each_held_step_once_and_leaves_others_alone(
    place: Place, drill: Drill, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("settle", 1)]
    drill.script = {("settle", ""): [Waiting(600)]}
    waiting = place.file()
    turn()
    pull(place.ops)
    held = place.file()
    turn()
    before = waiting.steps.get(name="settle").due_at
    rung: list[list[int]] = []
    monkeypatch.setattr("apps.tickets.bell.ring", rung.append)
    release(place.ops, Brake.objects.get().pk)
    assert rung == [[held.steps.get(name="start").pk]]
    assert waiting.steps.get(name="settle").due_at == before


def test_a_system_actor_pulls_nothing(place: Place) -> None:
    with pytest.raises(RuntimeError, match="is no person"):
        pull_brake(None, reason=WHY, actor=Actor.system("engine"))
    assert Brake.objects.count() == 0
