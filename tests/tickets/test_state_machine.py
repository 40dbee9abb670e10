"""Tickets under random orders of events: no edge outside the table, every end has a reason, nothing is left open (QR9).

Hypothesis invents the orders; a trigger in the database writes down every change of a status, so that a way around
`transition` would be seen. `FULL=1` runs 10,000 orders of new seeds in parts that `-n 2` shares out, parts of few and
of many events in turn; `ORDERS=n` runs that many; `SHRINK=0` reports the first bad order as it was found.
"""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from django.db import connection
from django.db.models import QuerySet, Value
from django.db.models.functions import Now
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.common.errors import Conflict, DomainError, Unavailable
from apps.policy.actor import Actor
from apps.projects.models import Environment, Project
from apps.tickets import registry
from apps.tickets.claims import Claim, claim_due, hand_back
from apps.tickets.engine import visit
from apps.tickets.housekeeping import expire, revive_zombies, start_scheduled
from apps.tickets.models import Slot, Step, StepStatus, Ticket, TicketStatus
from apps.tickets.outcomes import Canceled, Done, Ended, Errored, Failed, GoBack, Outcome, SentBack, Waiting
from apps.tickets.registry import Filing, Kind, Prepared, StepSpec
from apps.tickets.services.approvals import decide
from apps.tickets.services.filing import file_ticket
from apps.tickets.services.running import cancel_ticket, end_superseded, retry_ticket
from apps.tickets.transitions import ALLOWED, ENDED, NOT_STARTED
from apps.tickets.visit import Visit
from tests.support.factories import actor_of, grant, make_environment, make_project, make_user, use

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(20_000 if os.environ.get("FULL") else 600)]

ORDERS = int(os.environ.get("ORDERS", "10000" if os.environ.get("FULL") == "1" else "15"))
PARTS = 40 if os.environ.get("FULL") == "1" else 1
EVENTS = (20,) if PARTS == 1 else (5, 8, 12, 20)  # of the parts in turn, after a beginning of up to four rounds of work
OPEN = {StepStatus.DUE, StepStatus.WAITING}
UNDER_WAY = {TicketStatus.QUEUED, TicketStatus.RUNNING}
ENGINE = Actor.system("engine")

STALE = "said.by.a.stale.visit"

# How an order decides what the next visit meets: (before the write, after it).
FATES = ("done", "waits", "fails", "errs", "outside away", "unanswered", "crashes", "lost", "canceled", "overtaken")


# What a gate says to an approved ticket when it comes to run, and whether a later one was there first.
GATES: dict[str, tuple[SentBack | None, bool]] = {
    "open": (None, False),
    "back to approval": (SentBack("pending_approval", {"code": "gate.failed_verdict", "params": {}}), False),
    "back to confirmation": (SentBack("pending_confirmation", {"code": "gate.failed_verdict", "params": {}}), False),
    "overtaken": (None, True),
}
NUMBER = st.integers(0, 5)
AN_HOUR = Value(timedelta(hours=1))


class World:
    """What the kinds and steps below are told by the order that runs now, and what they did outside."""

    fate = "done"
    gate: SentBack | None = None
    overtaken = False
    fingerprint = 0
    outside: Counter[str] = Counter()
    met: Counter[tuple[str, str]] = Counter()


class _Fate(Kind):
    request_action = "release.request"
    takes_slot = True
    schema = {"type": "object"}

    def prepare(self, filing: Filing) -> Prepared:
        approvals = filing.form["approvals"]
        status = TicketStatus.PENDING_APPROVAL if approvals else TicketStatus.QUEUED
        content = {"change": World.fingerprint} if approvals else None
        return Prepared("fate", status, approvals_needed=approvals, fingerprint_content=content)

    def fingerprint_content(self, ticket: Ticket) -> dict[str, Any] | None:
        return {"change": World.fingerprint} if ticket.approvals_needed else None

    def recheck(self, ticket: Ticket) -> SentBack | None:
        return World.gate if ticket.approvals_needed else None


