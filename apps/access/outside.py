"""What GitLab, Jenkins and the clusters say of a project before it is asked for. Reads only.

Must not: write anything, or take silence for a no: what could not be asked stays an error for the caller to tell.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from apps.access.provisioning.hooking import hook_address
from apps.common.errors import DomainError
from apps.integrations.gitlab.client import GitLab
from apps.integrations.gitlab.hooks import list_hooks
from apps.integrations.gitlab.projects import get_access
from apps.integrations.gitlab.types import RepositoryAccess
from apps.integrations.jenkins import notes
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.kubernetes.client import Kubernetes
from apps.projects.models import Project
from apps.workloads.rendering.namespace import QUOTA_NAME


@dataclass(frozen=True)
class JobThere:
    """Whether a job of the project's name is there, and the params of the refusal when it is somebody else's."""

    exists: bool
    foreign: dict[str, Any] | None = None


@dataclass(frozen=True)
class RepositoryThere:
    """What the portal's token may do in the repository; `has_hook` None when the hooks could not be read."""

    access: RepositoryAccess
    has_hook: bool | None


async def look_at_repository(gitlab: GitLab, path: str, slug: str) -> RepositoryThere:
    """The repository, our rights there, and whether it already has the webhook of a project of this name.

    NotFound `gitlab.project_missing`, also where our token may not see it.
    """
    access = await get_access(gitlab, path)
    if not slug:
        return RepositoryThere(access, None)
    try:
        address = hook_address(Project(slug=slug))
        hooks = await list_hooks(gitlab, access.project.id)
    except DomainError:  # no right to read them, or no address of our own yet: the rest stands
        return RepositoryThere(access, None)
    return RepositoryThere(access, any(hook.url == address for hook in hooks))


async def look_at_job(jenkins: Jenkins, slug: str) -> JobThere:
    """The job of this name in any case; ours is one that the portal made for a project of this name."""
    raw = await jenkins.find_job(slug)
    if raw is None:
        return JobThere(exists=False)
    note = notes.read(str(raw.get("description") or ""))
    if raw.get("name") == slug and note.is_ours and note.text in ("", notes.of_project(slug)):
        return JobThere(exists=True)
    found = jenkins.http.quote(note.text[:500])
    about = {"job": str(raw.get("name")), "found": found, "project": slug, **jenkins.http.about(f"job {slug}")}
    return JobThere(exists=True, foreign=about)


async def has_namespace(client: Kubernetes, name: str) -> bool:
    """Whether the cluster has the namespace."""
    return await client.find_object("namespaces", None, name) is not None


async def has_quota(client: Kubernetes, namespace: str) -> bool:
    """Whether the namespace has a ResourceQuota of the portal's name; not, while there is no such namespace."""
    return await client.find_object("resourcequotas", namespace, QUOTA_NAME) is not None
