"""What a rollout writes down around its change: the rows before it, and that surely nothing was changed after all.

Must not: call outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from apps.common.errors import IntegrationError
from apps.projects.models import Project
from apps.releases.models import Release, Rollout
from apps.releases.targets import CHANGES_IMAGE, PRE_ROLLOUT, WITH
from apps.tickets.brakes import BrakeOnError
from apps.tickets.models import Step, StepStatus
from apps.tickets.visit import CancelRequestedError, Visit
from apps.workloads.models import Workload
from apps.workloads.observe import digest_of

UNREADABLE = ("outside.bad_answer", "outside.too_large")


@contextmanager
def one_write(visit: Visit) -> Iterator[None]:
    """Around an intent and its write: when it surely was not made, nothing is left behind that says it may have been.

    An earlier call of this attempt without an answer may be there: a conflict may then be its own trace.
    """
    may_be_there = visit.was_begun
    try:
        yield
    except (CancelRequestedError, BrakeOnError):
        if not may_be_there:
            unfreeze_if_untouched(visit)
        raise
    except IntegrationError as error:
        if not may_be_there and not error.unknown and error.code not in UNREADABLE:
            visit.forget_intent()
            unfreeze_if_untouched(visit)
        raise


def workload_of(visit: Visit) -> Workload:
    """The workload a step is about."""
    return Workload.objects.select_related(*WITH).get(pk=visit.params["workload"])


def running(visit: Visit, workload: Workload, meta: dict[str, Any]) -> None:
    """The change stands in the cluster at that generation, and is to be seen there."""
    with visit.owned():
        visit.freeze()  # again: another target's refusal may have taken it back meanwhile
        Rollout.objects.filter(ticket=visit.ticket, workload=workload).update(
            generation=meta["generation"], result=Rollout.Result.RUNNING
        )


def unfreeze_if_untouched(visit: Visit) -> None:
    """As long as this ticket changed no cluster, its gates and approvals are read again by a retry (D17)."""
    others = Step.objects.filter(ticket=visit.ticket, name__in=(PRE_ROLLOUT, *CHANGES_IMAGE)).exclude(pk=visit.step.pk)
    with visit.owned():
        on_its_way = others.filter(Q(intent__isnull=False) | Q(status=StepStatus.SUCCEEDED)).exists()
        if not on_its_way and not Rollout.objects.filter(ticket=visit.ticket, generation__isnull=False).exists():
            visit.unfreeze()


def begin(visit: Visit, workload: Workload, release: Release, before: str, image: str) -> None:
    """What was there and what shall be there, written before the change; the ticket is frozen from here (D17)."""
    with visit.owned():
        visit.freeze()
        from_digest = digest_of(before)
        if from_digest:
            _know_image(workload, before, from_digest)
        rollout, created = Rollout.objects.get_or_create(
            ticket=visit.ticket,
            workload=workload,
            defaults={
                "release": release,
                "from_image": before,
                "from_digest": from_digest,
                "to_image": image,
                "to_digest": release.digest,
                "started_at": Now(),
            },
        )
        if not created:
            Rollout.objects.filter(pk=rollout.pk).update(
                result=Rollout.Result.PENDING, reason=None, finished_at=None, to_image=image
            )


def _know_image(workload: Workload, image: str, digest: str) -> None:
    """An image that runs but was not built here becomes a release one may roll back to (D21)."""
    project = workload.project_environment.project
    known = Release.objects.filter(project=project, digest=digest)
    if known.exists():
        return
    # Two targets of a wave may find the same image at once: one after the other.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if known.exists():
        return
    name = image.partition("@")[0]
    _, _, path = name.partition("/")
    repository, _, tag = path.partition(":")
    Release.objects.create(
        project=project,
        ref="",
        tag="" if Release.objects.filter(project=project, tag=tag).exists() else tag,
        image_repository=repository,
        digest=digest,
        is_built_here=False,
    )
