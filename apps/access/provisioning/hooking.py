"""The repository and its webhook (P3): looked at, then called back by GitLab at an address of ours.

Must not: show the hook's secret anywhere but to GitLab, or take a repository for bound that we may not use.
"""

from __future__ import annotations

import secrets

from django.conf import settings

from apps.access.models import Provision
from apps.access.provisioning.rows import confirm, deadline, intend, project_of, send, told
from apps.common.errors import Conflict
from apps.integrations.clients import get_gitlab
from apps.integrations.gitlab.hooks import EVENTS, ensure_hook
from apps.integrations.gitlab.projects import get_access
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.tickets import registry
from apps.tickets.outcomes import Errored, Failed, Outcome
from apps.tickets.visit import Visit

What = Provision.What


def hook_address(project: Project) -> str:
    """Where GitLab delivers: below the first configured origin, never below what a Host header says.

    Conflict `access.no_address` while the portal does not know its own address.
    """
    origins: list[str] = settings.CONFIG.origin_list()
    if not origins:
        raise Conflict("access.no_address", setting="OPSPORTAL_ORIGINS")
    return f"{origins[0]}/hooks/gitlab/{project.slug}"


@registry.step("bind_repository", writes=False)
def bind_repository(visit: Visit) -> Outcome:
    """The repository is there and the portal's token may do in it all that releases need."""
    project = project_of(visit)
    access = run(get_access(get_gitlab(project.gitlab), project.gitlab_path), deadline() * 3)
    for right in access.rights:
        if not right.allowed:
            return Failed(right.code, right.params)
    found = access.project
    row = intend(visit, What.REPOSITORY, visit.step.system, found.path, is_adopted=True)
    address = {"id": found.id, "path": found.path}
    confirm(visit, row, address=address, link=found.web_url, is_adopted=True)
    return told(row, "adopted", found.web_url, **address)


@registry.step("add_webhook", writes=True)
def add_webhook(visit: Visit) -> Outcome:
    """One webhook for our address; one of this address that somebody made is adopted, with our secret from now on."""
    project = project_of(visit)
    bound = visit.output_of("bind_repository", visit.step.target)
    if "id" not in bound:
        return Errored("engine.row_gone", {"step": str(visit.step), "what": "bind_repository"})
    url, repository = hook_address(project), int(bound["id"])
    secret, address = secrets.token_urlsafe(32), {"project_id": repository, "url": url}
    row = intend(visit, What.WEBHOOK, visit.step.system, url, secret=secret, address=address)
    gitlab = get_gitlab(project.gitlab)
    made = send(
        visit,
        lambda: ensure_hook(gitlab, repository, url, row.secret, EVENTS, visit.key),
        deadline() * 4,
        hook=url,
        repository=repository,
    )
    link = f"{bound['link']}/-/hooks"
    confirm(visit, row, address={**address, "hook_id": made.hook.id}, link=link, is_adopted=not made.created)
    did = "created" if made.created else "adopted"
    return told(row, did, link, url=url, changed=made.changed, events=sorted(made.hook.events))
