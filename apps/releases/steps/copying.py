"""Bringing the image to a registry that clusters pull from, before any of them is told to run it (B10, D25).

Must not: touch a cluster, or copy to a registry that the plan does not name.
"""

from __future__ import annotations

from django.conf import settings

from apps.common.errors import IntegrationError
from apps.integrations.clients import get_registry
from apps.integrations.models import Registry
from apps.integrations.registry.copy import Progress, copy_image
from apps.releases.steps.building import release_of
from apps.tickets import registry
from apps.tickets.calls import write
from apps.tickets.outcomes import Canceled, Done, Outcome, Waiting
from apps.tickets.visit import Visit

LEASE_SHARE = 0.5
NEXT_SECONDS = 0.5


@registry.step("copy_image", writes=True)
def copy(visit: Visit) -> Outcome:
    """The very digest, served by the target registry under the release's tag; what is there already is skipped.

    A copy longer than one visit goes on with the next blob; a visit that brought no blob counts as trouble.
    """
    if visit.is_cancelling:
        return Canceled()
    release = release_of(visit)
    target = Registry.objects.get(pk=visit.params["registry"])
    source, sink = get_registry(release.project.registry), get_registry(target)
    visit.save_intent_unless_cancelled(registry=target.name, digest=release.digest)
    progress = Progress()
    work = copy_image(source, sink, release.image_repository, release.digest, release.tag, progress=progress)
    try:
        copied = write(visit, work, settings.CONFIG.lease_seconds * LEASE_SHARE)
    except IntegrationError as error:
        if progress.blobs and (error.retryable or error.unknown):
            return Waiting(NEXT_SECONDS)
        raise
    return Done({"digest": release.digest, "copied": copied})
