"""Which registry the statements are asked of: the stand-in always, a real one when its address is set."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import pytest

from apps.sandbox.registry.server import RegistryServer
from tests.contracts.registry_wire import Wire
from tests.support.servers import serving


@pytest.fixture(scope="module", params=["standin", "real"])
def registry(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wire]:
    if request.param == "standin":
        with serving(RegistryServer(tmp_path_factory.mktemp("registry"), user="ci", password="s3cret")) as server:
            yield Wire(server.url, "ci", "s3cret")
        return
    url = os.environ.get("OPSPORTAL_CONTRACT_REGISTRY_URL")
    if not url:
        pytest.skip("OPSPORTAL_CONTRACT_REGISTRY_URL is not set: no real registry to ask")
    yield Wire(
        url.rstrip("/"),
        os.environ.get("OPSPORTAL_CONTRACT_REGISTRY_USER", ""),
        os.environ.get("OPSPORTAL_CONTRACT_REGISTRY_PASSWORD", ""),
    )


@pytest.fixture
def repo() -> str:
    return f"contract/r{uuid.uuid4().hex[:12]}"
