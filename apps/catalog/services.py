"""Which template a language builds with now, and adding the next version.

Must not: change a version; a newer one follows it.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any

from django.db import transaction
from django.db.models import Max

from apps.audit.services import record
from apps.catalog.models import Language, TemplateVersion
from apps.catalog.rendering import LONGEST, Problem, render_dockerfile, template_problems
from apps.common.errors import Conflict, Invalid
from apps.policy.actor import Actor

SAMPLE = {"project": "book-tomcat-n1", "language": "java"}
JOB_NAME = re.compile(r"[A-Za-z0-9][-A-Za-z0-9._]*(/[A-Za-z0-9][-A-Za-z0-9._]*)*")
# host[:port]/path[:tag][@digest] as registries name it (OCI distribution): the host is not left out, nobody guesses it.
IMAGE = re.compile(
    r"(?=.{1,400}\Z)[A-Za-z0-9](?:[-A-Za-z0-9.]*[A-Za-z0-9])?(?::\d{1,5})?"
    r"(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)+(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?",
    re.ASCII,
)
FROM = re.compile(r"^\s*FROM\s+(?:--\S+\s+)*(?P<image>\S+)(?:\s+AS\s+(?P<alias>\S+))?\s*$", re.IGNORECASE)


def is_language(slug: str) -> bool:
    """Whether there is such a language."""
    return Language.objects.filter(slug=slug).exists()


def newest_template(language: str, kind: str) -> TemplateVersion:
    """The newest version of a language's template; Conflict when the language has none."""
    found = TemplateVersion.objects.filter(language__slug=language, kind=kind).order_by("-version").first()
    if found is None:
        raise Conflict("catalog.template_missing", language=language, kind=kind)
    return found


def sidecar_image(language: str) -> str:
    """The image that the language's logging sidecar has now; "" while it has none."""
    same = TemplateVersion.objects.filter(language__slug=language, kind=TemplateVersion.Kind.LOGGING_SIDECAR)
    newest = same.order_by("-version").values_list("body", flat=True).first()
    return newest or ""


def add_template(
    language: Language, kind: str, *, body: str = "", jenkins_template: str = "", actor: Actor
) -> TemplateVersion:
    """The next version of a template; builds that start from now on use it. Refuses what could not be built with."""
    if kind == TemplateVersion.Kind.DOCKERFILE:
        check_dockerfile(body)
        jenkins_template = ""
    elif kind == TemplateVersion.Kind.LOGGING_SIDECAR:
        body, jenkins_template = body.strip(), ""
        refuse("body", sidecar_problems(body))
    else:
        check_job_name(jenkins_template)
        body = ""
    with transaction.atomic():
        Language.objects.select_for_update().get(pk=language.pk)
        rows = TemplateVersion.objects.filter(language=language, kind=kind)
        before = rows.order_by("-version").first()
        number = (rows.aggregate(last=Max("version"))["last"] or 0) + 1
        made = TemplateVersion.objects.create(
            language=language, kind=kind, version=number, body=body, jenkins_template=jenkins_template
        )
        params = {"before": _told(before) if before else None, "after": _told(made)}
        target = ("catalog.templateversion", made.pk, f"{language.slug} {kind} v{number}")
        record("template.added", target=target, params=params, actor=actor)
    return made


def check_dockerfile(source: str) -> None:
    """Refuse a Dockerfile template that does not render with the values there are, or whose base image may move (B9)."""
    refuse("body", dockerfile_problems(source, SAMPLE)[1])


def check_dockerfile_text(text: str) -> None:
    """Refuse a Dockerfile without a base image, or with one that may move (B9)."""
    refuse("body", text_problems(text))


def dockerfile_problems(source: str, values: dict[str, str]) -> tuple[str, list[Problem]]:
    """The Dockerfile that the template makes of the values ("" when it makes none), and all that is wrong with it."""
    if not source.strip():
        return "", [Problem("template.empty")]
    found = template_problems(source, values)
    if found:
        return "", found
    try:
        text = render_dockerfile(source, values)
    except Invalid as error:
        return "", [Problem(error.code, params=error.params)]
    return text, text_problems(text)


def sidecar_problems(image: str) -> list[Problem]:
    """What keeps it from being a sidecar's image; an empty one says that there is none from now on."""
    if not image:
        return []
    params = {"image": image[:200]}
    if not IMAGE.fullmatch(image):
        return [Problem("template.bad_image", params=params)]
    return [] if _is_pinned(image) else [Problem("template.sidecar_not_pinned", params=params)]


def text_problems(text: str) -> list[Problem]:
    """What keeps a Dockerfile from being built with, line by line."""
    if not text.strip():
        return [Problem("template.empty")]
    if len(text) > LONGEST:
        return [Problem("template.too_large", params={"size": len(text), "most": LONGEST})]
    stages: set[str] = set()
    found, images = [], 0
    for number, line in enumerate(text.splitlines(), 1):
        base = FROM.match(line)
        if base is None:
            continue
        images += 1
        if base["image"].lower() not in stages and not _is_pinned(base["image"]):
            found.append(Problem("template.image_not_pinned", number, params={"image": base["image"][:200]}))
        stages.add((base["alias"] or "").lower())
    return found if images else [Problem("template.no_image")]


def refuse(field: str, problems: list[Problem]) -> None:
    """Invalid with all of them under that field and the code of the first; warnings refuse nothing."""
    reasons = [problem.as_reason() for problem in problems if problem.level == "deny"]
    if reasons:
        raise Invalid(reasons[0]["code"], fields={field: reasons}, **reasons[0]["params"])


def check_job_name(name: str) -> None:
    """Refuse what cannot be the full name of a Jenkins job."""
    if not JOB_NAME.fullmatch(name):
        refuse("jenkins_template", [Problem("template.bad_job_name", params={"name": name[:200]})])


def _is_pinned(image: str) -> bool:
    """A digest, or a tag other than latest; `scratch` has neither and never moves."""
    name, _, digest = image.partition("@")
    tag = name.rpartition("/")[2].partition(":")[2]
    return image == "scratch" or digest.startswith("sha256:") or tag not in ("", "latest")


def _told(template: TemplateVersion) -> dict[str, Any]:
    digest = hashlib.sha256(template.body.encode()).hexdigest() if template.body else ""
    about = {"version": template.version, "body_sha256": digest, "jenkins_template": template.jenkins_template}
    return {**about, "image": template.body} if template.kind == TemplateVersion.Kind.LOGGING_SIDECAR else about
