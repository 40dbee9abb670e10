"""Bad input on the way from a commit to an image: GitLab, Jenkins and the registry say no, and nothing else happens.

Each row of the table breaks one thing right before one step of a release; the ticket must end `failed` with exactly
that code and those params, and no journal may show a change after the break.
"""

from __future__ import annotations

import asyncio
import base64
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from apps.catalog.models import TemplateVersion
from apps.common.errors import Invalid
from apps.integrations.clients import get_jenkins
from apps.integrations.jenkins.notes import of_project
from apps.integrations.jenkins.provisioning import create_job_from_template
from apps.integrations.jenkins.types import BUILD_PARAMETERS
from apps.integrations.loop import run
from apps.releases.models import Build, Release
from apps.sandbox import images
from apps.tickets.models import Ticket
from apps.tickets.services.running import retry_ticket
from tests.releases.hand import GITLAB_ID, SLUG, Hand, Outside, commit, http
from tests.support.jenkins import job_xml
from tests.support.sandbox import fault
from tests.support.story import Company

REPOSITORY = f"shop/{SLUG}"
DENIED = '{"errors": [{"code": "DENIED", "message": "requested access to the resource is denied"}]}'


@dataclass
class Scene:
    """A release ticket on its way; `cleanup` runs after the test."""

    company: Company
    hand: Hand
    ticket: Ticket
    cleanup: ExitStack

    @property
    def release(self) -> Release:
        return Release.objects.get(ticket=self.ticket)

    def gitlab(self, method: str, path: str, body: Any = None) -> int:
        token = {"PRIVATE-TOKEN": self.company.sandbox.world.gitlab_token}
        url = f"{self.company.sandbox.world.gitlab_url}/api/v4/projects/{GITLAB_ID}{path}"
        return http(method, url, body, token)[0]

    def jenkins(self, path: str, body: bytes = b"", kind: str = "application/x-www-form-urlencoded") -> int:
        return _jenkins(self.company, path, body, kind)

    def make_job(self) -> None:
        """The project's job as the portal makes it."""
        jenkins = get_jenkins(self.company.servers["jenkins"])
        made = create_job_from_template(jenkins, SLUG, "tpl-java", note=of_project(SLUG), key="", version=1)
        assert run(made, 10).created

    def set_row(self, server: str, **fields: str) -> None:
        row = self.company.servers[server]
        for name, value in fields.items():
            setattr(row, name, value)
        row.save()

    def registry(self) -> images.Registry:
        world = self.company.sandbox.world
        return images.Registry(world.registry_url, world.registry_user, world.registry_password)


def _jenkins(company: Company, path: str, body: bytes = b"", kind: str = "application/x-www-form-urlencoded") -> int:
    world = company.sandbox.world
    login = base64.b64encode(f"{world.jenkins_user}:{world.jenkins_api_token}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", "Content-Type": kind}
    return http("POST", world.jenkins_url + path, body, headers)[0]


@pytest.fixture(autouse=True)
def no_job_yet(company: Company) -> None:
    """Rows break the job; each begins without one."""
    for name in (SLUG, "renamed-by-hand"):
        if company.sandbox.jenkins.controller.find(name) is not None:
            _jenkins(company, f"/job/{name}/doDelete")


