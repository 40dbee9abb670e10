"""What a visit leaves behind that had written its intent and then found its lease run out: it knows that it did not ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F
from django.db.models.functions import Now

from apps.tickets.models import Step
from apps.tickets.outcomes import Done, Outcome
from apps.tickets.registry import StepSpec
from apps.tickets.visit import Visit, _no_checkpoint, set_checkpoint
from tests.tickets.conftest import Place, turn
from tests.tickets.drill import Drill
from tests.tickets.test_engine import fresh

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def checkpoint_reset() -> Iterator[None]:
    yield
    set_checkpoint(_no_checkpoint)


def too_slow(visiting: Visit) -> Outcome:
    visiting.claimed_boot -= visiting.lease_seconds
    visiting.save_intent(word="asked")
    raise AssertionError("it must not go on")


def lease_runs_out() -> None:
    Step.objects.filter(lease_until__isnull=False).update(lease_until=Now() - timedelta(seconds=1))


def test_a_call_that_a_slow_worker_did_not_make_is_simply_made_by_the_next_visit(place: Place, drill: Drill) -> None:
    """Looked up by its key it would be called lost; twice, and the ticket would be errored for nothing."""
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    begun: list[bool] = []

    def ask(visiting: Visit) -> Outcome:
        begun.append(visiting.was_begun)
        return Done()

    drill.script = {("one", ""): [too_slow, ask]}
    ticket = place.file()
    turn()
    step = ticket.steps.get(name="one")
    assert (step.status, step.intent, drill.times["one", ""]) == ("due", None, 1)
    lease_runs_out()
    turn()
    assert begun == [False]
    assert fresh(ticket).status == "succeeded"


def test_what_an_earlier_visit_may_have_asked_is_still_looked_up(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    drill.script = {("one", ""): [too_slow, Done()]}
    ticket = place.file()
    Step.objects.filter(ticket=ticket, name="one").update(intent={"word": "asked before"})
    turn()
    assert ticket.steps.get(name="one").intent == {"word": "asked"}


@pytest.mark.usefixtures("checkpoint_reset")
def test_the_intent_of_whoever_took_the_step_over_is_not_touched(place: Place, drill: Drill) -> None:
    drill.specs = [StepSpec("start", 0), StepSpec("one", 1)]
    drill.script = {("one", ""): [too_slow, Done()]}
    ticket = place.file()

    def taken_over(point: str, step: Step) -> None:
        if (point, step.name) == ("after_intent", "one"):
            Step.objects.filter(pk=step.pk).update(fence=F("fence") + 1, intent={"word": "theirs"})

    set_checkpoint(taken_over)
    turn()
    assert ticket.steps.get(name="one").intent == {"word": "theirs"}
