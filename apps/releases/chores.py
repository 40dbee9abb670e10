"""Periodic work on promotes that wait for a tester.

Must not: reject or send back anything; a verdict does that when it is given.
"""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from apps.policy.actor import Actor
from apps.releases.models import Verdict
from apps.releases.services.verdicts import let_go_on, waiting_for_verdict
from apps.tickets import registry

BATCH = 100


@registry.chore("releases.confirm", every=lambda: 5.0)
def confirm_tested(_ident: str) -> None:
    """A verdict that came while a promote was being filed did not see it: look again (D16)."""
    passed = Verdict.objects.filter(
        project=OuterRef("project"), digest=OuterRef("about__release__digest"), outcome=Verdict.Outcome.PASSED
    )
    let_go_on(waiting_for_verdict().filter(Exists(passed)).order_by("pk")[:BATCH], Actor.system("engine"))
