"""A retry builds again only when the failure said something of the build or its image (QR1: one build per ticket)."""

from __future__ import annotations

import base64

from apps.sandbox.base.faults import Fault
from apps.tickets.models import Ticket
from apps.tickets.services.running import retry_ticket
from tests.releases.hand import SLUG, Hand, http
from tests.support.story import Company


def built(company: Company, hand: Hand) -> Ticket:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "resolve_digest", "due"))
    return ticket


def builds(company: Company, ticket: Ticket) -> int:
    keys = [str(s.key) for s in ticket.steps.filter(name="start_build")]
    started = company.sandbox.jenkins.journal.find("build.start", accepted=True)
    return sum(str(entry.detail["key"]).startswith(tuple(keys)) for entry in started)


def test_a_registry_that_refused_the_reading_costs_no_second_build(company: Company, hand: Hand) -> None:
    ticket = built(company, hand)
    company.sandbox.registry.faults.add(Fault("manifest.get", "status", status=410))
    ticket = hand.drive(ticket)
    assert ticket.reason is not None
    assert (ticket.status, ticket.reason["code"]) == ("failed", "outside.not_found")
    retry_ticket(ticket, actor=company.actor("developer"))
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert builds(company, ticket) == 1
    assert ticket.steps.get(name="start_build").attempt == 1
    assert ticket.steps.get(name="resolve_digest").attempt == 2


def test_an_image_that_is_gone_is_built_again(company: Company, hand: Hand) -> None:
    ticket = built(company, hand)
    world, tag = company.sandbox.world, ticket.about.release.tag
    login = base64.b64encode(f"{world.registry_user}:{world.registry_password}".encode()).decode()
    put = company.sandbox.registry.journal.find("manifest.put", subject=f"shop/{SLUG}:{tag}")
    digest = put[-1].detail["digest"]
    url = f"{world.registry_url}/v2/shop/{SLUG}/manifests/{digest}"
    assert http("DELETE", url, headers={"Authorization": f"Basic {login}"})[0] == 202
    ticket = hand.drive(ticket)
    assert ticket.reason is not None
    assert (ticket.status, ticket.reason["code"]) == ("failed", "registry.image_missing")
    retry_ticket(ticket, actor=company.actor("developer"))
    ticket = hand.drive(ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert builds(company, ticket) == 2
