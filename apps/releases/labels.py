"""The labels every image built by the portal carries (B5). Must not: hold anything secret; images are copied around."""

from __future__ import annotations

from apps.releases.models import Release
from apps.tickets.models import Ticket

REVISION = "org.opencontainers.image.revision"
VERSION = "org.opencontainers.image.version"
SOURCE = "org.opencontainers.image.source"
KEY = "io.opsportal.key"
CHECKED = (REVISION, VERSION, KEY)


def labels_for(release: Release, ticket: Ticket, *, job: str, key: str) -> dict[str, str]:
    """Label → value; `key` is the build's. The job's template adds its build number as `io.opsportal.build`."""
    requester = ticket.requester
    return {
        REVISION: release.commit,
        VERSION: release.tag,
        SOURCE: str(ticket.facts.get("web_url", "")),
        KEY: key,
        "io.opsportal.project": release.project.slug,
        "io.opsportal.job": job,
        "io.opsportal.ticket": str(ticket.pk),
        "io.opsportal.builder": f"u{requester.pk} {requester.username}",
        "io.opsportal.template": _template(release),
    }


def _template(release: Release) -> str:
    """`java v3`, or `override` when the project's own Dockerfile built it (B4)."""
    if release.dockerfile_version is None:
        return "override"
    return f"{release.project.language} v{release.dockerfile_version}"