# -- what breaks ------------------------------------------------------------------------------------------------
def lose_the_commit(scene: Scene) -> None:
    """The branch is deleted and the repository cleaned: its commit is gone for good."""
    assert scene.gitlab("DELETE", "/repository/branches/going") == 204
    folder = next(scene.company.sandbox.root.glob(f"gitlab/**/{GITLAB_ID}.git"))
    for arguments in (["reflog", "expire", "--expire=now", "--all"], ["gc", "-q", "--prune=now"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True, capture_output=True)
    scene.company.sandbox.gitlab.hub._open.clear()  # what it remembers of the repository


def take_the_tag(scene: Scene) -> None:
    tag, sha = scene.release.tag, scene.release.commit
    body = {"tag_name": tag, "ref": sha, "message": "made by hand"}
    assert scene.gitlab("POST", "/repository/tags", body) == 201


def protect_the_tag(scene: Scene) -> None:
    rule = {"name": "2*", "create_access_level": 0}
    assert scene.gitlab("POST", "/protected_tags", rule) == 201
    scene.cleanup.callback(scene.gitlab, "DELETE", f"/protected_tags/{quote('2*', safe='')}")


def disable_the_job(scene: Scene) -> None:
    scene.make_job()
    scene.jenkins(f"/job/{SLUG}/disable")


def delete_the_job(scene: Scene) -> None:
    scene.jenkins(f"/job/{SLUG}/doDelete")


def rename_the_job(scene: Scene) -> None:
    scene.jenkins(f"/job/{SLUG}/doRename?newName=renamed-by-hand")


def drop_a_parameter(scene: Scene) -> None:
    """The template that the job would be made from does not define one either."""
    jenkins = get_jenkins(scene.company.servers["jenkins"])
    few = run(jenkins.get_config("tpl-java"), 10).replace("<name>TAG</name>", "<name>TAGG</name>")
    assert run(jenkins.create("tpl-few", few), 10)
    scene.cleanup.callback(scene.jenkins, "/job/tpl-few/doDelete")
    made = create_job_from_template(jenkins, SLUG, "tpl-few", note=of_project(SLUG), key="", version=1)
    assert run(made, 10).created
    TemplateVersion.objects.filter(kind="jenkins_job").update(jenkins_template="tpl-few")


def take_the_job(scene: Scene) -> None:
    """Somebody made a job of the project's name, with all that a build is given."""
    foreign = job_xml("echo theirs", parameters=dict.fromkeys(BUILD_PARAMETERS, ""))
    assert run(get_jenkins(scene.company.servers["jenkins"]).create(SLUG, foreign), 10)


def lose_the_template(scene: Scene) -> None:
    TemplateVersion.objects.filter(kind="jenkins_job").update(jenkins_template="tpl-cobol")


def lose_the_image(scene: Scene) -> None:
    world = scene.company.sandbox.world
    login = base64.b64encode(f"{world.registry_user}:{world.registry_password}".encode()).decode()
    url = f"{world.registry_url}/v2/{REPOSITORY}/manifests/{scene.release.tag}"
    assert http("DELETE", url, headers={"Authorization": f"Basic {login}"})[0] == 202


def push_another_image(scene: Scene) -> None:
    """Somebody pushes another image over the tag."""
    now = datetime(2026, 1, 2, tzinfo=UTC)
    labels = {
        "org.opencontainers.image.revision": scene.release.commit,
        "org.opencontainers.image.version": "some-other-tag",
    }
    image = images.build_image([images.build_layer({"x": b"x"}, "COPY", now)], labels=labels, created=now)
    asyncio.run(images.push_image(scene.registry(), REPOSITORY, scene.release.tag, image))


def lie_about_the_digest(scene: Scene) -> None:
    headers = {
        "Content-Type": "application/vnd.oci.image.manifest.v1+json",
        "Docker-Content-Digest": "sha256:" + "0" * 64,
    }
    fault(scene.company.sandbox.registry, "manifest.get", "status", status=200, body="{}", headers=headers)


def gitlab_token_of(level: int, scopes: list[str]) -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        admin = f"http://127.0.0.1:{scene.company.sandbox.gitlab.admin_port}"
        token = {"token": f"glpat-{level}", "username": f"someone{level}", "scopes": scopes, "access_level": level}
        assert http("POST", f"{admin}/tokens", token)[0] == 201
        scene.set_row("gitlab", token=f"glpat-{level}")

    return change


def row(server: str, **fields: str) -> Callable[[Scene], None]:
    return lambda scene: scene.set_row(server, **fields)


def forbid(server: str, kind: str, body: str = "") -> Callable[[Scene], None]:
    def change(scene: Scene) -> None:
        target = getattr(scene.company.sandbox, server)
        headers = {"Content-Type": "application/json"} if body else {}
        fault(target, kind, "status", status=403, body=body, headers=headers)

    return change


def jenkins_password(scene: Scene) -> None:
    scene.set_row("jenkins", token=scene.company.sandbox.world.jenkins_password)


# -- the table --------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Case:
    """Right before `step`, `breaks`; then `code` with `params` ({tag}, {commit} and {image} are the release's)."""

    what: str
    step: str
    breaks: Callable[[Scene], None]
    code: str
    params: dict[str, Any]
    ref: str = "main"


GITLAB = {"system": "GitLab", "name": "gitlab", "what": "tag {tag}"}
JOB = {"system": "Jenkins", "name": "jenkins", "what": f"job {SLUG}"}
BUILD = {**JOB, "what": f"build of {SLUG}"}
IMAGE = {"system": "Registry", "name": "registry", "what": "{image}"}

CASES = [
    Case(
        "the commit is gone between filing and start",
        "create_tag",
        lose_the_commit,
        "gitlab.commit_missing",
        {"tag": "{tag}", "commit": "{commit}", "said": "Target {commit} is invalid", **GITLAB},
        ref="going",
    ),
    Case(
        "the tag is another's",
        "create_tag",
        take_the_tag,
        "gitlab.tag_taken",
        {"tag": "{tag}", "commit": "{commit}", "said": "", **GITLAB},
    ),
    Case(
        "the tag is protected",
        "create_tag",
        protect_the_tag,
        "gitlab.tag_protected",
        {
            "tag": "{tag}",
            "commit": "{commit}",
            "said": "You are not allowed to create this tag as it is protected.",
            **GITLAB,
        },
    ),
    Case(
        "GitLab: 401",
        "create_tag",
        row("gitlab", token="glpat-wrong"),
        "outside.unauthorized",
        {"field": "token", **GITLAB},
    ),
    Case(
        "GitLab: 403, the role is too small",
        "create_tag",
        gitlab_token_of(20, ["api"]),
        "outside.forbidden",
        {"said": "403 Forbidden", **GITLAB},
    ),
    Case(
        "GitLab: 403, the scope is too small",
        "create_tag",
        gitlab_token_of(40, ["read_api"]),
        "gitlab.scope_missing",
        {"scope": "api", "field": "token", **GITLAB},
    ),
    Case("the job is disabled", "ensure_job", disable_the_job, "jenkins.job_disabled", {"job": SLUG, **JOB}),
    Case(
        "the job is somebody else's",
        "ensure_job",
        take_the_job,
        "release.job_taken",
        {"job": SLUG, "project": SLUG, "found": "FreeStyleProject", **JOB},
    ),
    Case("the job is deleted by hand", "start_build", delete_the_job, "jenkins.job_missing", {"job": SLUG, **BUILD}),
    Case("the job is renamed by hand", "start_build", rename_the_job, "jenkins.job_missing", {"job": SLUG, **BUILD}),
    Case(
        "the template is missing",
        "ensure_job",
        lose_the_template,
        "jenkins.template_missing",
        {"template": "tpl-cobol", **JOB, "what": "configuration of tpl-cobol"},
    ),
    Case(
        "a parameter is defined neither in the job nor in its template",
        "ensure_job",
        drop_a_parameter,
        "jenkins.parameter_undefined",
        {"job": SLUG, "parameter": "TAG", **JOB},
    ),
    Case(
        "Jenkins: 401",
        "ensure_job",
        row("jenkins", token="wrong"),
        "outside.unauthorized",
        {"field": "token", **JOB},
    ),
    Case("Jenkins: 403", "ensure_job", forbid("jenkins", "job.*"), "outside.forbidden", {"said": "", **JOB}),
    Case(
        "Jenkins: a password where an API token belongs",
        "start_build",
        jenkins_password,
        "jenkins.token_needed",
        {"field": "token", **BUILD},
    ),
    Case(
        "the registry does not have the tag",
        "resolve_digest",
        lose_the_image,
        "registry.image_missing",
        {"image": "{image}", **IMAGE},
    ),
    Case(
        "the image carries other labels than asked",
        "resolve_digest",
        push_another_image,
        "image.label_differs",
        {
            "repository": REPOSITORY,
            "tag": "{tag}",
            "label": "org.opencontainers.image.version",
            "wanted": "{tag}",
            "found": "some-other-tag",
        },
    ),
    Case(
        "the registry names another digest than the image has",
        "resolve_digest",
        lie_about_the_digest,
        "registry.digest_mismatch",
        {"image": "{image}", "digest": images.digest_of(b"{}"), **IMAGE},
    ),
    Case(
        "registry: 401",
        "resolve_digest",
        row("registry", password="wrong"),
        "outside.unauthorized",
        {"field": "password", **IMAGE},
    ),
    Case(
        "registry: 403",
        "resolve_digest",
        forbid("registry", "manifest.get", DENIED),
        "registry.right_missing",
        {"scope": "pull", "said": "requested access to the resource is denied", **IMAGE},
    ),
]


def filled(params: dict[str, Any], release: Release) -> dict[str, Any]:
    values = {"tag": release.tag, "commit": release.commit, "image": f"{REPOSITORY}:{release.tag}"}
    return {k: v.format(**values) if isinstance(v, str) and v != "{}" else v for k, v in params.items()}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.what)
