"""The project's Jenkins job, made from its language's template as the first release would make it (B2, D23).

Must not: take over a job that is not the portal's for this very project.
"""

from __future__ import annotations

from urllib.parse import quote

from apps.access.models import Provision
from apps.access.provisioning.rows import confirm, deadline, intend, project_of, send, told
from apps.catalog.models import TemplateVersion
from apps.catalog.services import newest_template
from apps.common.errors import Rejected
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins.notes import of_project
from apps.integrations.jenkins.provisioning import create_job_from_template
from apps.tickets import registry
from apps.tickets.outcomes import Failed, Outcome
from apps.tickets.visit import Visit


@registry.step("create_job", writes=True)
def create_job(visit: Visit) -> Outcome:
    """The job stands; `access.job_taken` when its name belongs to somebody else's."""
    project = project_of(visit)
    name, jenkins = project.slug, get_jenkins(project.jenkins)
    template = newest_template(project.language, TemplateVersion.Kind.JENKINS_JOB)
    row = intend(visit, Provision.What.JOB, visit.step.system, name, address={"job": name})
    try:
        made = send(
            visit,
            lambda: create_job_from_template(
                jenkins,
                name,
                template.jenkins_template,
                note=of_project(name),
                key=visit.key,
                version=template.version,
            ),
            deadline() * 4,
            job=name,
            template=template.jenkins_template,
        )
    except Rejected as error:
        if error.code != "jenkins.job_taken":
            raise
        return Failed("access.job_taken", {**error.params, "project": project.slug})
    link = f"{project.jenkins.url.rstrip('/')}/job/{quote(name)}/"
    confirm(visit, row, address={"job": name}, link=link, is_adopted=made.adopted)
    did = "adopted" if made.adopted else "created"
    return told(row, did, link, job=name, template=template.jenkins_template, version=template.version)
