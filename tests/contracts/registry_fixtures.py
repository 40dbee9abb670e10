"""Which registry the statements are asked of: the stand-in as either edition always, the real ones where they are.

A real one that runs already: OPSPORTAL_CONTRACT_REGISTRY_URL, _USER, _PASSWORD and _EDITION (3 when not set); deletes
enabled, htpasswd. Otherwise each edition whose program is installed is started (`registry_process.py`).
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from apps.sandbox.registry.editions import Edition
from apps.sandbox.registry.server import RegistryServer
from apps.sandbox.registry.token_server import ISSUER, TokenServer
from tests.contracts import registry_process as process
from tests.contracts.registry_wire import TokenWire, Wire
from tests.support.servers import serving

SERVICE = "portal-reg"


@pytest.fixture(scope="module", params=[Edition.V3, Edition.V2_8], ids=["3", "2.8"])
def edition(request: pytest.FixtureRequest) -> Edition:
    found: Edition = request.param
    return found


@pytest.fixture(scope="module", params=["standin", "real"])
def registry(
    request: pytest.FixtureRequest, edition: Edition, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Wire]:
    user, password, folder = process.USER, process.PASSWORD, tmp_path_factory.mktemp("registry")
    if request.param == "standin":
        with serving(RegistryServer(folder, user=user, password=password, edition=edition)) as server:
            yield Wire(server.url, user, password, edition)
        return
    url = os.environ.get("OPSPORTAL_CONTRACT_REGISTRY_URL")
    if url and Edition(os.environ.get("OPSPORTAL_CONTRACT_REGISTRY_EDITION", "3")) is edition:
        user = os.environ.get("OPSPORTAL_CONTRACT_REGISTRY_USER", "")
        yield Wire(url.rstrip("/"), user, os.environ.get("OPSPORTAL_CONTRACT_REGISTRY_PASSWORD", ""), edition)
        return
    with process.running(binary_or_skip(edition), folder, process.by_password(folder)) as address:
        yield Wire(address, user, password, edition)


@pytest.fixture(scope="module", params=["standin", "real"])
def token_registry(
    request: pytest.FixtureRequest, edition: Edition, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TokenWire]:
    """A registry that trusts a token service; the service is the stand-in's on both sides."""
    user, password, folder = process.USER, process.PASSWORD, tmp_path_factory.mktemp("registry")
    binary = binary_or_skip(edition) if request.param == "real" else ""
    tokens = TokenServer(user=user, password=password, service=SERVICE)
    with ExitStack() as stack:
        stack.enter_context(serving(tokens))
        if binary:
            auth = process.by_token(folder, tokens.trust.realm, SERVICE, ISSUER, tokens.certificate_pem)
            address = stack.enter_context(process.running(binary, folder, auth))
        else:
            server = RegistryServer(folder, tokens=tokens.trust, edition=edition)
            address = stack.enter_context(serving(server)).url
        yield TokenWire(address, user, password, edition, tokens=tokens)


def binary_or_skip(edition: Edition) -> str:
    """The program of a real registry; a test that needs one is skipped with the reason where it is not."""
    try:
        return process.find_binary(edition)
    except process.NoRegistryError as error:
        pytest.skip(str(error))


@pytest.fixture
def repo() -> str:
    return f"contract/r{uuid.uuid4().hex[:12]}"