def test_what_stands_in_the_way_of_a_build_is_named_and_nothing_more_is_done_outside(
    case: Case, company: Company, hand: Hand, outside: Outside
) -> None:
    if case.ref != "main":
        commit(company, case.ref, {"note.txt": "x\n"})
    ticket = company.file("release", "developer", SLUG, "test", ref=case.ref)
    hand.drive(ticket, until=hand.step_is(ticket, case.step, "due"))
    with ExitStack() as cleanup:
        case.breaks(Scene(company, hand, ticket, cleanup))
        outside.mark()
        ticket = hand.drive(ticket)
        release = Release.objects.get(ticket=ticket)
        assert ticket.status == "failed"
        assert ticket.reason == {"code": case.code, "params": filled(case.params, release)}
        assert ticket.steps.get(name=case.step).status == "failed"
        assert outside.changed() == []
        assert release.digest == ""


def test_a_ref_that_is_not_there_is_refused_at_filing_and_leaves_nothing(company: Company, outside: Outside) -> None:
    with pytest.raises(Invalid) as refused:
        company.file("release", "developer", SLUG, "test", ref="no-such-branch")
    params = {"ref": "no-such-branch", "project": SLUG}
    assert refused.value.as_reason() == {"code": "release.ref_missing", "params": params}
    assert refused.value.fields == {"ref": [{"code": "release.ref_missing", "params": params}]}
    assert (outside.changed(), Ticket.objects.count(), Release.objects.count()) == ([], 0, 0)