class FateRelease(_Fate):
    """Builds before it takes its slot."""

    name = "fate_release"

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        return [
            StepSpec("start", 0),
            StepSpec("fate_build", 1),
            StepSpec("fate_built", 2, retry_from="fate_build"),
            StepSpec("take_slot", 3),
            StepSpec("fate_patch", 0, "dc1", 1),
            StepSpec("fate_rolled", 1, "dc1", 1),
        ]

    def on_slot(self, ticket: Ticket) -> Outcome | None:
        return Ended(TicketStatus.SUPERSEDED, {"code": "release.overtaken", "params": {}}) if World.overtaken else None


class FatePromote(_Fate):
    """Two targets in the first wave, one in the second; the newest waiting one supersedes the others."""

    name = "fate_promote"

    def create(self, ticket: Ticket, prepared: Prepared) -> None:
        older = Ticket.objects.select_for_update().filter(
            kind=self.name, project=ticket.project_id, status__in=NOT_STARTED - {TicketStatus.QUEUED}
        )
        for one in older.exclude(pk=ticket.pk).order_by("pk"):
            end_superseded(one, ticket, actor=ENGINE)

    def plan(self, ticket: Ticket) -> list[StepSpec]:
        targets = [("dc1", 1), ("dc2", 1), ("dc3", 2)]
        changes = [
            spec
            for target, wave in targets
            for spec in (StepSpec("fate_patch", 0, target, wave), StepSpec("fate_rolled", 1, target, wave))
        ]
        return [StepSpec("take_slot", 0), StepSpec("start", 1), *changes]


class FateBack(FatePromote):
    """A roll back: it goes first."""

    name = "fate_back"
    slot_first = True


def _write(visiting: Visit, needs_slot: bool) -> Outcome:
    """A change of the outside, as the real steps make one: intent, call, look-up of a doubtful call."""
    if visiting.was_begun and World.outside[visiting.key]:
        return Done()
    if visiting.is_cancelling:
        return Canceled()
    before = _fate_before(visiting)
    if before is not None:
        return before
    if needs_slot:
        visiting.freeze()
    visiting.save_intent_unless_cancelled(key=visiting.key)
    stored = Ticket.objects.get(pk=visiting.ticket.pk)
    assert stored.status == TicketStatus.RUNNING
    if needs_slot:
        assert Slot.objects.filter(ticket=stored).exists()
    World.outside[visiting.key] += 1
    assert World.outside[visiting.key] == 1
    if World.fate == "unanswered":
        raise Unavailable("outside.timeout", unknown=True)
    return Done()


def _fate_before(visiting: Visit) -> Outcome | None:
    World.met[World.fate, visiting.step.name] += 1
    if World.fate == "outside away":
        raise Unavailable("outside.unavailable")
    if World.fate == "crashes":
        raise KeyError("a defect")
    if World.fate == "overtaken":
        return _overtaken(visiting)
    found: dict[str, Outcome] = {
        "waits": Waiting(60, {"seen": visiting.fence}),
        "fails": Failed("said.no", {"step": visiting.step.name}),
        "errs": Errored("could.not.tell", {}),
    }
    return found.get(World.fate)


def _overtaken(visiting: Visit) -> Outcome:
    """The lease runs out under the visit, another worker does all that is due, and only then this one comes back."""
    Step.objects.filter(pk=visiting.step.pk, fence=visiting.fence).update(lease_until=Now())
    World.fate = "done"
    for claim in claim_due("quicker", 8):
        visit(claim)
    still_ours = Step.objects.filter(pk=visiting.step.pk, fence=visiting.fence, status__in=OPEN).exists()
    return Done() if still_ours else Failed(STALE)


def _await(visiting: Visit, back_to: str) -> Outcome:
    if visiting.is_cancelling and World.fate == "canceled":
        return Canceled()
    if World.fate == "lost" and back_to and not visiting.is_cancelling:
        return GoBack(back_to, {"code": "build.lost_retrying", "params": {"job": "x"}})
    return _fate_before(visiting) or Done()


STEPS: dict[str, registry.RegisteredStep] = {
    "fate_build": registry.RegisteredStep(lambda v: _write(v, False), writes=True, settles=False),
    "fate_built": registry.RegisteredStep(lambda v: _await(v, "fate_build"), writes=False, settles=True),
    "fate_patch": registry.RegisteredStep(lambda v: _write(v, True), writes=True, settles=False),
    "fate_rolled": registry.RegisteredStep(lambda v: _await(v, ""), writes=False, settles=True),
}
KINDS = [FateRelease, FatePromote, FateBack]

