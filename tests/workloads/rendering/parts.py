"""Parts of what a document is rendered to, for tests that look at one of them. Must not: hold expectations."""

from __future__ import annotations

from typing import Any

import pytest

from apps.common.errors import Invalid
from apps.workloads.rendering import render
from apps.workloads.rendering.subject import HeldKey
from tests.workloads.rendering.documents import completed, subject

Json = dict[str, Any]
SIDECAR = "registry.example/base/tail:1"
PASSWORD = HeldKey("PASSWORD", 2, "hmac-sha256:" + "1" * 64)


def of_kind(objects: list[Json], kind: str) -> Json:
    (found,) = [obj for obj in objects if obj["kind"] == kind]
    return found


def pod(language: str = "go", **given: Any) -> Json:
    """The pod template's spec of a Deployment."""
    document = completed(language, **given)
    deployed = of_kind(render(document, subject(language, held=(PASSWORD,), sidecar_image=SIDECAR)), "Deployment")
    return dict(deployed["spec"]["template"]["spec"])


def app(language: str = "go", **given: Any) -> Json:
    return dict(pod(language, **given)["containers"][0])


def refused(document: Json, **of: Any) -> tuple[str, Json]:
    with pytest.raises(Invalid) as caught:
        render(document, subject(**of))
    return caught.value.code, caught.value.params