def test_a_branch_that_is_deleted_after_filing_is_built_at_the_commit_that_was_shown(
    company: Company, hand: Hand
) -> None:
    sha = commit(company, "deleted-later", {"later.txt": "x\n"})
    ticket = company.file("release", "developer", SLUG, "test", ref="deleted-later")
    with ExitStack() as cleanup:
        assert Scene(company, hand, ticket, cleanup).gitlab("DELETE", "/repository/branches/deleted-later") == 204
    assert hand.drive(ticket).status == "succeeded"
    release = Release.objects.get(ticket=ticket)
    assert (release.commit, release.labels["org.opencontainers.image.revision"]) == (sha, sha)


def test_a_tag_that_is_there_with_our_key_on_our_commit_is_ours_and_is_not_made_again(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    release = Release.objects.get(ticket=ticket)
    body = {"tag_name": release.tag, "ref": release.commit, "message": str(ticket.key)}
    with ExitStack() as cleanup:
        assert Scene(company, hand, ticket, cleanup).gitlab("POST", "/repository/tags", body) == 201
    outside.mark()
    assert hand.drive(ticket).status == "succeeded"
    assert ("gitlab", "tag.create") not in outside.changed()


def test_a_job_deleted_by_hand_is_made_again_by_the_next_release_and_by_a_retry(
    company: Company, hand: Hand, outside: Outside
) -> None:
    ticket = company.file("release", "developer", SLUG, "test", ref="main")
    hand.drive(ticket, until=hand.step_is(ticket, "start_build", "due"))
    _jenkins(company, f"/job/{SLUG}/doDelete")
    assert hand.drive(ticket).status == "failed"
    outside.mark()
    assert hand.drive(retry_ticket(ticket, actor=company.actor("developer"))).status == "succeeded"
    assert [kind for server, kind in outside.changed() if server == "jenkins"] == [
        "job.create",
        "build.trigger",
        "build.start",
        "build.end",
    ]
    assert [kind for server, kind in outside.changed() if server == "gitlab"] == ["git.upload-pack", "git.upload-pack"]


def test_commit_messages_and_names_in_any_script_of_any_length_travel_as_data(
    company: Company, hand: Hand, outside: Outside
) -> None:
    """200 characters of project name, a message with quotes, markup, emoji and a newline."""
    project = company.projects[SLUG]
    project.name = "书" * 190 + "\"<&>'${x}"
    assert len(project.name) <= 200
    project.save()
    subject = "修复：库存为负 🚀 \"<script>alert('x')</script>\" $(reboot) {{ project }} `id`"
    sha = commit(company, "any-script", {"любой.txt": "значение\n"}, message=f"{subject}\n\nтело 本文\n")
    ticket = hand.drive(company.file("release", "developer", SLUG, "test", ref="any-script"))
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    release = Release.objects.get(ticket=ticket)
    assert (release.commit, release.commit_title) == (sha, subject)
    assert ticket.facts["commit_title"] == subject
    assert ticket.title == f"{SLUG} {release.tag}"
    assert release.labels["io.opsportal.project"] == SLUG
    assert Build.objects.get(ticket=ticket).result == "SUCCESS"
    assert outside.patched("test-1") == [
        f"{company.sandbox.world.registry_host}/{REPOSITORY}:{release.tag}@{release.digest}"
    ]