WATCH = """
CREATE TABLE edges_seen (id bigserial PRIMARY KEY, ticket bigint, was text, became text);
CREATE FUNCTION note_edge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO edges_seen (ticket, was, became) VALUES (NEW.id, OLD.status, NEW.status); RETURN NEW; END $$;
CREATE TRIGGER note_edge AFTER UPDATE ON tickets_ticket FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION note_edge();
"""
UNWATCH = "DROP TRIGGER note_edge ON tickets_ticket; DROP FUNCTION note_edge; DROP TABLE edges_seen;"


@pytest.fixture
def watched(transactional_db: None) -> Iterator[None]:
    """The kinds and steps are known, and the database notes every change of a status."""
    for kind in KINDS:
        registry.KINDS[kind.name] = kind()
    registry.STEPS.update(STEPS)
    with connection.cursor() as cursor:
        cursor.execute(WATCH)
    yield
    with connection.cursor() as cursor:
        cursor.execute(UNWATCH)
    for kind in KINDS:
        registry.KINDS.pop(kind.name)
    for name in STEPS:
        registry.STEPS.pop(name)


def sql(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())


# After every event: what the invariants need of each ticket, in one statement.
SEEN = """
SELECT t.id, t.kind, t.status, t.reason->>'code', t.finished_at IS NOT NULL, t.expires_at IS NOT NULL,
    EXISTS (SELECT FROM tickets_slot l WHERE l.ticket_id = t.id),
    (SELECT jsonb_agg(jsonb_build_object('name', s.name, 'target', s.target, 'status', s.status,
        'has_due', s.due_at IS NOT NULL, 'has_lease', s.lease_until IS NOT NULL, 'reason', s.reason->>'code') ORDER BY s.id)
     FROM tickets_step s WHERE s.ticket_id = t.id)
FROM tickets_ticket t WHERE t.id = ANY (%s) ORDER BY t.id
"""


class Told(NamedTuple):
    """A row of `SEEN`."""

    id: int
    kind: str
    status: str
    reason: str | None
    is_finished: bool
    has_expiry: bool
    has_slot: bool
    steps: list[dict[str, Any]]


