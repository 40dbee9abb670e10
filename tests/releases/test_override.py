"""A release built with the project's own Dockerfile says so, and carries that very text (B4, B5)."""

from __future__ import annotations

import pytest

from apps.catalog.overrides import set_override
from apps.releases.models import Release
from apps.tickets.runner import Runner
from tests.support.story import Company, wait_ended

BODY = "FROM alpine:3.20.3\nUSER 1\n# {{ project }} stays as it is\n"


@pytest.mark.slow
def test_a_release_with_an_override_is_built_with_its_text_and_labelled_so(company: Company, runner: Runner) -> None:
    project = company.projects["book-api-n1"]
    set_override(project, body=BODY, reason="needs a native library", actor=company.actor("admin"))
    ticket = wait_ended(company.file("release", "developer", "book-api-n1", "test", ref="main"))
    release = Release.objects.get(ticket=ticket)
    assert (ticket.status, ticket.reason) == ("succeeded", None)
    assert (release.dockerfile, release.dockerfile_version) == (BODY, None)
    assert release.labels["io.opsportal.template"] == "override"
    assert release.labels["io.opsportal.build"] == "1"
