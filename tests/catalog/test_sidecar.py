"""The image of a language's logging sidecar: an administrator names it, version by version, and it never moves by itself."""

from __future__ import annotations

import pytest

from apps.audit.models import AuditEvent
from apps.catalog.models import TemplateVersion
from apps.catalog.services import sidecar_image
from tests.accounts.factories import browser, make_admin, make_user
from tests.catalog.test_templates import URL, load

pytestmark = pytest.mark.django_db
IMAGE = "registry.example.com:5000/base/fluent-bit:3.1"
DIGEST = f"registry.example.com/base/fluent-bit@sha256:{'0' * 64}"


def body(image: str) -> dict[str, str]:
    return {"kind": "logging_sidecar", "body": image}


def test_no_language_brings_one() -> None:
    load()
    assert [sidecar_image(slug) for slug in ("java", "go", "cobol")] == ["", "", ""]


def test_an_administrator_names_it_and_the_history_tells_from_what_to_what() -> None:
    load()
    client = browser(make_admin())
    made = client.post(URL + "go/templates/", body(f" {IMAGE}\n"), format="json")
    assert (made.status_code, made.json()["kind"], made.json()["version"]) == (201, "logging_sidecar", 1)
    assert client.post(URL + "go/templates/", body(DIGEST), format="json").json()["version"] == 2
    assert (sidecar_image("go"), sidecar_image("java")) == (DIGEST, "")
    told = client.get(URL + "go/").json()["templates"]
    assert [(t["version"], t["body"]) for t in told if t["kind"] == "logging_sidecar"] == [(2, DIGEST), (1, IMAGE)]
    event = AuditEvent.objects.filter(action="template.added").latest("id")
    assert event.target_name == "go logging_sidecar v2"
    assert (event.params["before"]["image"], event.params["after"]["image"]) == (IMAGE, DIGEST)


def test_an_empty_one_takes_it_away_again() -> None:
    load()
    client = browser(make_admin())
    client.post(URL + "go/templates/", body(IMAGE), format="json")
    assert client.post(URL + "go/templates/", body(""), format="json").status_code == 201
    assert sidecar_image("go") == ""


@pytest.mark.parametrize(
    ("image", "code"),
    [
        ("registry.example.com/base/fluent-bit", "template.sidecar_not_pinned"),
        ("registry.example.com/base/fluent-bit:latest", "template.sidecar_not_pinned"),
        ("registry.example.com:5000/fluent-bit", "template.sidecar_not_pinned"),
        ("fluent-bit:3.1", "template.bad_image"),
        ("https://registry.example.com/base/fluent-bit:3.1", "template.bad_image"),
        ("registry.example.com/Base/fluent-bit:3.1", "template.bad_image"),
        ("registry.example.com/base/../secret:1", "template.bad_image"),
        ("registry.example.com/base/a:1 b", "template.bad_image"),
        ("registry.example.com/base/a:1\nimage: other", "template.bad_image"),
        (f"registry.example.com/base/a@sha256:{'0' * 63}", "template.bad_image"),
        (f"registry.example.com/{'a' * 400}:1", "template.bad_image"),
    ],
)
def test_what_is_no_fixed_image_is_refused_and_shown_before_it_is_saved(image: str, code: str) -> None:
    load()
    client = browser(make_admin())
    shown = client.post(URL + "go/templates/preview", {"kind": "logging_sidecar", "text": image}, format="json")
    assert [problem["code"] for problem in shown.json()["problems"]] == [code]
    answer = client.post(URL + "go/templates/", body(image), format="json")
    assert (answer.status_code, answer.json()["fields"]["body"][0]["code"]) == (400, code)
    assert not TemplateVersion.objects.filter(kind="logging_sidecar").exists()


def test_others_may_not() -> None:
    load()
    assert browser(make_user()).post(URL + "go/templates/", body(IMAGE), format="json").status_code == 403
    assert sidecar_image("go") == ""