class Orders(RuleBasedStateMachine):
    """One project in one environment; up to four open tickets, any number of visits under way, some of them stale.

    No rule has a precondition: what is due depends on the clock, and the same order must be drawn again to be shrunk.
    """

    people: dict[str, Any] = {}
    environment: Environment
    project: Project

    @classmethod
    def settle(cls) -> None:
        """One place for all orders: each leaves it without an open ticket, and `teardown` sees to it."""
        cls.environment, cls.project = make_environment("orders", "test"), make_project("orders-n1")
        use(cls.project, cls.environment)
        cls.people = {name: make_user(f"fate-{name}") for name in ("dev", "ops", "ops2")}
        for name, user in cls.people.items():
            grant(user, cls.project, cls.environment, "developer" if name == "dev" else "ops")

    def __init__(self) -> None:
        super().__init__()
        World.fate, World.gate, World.overtaken, World.outside = "done", None, False, Counter()
        self.tickets: list[int] = []
        self.claims: list[Claim] = []

    def pick(self, number: int, statuses: Collection[str] = ()) -> Ticket:
        """One of the tickets, of these states if there is one."""
        rows = Ticket.objects.filter(pk__in=self.tickets).order_by("pk")
        found = list(rows.filter(status__in=statuses)) or list(rows)
        return found[number % len(found)]

    def actor(self, name: str) -> Actor:
        return actor_of(Orders.people[name])

    @initialize(
        kind=st.sampled_from(["fate_release", "fate_promote"]),
        crowded=st.sampled_from([False, False, True]),
        turns=st.integers(0, 4),
    )
    def begin(self, kind: str, crowded: bool, turns: int) -> None:
        """Every order has something to work on from its start, and starts anywhere in its plan."""
        self.file(kind, 0, False)
        if crowded:
            self.file("fate_back", 0, False)
        self.turns(turns, ["done"])

    # -- people -------------------------------------------------------------------------------------------
    @rule(kind=st.sampled_from([k.name for k in KINDS]), approvals=st.sampled_from([0, 0, 1, 2]), planned=st.booleans())
    def file(self, kind: str, approvals: int, planned: bool) -> None:
        if Ticket.objects.filter(pk__in=self.tickets).exclude(status__in=ENDED).count() >= 4:
            return
        filing = Filing(self.project, self.environment, {"approvals": approvals}, self.actor("dev"))
        ticket = file_ticket(kind, filing)[0]
        if planned and approvals:
            Ticket.objects.filter(pk=ticket.pk).update(planned_at=Now() + AN_HOUR)
        self.tickets.append(ticket.pk)

    @rule(number=NUMBER, who=st.sampled_from(["ops", "ops2"]), says=st.sampled_from(["approve"] * 4 + ["reject"]))
    def decide(self, number: int, who: str, says: str) -> None:
        ticket = self.pick(number, NOT_STARTED)
        self.tolerate(
            lambda: decide(ticket, decision=says, comment="so", fingerprint=ticket.fingerprint, actor=self.actor(who))
        )

    @rule(number=NUMBER, what=st.sampled_from(["retry", "retry", "cancel"]))
    def retry_or_cancel(self, number: int, what: str) -> None:
        if what == "retry":
            broken = {TicketStatus.FAILED, TicketStatus.ERRORED}
            self.tolerate(lambda: retry_ticket(self.pick(number, broken), actor=self.actor("dev")))
        else:
            self.tolerate(lambda: cancel_ticket(self.pick(number), reason="no", actor=self.actor("dev")))

    @staticmethod
    def tolerate(work: Callable[[], Any]) -> None:
        """A refusal is an answer; anything else is a defect."""
        try:
            work()
        except DomainError as refused:
            assert isinstance(refused, Conflict) or refused.http_status in (400, 403), refused

    # -- workers ------------------------------------------------------------------------------------------
    @rule(fates=st.lists(st.sampled_from(FATES), min_size=1, max_size=4), turns=st.integers(1, 3))
    def work(self, fates: list[str], turns: int) -> None:
        """A worker that takes what is due and is done with it at once; what it meets goes round."""
        self.turns(turns, fates)

    @rule(fate=st.sampled_from(FATES), turns=st.integers(0, 3))
    def work_until(self, fate: str, turns: int) -> None:
        """A while without trouble, so that orders reach the middle and the end of a plan, and then some."""
        self.turns(turns, ["done"])
        self.turns(1, [fate])

    def turns(self, times: int, fates: list[str]) -> None:
        met = itertools.cycle(fates)
        for _ in range(times):
            self.time_passes()
            for claim in claim_due("w", 4):
                World.fate = next(met)
                visit(claim)

    @rule(most=st.integers(1, 2))
    def claim(self, most: int) -> None:
        self.claims += claim_due("w", most)

    def has_claim(self) -> bool:
        if not self.claims:
            self.claims += claim_due("w", 1)
        return bool(self.claims)

    @rule(number=NUMBER, fate=st.sampled_from(FATES))
    def visit(self, number: int, fate: str) -> None:
        World.fate = fate
        if self.has_claim():
            visit(self.claims.pop(number % len(self.claims)))

    @rule(number=NUMBER, all_of_them=st.booleans())
    def lease_ends(self, number: int, all_of_them: bool) -> None:
        """A lease that runs out, whose visit comes back later and finds that it is stale; or a worker that stops."""
        if all_of_them:
            hand_back("w")
            self.claims.clear()
        elif self.has_claim():
            step_id = self.claims[number % len(self.claims)].step_id
            Step.objects.filter(pk=step_id, lease_until__isnull=False).update(lease_until=Now())

    # -- time and the world -------------------------------------------------------------------------------
    @rule(number=NUMBER, what=st.sampled_from(["time", "planned time", "fortnight", "sweep", "change", *GATES]))
    def world_turns(self, number: int, what: str) -> None:
        if what == "time":
            self.time_passes()
        elif what == "planned time":
            self.planned_time_comes()
        elif what == "fortnight":
            self.expire(Ticket.objects.filter(pk=self.pick(number, NOT_STARTED).pk))
        elif what == "sweep":
            self.zombies_are_looked_for()
        elif what == "change":
            World.fingerprint += 1
        else:
            World.gate, World.overtaken = GATES[what]

    def time_passes(self) -> None:
        Step.objects.filter(ticket__in=self.tickets, status__in=OPEN).update(due_at=Now())

    def planned_time_comes(self) -> None:
        Ticket.objects.filter(pk__in=self.tickets, planned_at__isnull=False).update(planned_at=Now())
        start_scheduled("")

    @staticmethod
    def expire(tickets: QuerySet[Ticket]) -> None:
        tickets.filter(expires_at__isnull=False).update(expires_at=Now())
        expire("")

    @staticmethod
    def zombies_are_looked_for() -> None:
        before = sql("SELECT count(*) FROM edges_seen")
        revive_zombies("")
        assert sql("SELECT count(*) FROM edges_seen") == before

    # -- what always holds --------------------------------------------------------------------------------
    @invariant()
    def holds(self) -> None:
        for row in sql(SEEN, self.tickets):
            self.check(Told(*row[:-1], json.loads(row[-1])))  # Django leaves jsonb of its own cursor as text
        strange = [edge for edge in sql("SELECT was, became FROM edges_seen") if edge[1] not in ALLOWED[edge[0]]]
        assert strange == []

    @staticmethod
    def check(ticket: Told) -> None:
        open_steps = [s for s in ticket.steps if s["status"] in OPEN]
        assert all(s["has_due"] for s in open_steps), ticket
        assert not [s for s in ticket.steps if s["status"] not in OPEN and s["has_lease"]], ticket
        assert STALE not in [ticket.reason, *(s["reason"] for s in ticket.steps)], ticket
        if ticket.status in ENDED:
            assert not open_steps, ticket
            assert not ticket.has_slot, ticket
            assert ticket.is_finished, ticket
            assert not [s for s in ticket.steps if s["status"] == StepStatus.PLANNED], ticket
            assert (ticket.reason is None) == (ticket.status == TicketStatus.SUCCEEDED), ticket
        elif ticket.status in UNDER_WAY:
            assert open_steps, ticket
            took = any(s["name"] == "take_slot" and s["status"] == StepStatus.SUCCEEDED for s in ticket.steps)
            assert ticket.has_slot or not took, ticket
            assert not ticket.is_finished, ticket
        else:
            assert not open_steps, ticket
            assert not ticket.has_slot, ticket
            assert ticket.has_expiry or ticket.status == TicketStatus.SCHEDULED, ticket
        if ticket.status == TicketStatus.SUCCEEDED:
            assert {s["status"] for s in ticket.steps} == {StepStatus.SUCCEEDED}, ticket

    def teardown(self) -> None:
        """Nothing else happens any more: every ticket comes to its end by itself, stale visits and all."""
        World.fate, World.gate, World.overtaken = "done", None, False
        for claim in self.claims:
            visit(claim)
        for _ in range(60):
            not_started = Ticket.objects.filter(pk__in=self.tickets, status__in=NOT_STARTED)
            if not_started.exists():
                self.planned_time_comes()
                self.expire(not_started)
            self.time_passes()
            Step.objects.filter(ticket__in=self.tickets, lease_until__isnull=False).update(lease_until=Now())
            claims = claim_due("end", 8)
            for claim in claims:
                visit(claim)
            self.holds()
            if not claims and not Ticket.objects.filter(pk__in=self.tickets).exclude(status__in=ENDED).exists():
                break
        left = Ticket.objects.filter(pk__in=self.tickets).exclude(status__in=ENDED)
        assert [(t.pk, t.status, [(str(s), s.status, s.reason) for s in t.steps.all()]) for t in left] == []
        assert Slot.objects.filter(project=self.project).count() == 0
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE edges_seen")


@pytest.mark.parametrize("part", range(PARTS))
def test_any_order_of_events_keeps_to_the_table_and_comes_to_an_end(watched: None, part: int) -> None:
    Orders.settle()
    World.met = Counter()
    run_state_machine_as_test(
        Orders,
        settings=settings(
            max_examples=ORDERS // PARTS,
            stateful_step_count=EVENTS[part % len(EVENTS)],
            deadline=None,
            database=None,
            derandomize=os.environ.get("FULL") != "1",
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, *([] if os.environ.get("SHRINK") == "0" else [Phase.shrink])],
        ),
    )
    if ORDERS // PARTS * EVENTS[part % len(EVENTS)] >= 3000:  # a few do not meet everything
        assert {fate for fate, _ in World.met} == set(FATES)
