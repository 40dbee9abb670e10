"""Taking away a webhook and a Jenkins job, each by what only the one we made has (D5).

What somebody changed or replaced since is his, and stays. Must not: delete by an address or a name alone.
"""

from __future__ import annotations

from apps.access.models import Provision
from apps.access.provisioning.rows import deadline, send
from apps.access.removing.rows import gone, kept, row_of
from apps.common.errors import NotFound, Rejected
from apps.integrations.clients import get_gitlab, get_jenkins
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.hooks import delete_hook, list_hooks
from apps.integrations.jenkins.provisioning import delete_job
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.tickets import registry
from apps.tickets.outcomes import Outcome
from apps.tickets.visit import Visit

NOT_OURS_NOW = ("gitlab.hook_changed", "gitlab.project_missing")


@registry.step("remove_webhook", writes=True)
def remove_webhook(visit: Visit) -> Outcome:
    """The hook we made is gone; one whose address was changed since, or whose repository we do not see, is kept."""
    row = row_of(visit)
    project = Project.objects.select_related("gitlab").get(pk=row.project_id)
    gitlab, repository, url = get_gitlab(project.gitlab), int(row.address["project_id"]), str(row.address["url"])
    begun = visit.was_begun
    try:
        hook = row.address.get("hook_id") or _find_hook(gitlab, repository, row)
        if hook is None:
            return gone(visit, row, by_us=begun)
        was_there = send(visit, lambda: delete_hook(gitlab, repository, hook, url), deadline() * 3, hook=hook)
    except (NotFound, Rejected) as error:
        if error.code not in NOT_OURS_NOW:
            raise
        return kept(visit, row, error.as_reason())
    return gone(visit, row, by_us=was_there or begun)


def _find_hook(gitlab: GitLab, repository: int, row: Provision) -> int | None:
    """The hook of a call without an answer, by the key in its description."""
    hooks = run(list_hooks(gitlab, repository), deadline() * 2)
    return next((hook.id for hook in hooks if hook.key and hook.key == row.key), None)


@registry.step("remove_job", writes=True)
def remove_job(visit: Visit) -> Outcome:
    """The job we made is gone with its builds; one that is not ours (any more) is kept."""
    row = row_of(visit)
    project = Project.objects.select_related("jenkins").get(pk=row.project_id)
    jenkins, name, begun = get_jenkins(project.jenkins), str(row.address["job"]), visit.was_begun
    try:
        was_there = send(visit, lambda: delete_job(jenkins, name, row.key), deadline() * 3, job=name)
    except Rejected as error:
        if error.code != "jenkins.job_not_made_by_us":
            raise
        return kept(visit, row, error.as_reason()) if row.confirmed_at else gone(visit, row, by_us=False)
    return gone(visit, row, by_us=was_there or begun)
