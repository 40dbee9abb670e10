"""The scene of `resync_jobs`: two jobs that somebody edited by hand are brought back, one after the other.

Must not: judge, or know any fault.
"""

from __future__ import annotations

from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins.provisioning import create_job_from_template
from apps.integrations.loop import run
from apps.projects.models import Project
from apps.tickets.registry import Filing
from apps.tickets.services.filing import file_ticket
from tests.faults.matrix.cells import Cell
from tests.faults.matrix.scenes import Scene, Stage, scene
from tests.support.factories import make_project
from tests.support.story import Company

CANARY, OTHER = "matrix-canary-n1", "matrix-other-n1"
LANGUAGE, TEMPLATE = "go", "tpl-go"
SWITCH = "<concurrentBuild>true</concurrentBuild>"


@scene("resync_jobs")
def _resync_scene(stage: Stage, _cell: Cell) -> Scene:
    """Each of the two jobs gets another switch by hand, and is written once by the ticket."""
    company = stage.company
    projects = [_edited(company, slug) for slug in (CANARY, OTHER)]
    form = {"language": LANGUAGE, "canary": CANARY, "projects": [OTHER]}
    ticket, _ = file_ticket("resync_jobs", Filing(projects[0], None, form, company.actor("admin")))
    company.approve(ticket)
    made = [("jenkins", "job.config.set")] * 2
    return Scene(ticket, (), (), release=stage.tested[0], made=made)


def _edited(company: Company, slug: str) -> Project:
    """The project; its job is as the portal makes it, but for one thing."""
    project = Project.objects.filter(slug=slug).first()
    jenkins = get_jenkins(company.servers["jenkins"])
    if project is None:
        project = make_project(slug, language=LANGUAGE, **company.servers)
        run(create_job_from_template(jenkins, slug, TEMPLATE, note=f"project {slug}", key=f"{slug}.1", version=1), 10)
    config = run(jenkins.get_config(slug), 10)
    assert SWITCH in config
    run(jenkins.write_config(slug, config.replace(SWITCH, SWITCH.replace("true", "false"))), 10)
    return project
