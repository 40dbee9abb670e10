"""Telling a project's own receiver that a version arrived everywhere (P2), the last thing a release or promote does.

Its answer is shown and decides nothing: a version that runs is a success whatever a receiver says. Must not: fail its
ticket for an answer, or call an address that was not the project's when the ticket was filed.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from apps.common.errors import IntegrationError
from apps.integrations.callback import Said, send_callback, shown, shown_host
from apps.projects.models import Project
from apps.releases.models import Rollout
from apps.releases.steps.building import deadline, release_of
from apps.tickets import registry
from apps.tickets.calls import write
from apps.tickets.models import Ticket
from apps.tickets.outcomes import Canceled, Done, Outcome
from apps.tickets.registry import StepSpec
from apps.tickets.visit import Visit

STEP, FACT = "call_back", "callback"
LONGEST_SYSTEM = 60
Json = dict[str, Any]


def facts_of(project: Project) -> Json:
    """What a ticket keeps at its filing: the project's address of now, or nothing when it has none."""
    url = project.callback.get("url", "")
    return {FACT: url} if url else {}


def with_callback(ticket: Ticket, plan: list[StepSpec]) -> list[StepSpec]:
    """The plan, with the callback after everything else where the ticket has one."""
    url = ticket.facts.get(FACT)
    if not url:
        return plan
    last = max(step.wave for step in plan) + 1
    return [*plan, StepSpec(STEP, 0, wave=last, system=f"callback:{urlsplit(url).netloc}"[:LONGEST_SYSTEM])]


@registry.step(STEP, writes=True)
def call_back(visit: Visit) -> Outcome:
    """POST what arrived, under the step's key; asked again for a while when it was not answered or not now.

    A receiver may get the same call twice, always with the same key: that is how it tells.
    """
    if visit.is_cancelling:
        return Canceled()
    url = visit.ticket.facts[FACT]
    visit.save_intent_unless_cancelled(url=shown(url), key=visit.key)
    config = settings.CONFIG
    work = send_callback(
        url,
        _body(visit),
        key=visit.key,
        seconds=deadline(),
        allow_loopback=config.allow_loopback or settings.DEBUG,
    )
    try:
        said = write(visit, work, deadline())
    except IntegrationError as error:
        said = Said(0, "", error)
    if said.error is not None and _comes_again(visit, said.error):
        raise said.error
    return Done(_told(url, said))


def _comes_again(visit: Visit, error: IntegrationError) -> bool:
    """Whether it may be answered yet: the adapter's bit, for as long as a ticket waits for its receiver."""
    may_be = error.retryable or error.unknown
    return may_be and visit.age + (error.retry_after or 0.0) < settings.CONFIG.callback_seconds


def _body(visit: Visit) -> Json:
    release, ticket = release_of(visit), visit.ticket
    return {
        "ticket": ticket.pk,
        "kind": ticket.kind,
        "project": ticket.project.slug,
        "environment": ticket.environment.slug if ticket.environment else "",
        "release": {"tag": release.tag, "commit": release.commit, "digest": release.digest},
        "targets": _targets(ticket),
        "key": visit.key,
    }


def _targets(ticket: Ticket) -> list[Json]:
    """Where it runs now, in the order of the waves."""
    done = Rollout.objects.filter(ticket=ticket, result=Rollout.Result.SUCCEEDED)
    rows = done.select_related("workload__placement__cluster").order_by(
        "workload__placement__wave", "workload__placement__cluster__name", "workload__name"
    )
    return [
        {
            "cluster": one.workload.placement.cluster.name,
            "namespace": one.workload.namespace,
            "workload": one.workload.name,
            "image": one.to_image,
        }
        for one in rows
    ]


def _told(url: str, said: Said) -> Json:
    """The step's output: {url, status (0: no answer), said, note}. A call that was not taken says why in `reason`."""
    host = shown_host(url)
    told: Json = {"url": shown(url), "status": said.status, "said": said.text}
    if said.error is None:
        return {**told, "note": {"code": "callback.answered", "params": {"host": host, "status": said.status}}}
    code = "callback.refused" if said.status else "callback.unanswered"
    note = {"code": code, "params": {"host": host, "status": said.status}}
    return {**told, "reason": said.error.as_reason(), "note": note}
