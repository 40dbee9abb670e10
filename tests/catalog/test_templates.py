"""Languages and templates: what the portal brings, and adding versions over the API."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.core.management import call_command

from apps.audit.models import AuditEvent
from apps.catalog.defaults import DEFAULTS
from apps.catalog.models import Language, TemplateVersion
from apps.catalog.rendering import render_dockerfile
from apps.catalog.services import check_dockerfile, newest_template
from apps.projects.services.languages import is_language
from tests.accounts.factories import browser, make_admin, make_user

URL = "/api/v1/languages/"
GOOD = "FROM alpine:3.20.3\nUSER 1\nLABEL who={{ project }}\n"
pytestmark = pytest.mark.django_db


def load(*options: str) -> str:
    out = io.StringIO()
    call_command("load_languages", *options, stdout=out)
    return out.getvalue()


class TestDefaults:
    @pytest.mark.parametrize("default", DEFAULTS, ids=lambda d: d.slug)
    def test_each_dockerfile_keeps_the_portals_own_rules(self, default: Any) -> None:
        check_dockerfile(default.dockerfile)
        text = render_dockerfile(default.dockerfile, {"project": "book-api-n1", "language": default.slug})
        instructions = [line.split(" ")[0] for line in text.splitlines() if re.match(r"[A-Z]+ ", line)]
        assert set(re.findall(r"\{\{ (\w+) \}\}", default.dockerfile)) == {"project", "language"}
        assert "{{" not in text
        assert re.findall(r"^FROM (\S+)$", text, re.MULTILINE)[0].partition(":")[2] not in ("", "latest")
        user = re.findall(r"^USER (\S+)$", text, re.MULTILINE)
        assert len(user) == 1 and not user[0].startswith(("root", "0"))
        assert "TZ=Asia/Shanghai" in text
        assert re.findall(r"^EXPOSE (\d+)$", text, re.MULTILINE) == ["8080"]
        assert "COPY Dockerfile /opsportal/Dockerfile" in text
        assert "RUN" not in instructions[instructions.index("USER") :]

    def test_loading_adds_every_language_once(self) -> None:
        assert load().count("v1") == 10
        assert load() == ""
        assert list(Language.objects.values_list("slug", flat=True)) == ["go", "java", "nodejs", "php", "python"]
        assert TemplateVersion.objects.count() == 10
        assert newest_template("go", "jenkins_job").jenkins_template == "tpl-go"
        assert AuditEvent.objects.filter(action="template.added", actor_kind="system").count() == 10
        assert (is_language("java"), is_language("cobol")) == (True, False)

    def test_what_an_administrator_changed_stays_unless_asked(self) -> None:
        load()
        language = Language.objects.get(slug="java")
        TemplateVersion.objects.create(language=language, kind="dockerfile", version=2, body=GOOD)
        assert load() == "java dockerfile: v2 differs and stays; --update adds a version\n"
        assert newest_template("java", "dockerfile").version == 2
        assert load("--update") == "java dockerfile: v3\n"
        assert newest_template("java", "dockerfile").body == DEFAULTS[0].dockerfile
        assert TemplateVersion.objects.get(language=language, kind="dockerfile", version=2).body == GOOD


class TestApi:
    def test_everybody_signed_in_reads_languages_and_bodies(self) -> None:
        load()
        client = browser(make_user())
        rows = client.get(URL).json()["results"]
        assert [row["slug"] for row in rows] == ["go", "java", "nodejs", "php", "python"]
        assert [(t["kind"], t["version"]) for t in rows[1]["newest"]] == [("dockerfile", 1), ("jenkins_job", 1)]
        assert "body" not in rows[1]["newest"][0]
        detail = client.get(URL + "java/").json()
        assert [t["body"] for t in detail["templates"]] == [DEFAULTS[0].dockerfile, ""]
        assert client.get(URL + "cobol/").status_code == 404
        assert browser().get(URL).status_code == 401

    def test_an_administrator_adds_the_next_version(self) -> None:
        load()
        client = browser(make_admin())
        made = client.post(URL + "java/templates/", {"kind": "dockerfile", "body": GOOD}, format="json")
        assert (made.status_code, made.json()["version"], made.json()["body"]) == (201, 2, GOOD)
        assert [t["version"] for t in client.get(URL).json()["results"][1]["newest"]] == [2, 1]
        assert [t["version"] for t in client.get(URL + "java/").json()["templates"]] == [2, 1, 1]
        event = AuditEvent.objects.filter(action="template.added").latest("id")
        assert (event.target_name, event.params["before"]["version"], event.params["after"]["version"]) == (
            "java dockerfile v2",
            1,
            2,
        )
        job = {"kind": "jenkins_job", "jenkins_template": "templates/java-maven"}
        assert client.post(URL + "java/templates/", job, format="json").json()["version"] == 2

    def test_others_may_not(self) -> None:
        load()
        answer = browser(make_user()).post(URL + "java/templates/", {"kind": "dockerfile", "body": GOOD}, format="json")
        assert (answer.status_code, TemplateVersion.objects.count()) == (403, 10)

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ("", "template.empty"),
            ("RUN true\n", "template.no_image"),
            ("FROM alpine\n", "template.image_not_pinned"),
            ("FROM alpine:latest\n", "template.image_not_pinned"),
            ("FROM registry:5000/alpine\n", "template.image_not_pinned"),
            ("FROM a:1 AS build\nFROM other\n", "template.image_not_pinned"),
            ("FROM alpine:3\n{% for x in y %}{% endfor %}", "template.forbidden"),
            ("FROM alpine:3\n{{ project.__class__.mro() }}", "template.forbidden"),
            ("FROM alpine:3\n{{ secret }}", "template.unknown_value"),
            ("FROM alpine:3\n{{ 'x' * 1000000000 }}", "template.forbidden"),
            ("FROM alpine:3\n{{ project|center(1000000000) }}", "template.forbidden"),
            ("FROM alpine:3\n{{ project|replace('-', '--------') }}", "template.forbidden"),
            ("FROM alpine:3\n{% set x = project %}", "template.forbidden"),
            ("FROM alpine:3\n{{ " + "(" * 3000 + "project" + ")" * 3000 + " }}", "template.too_deep"),
            ("FROM alpine:3\n{{ " + " and ".join(["project"] * 500) + " }}", "template.too_deep"),
            ("FROM alpine:3\n" + "{{ project }}" * 1001, "template.too_many_values"),
            ("FROM alpine:3\n{{ project", "template.unparsable"),
            ("FROM alpine:3\n" + "#" * 70_000, "template.too_large"),
        ],
    )
    def test_a_template_that_cannot_be_built_with_is_refused(self, body: str, code: str) -> None:
        load()
        client = browser(make_admin())
        answer = client.post(URL + "go/templates/", {"kind": "dockerfile", "body": body}, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        assert answer.json()["fields"]["body"][0]["code"] == code
        assert newest_template("go", "dockerfile").version == 1

    @pytest.mark.parametrize("body", ["FROM a:1 AS build\nFROM build\n", "FROM scratch\n", "FROM a@sha256:00\n"])
    def test_stages_scratch_and_digests_are_fixed_enough(self, body: str) -> None:
        check_dockerfile(body)

    @pytest.mark.parametrize("name", ["", "../tpl", "tpl java", "/tpl", "tpl?x", "a//b"])
    def test_a_job_name_must_be_one(self, name: str) -> None:
        load()
        body = {"kind": "jenkins_job", "jenkins_template": name}
        answer = browser(make_admin()).post(URL + "go/templates/", body, format="json")
        assert (answer.status_code, answer.json()["code"]) == (400, "template.bad_job_name")

    def test_a_page_costs_few_queries_and_does_not_load_bodies(self, django_assert_max_num_queries: Any) -> None:
        load()
        for n in range(50):
            language = Language.objects.create(slug=f"l{n}", name="x")
            TemplateVersion.objects.create(language=language, kind="dockerfile", version=1, body=GOOD)
        client = browser(make_user())
        with django_assert_max_num_queries(8) as asked:
            assert len(client.get(URL, {"limit": 55}).json()["results"]) == 55
        assert not any('"body"' in query["sql"] for query in asked.captured_queries)
