"""Where the portal goes and what it refuses: addresses, redirects, bodies, certificates (QS6)."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from apps.common.errors import IntegrationError, Invalid, Rejected, Unavailable
from apps.integrations.answers import Answer
from apps.integrations.errors import ForbiddenAddressError, quote, retry_after
from apps.integrations.http import Http
from apps.integrations.loop import run
from apps.integrations.outbound import GuardedResolver, check_url
from apps.sandbox.base.faults import Fault
from tests.integrations.odd_servers import OddServer
from tests.support.servers import serving


def http(url: str, *, ca_pem: str = "", timeout: float = 3) -> Http:
    headers = {"Authorization": "Bearer secret-token"}
    return Http(
        url,
        system="GitLab",
        name="main",
        headers=headers,
        ca_pem=ca_pem,
        timeout=timeout,
        allow_loopback=True,
        secrets=["secret-token"],
    )


def get(client: Http, path: str = "/x", **how: object) -> bytes:
    return run(client.request("GET", path, what="thing", **how), 5).body  # type: ignore[arg-type]


def refused(client: Http, path: str = "/x", **how: object) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        get(client, path, **how)
    assert caught.value.params["system"] == "GitLab"
    assert caught.value.params["name"] == "main"
    return caught.value


# -- addresses --------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest/meta-data",
        "http://[fe80::1]/",
        "http://[::ffff:169.254.169.254]/",
        "http://0xa9fea9fe/",
        "http://2852039166/",
        "http://0251.0376.0251.0376/",
        "http://metadata.google.internal/",
        "http://100.100.100.200/",
        "http://[fd00:ec2::254]/",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://224.0.0.1/",
        "http://255.255.255.255/",
        "http://127.0.0.1/",
        "http://127.1/",
        "http://[::1]/",
        "http://localhost/",
        "http://LOCALHOST./",
        "http://api.localhost/",
    ],
)
def test_addresses_of_machines_and_of_their_metadata_are_refused(url: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_url(url, allow_loopback=False)
    assert caught.value.code == "integration.url_refused"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "integration.url_invalid"),
        ("gopher://gitlab.lan/", "integration.url_invalid"),
        ("gitlab.lan", "integration.url_invalid"),
        ("http://", "integration.url_invalid"),
        ("http://gitlab.lan:99999/", "integration.url_invalid"),
        ("http://gitlab.lan/?x=1", "integration.url_invalid"),
        ("http://gitlab.lan/\r\nX: y", "integration.url_invalid"),
        ("https://user:pw@gitlab.lan/", "integration.url_has_credentials"),
    ],
)
def test_what_is_no_plain_web_address_is_refused(url: str, code: str) -> None:
    with pytest.raises(Invalid) as caught:
        check_url(url, allow_loopback=True)
    assert caught.value.code == code


@pytest.mark.parametrize("url", ["https://gitlab.lan/", "http://10.1.2.3:8080/jenkins/", "https://[fd12::5]:6443"])
def test_private_networks_are_where_the_systems_live(url: str) -> None:
    assert check_url(url, allow_loopback=False) == url.rstrip("/")


def test_a_name_that_resolves_to_a_forbidden_address_is_refused() -> None:
    async def resolve() -> None:
        await GuardedResolver(allow_loopback=False).resolve("localhost", 80)

    with pytest.raises(ForbiddenAddressError):
        asyncio.run(resolve())


def test_a_name_whose_address_changed_since_it_was_saved_is_refused_when_it_is_called() -> None:
    with serving(OddServer(fine)) as server:
        client = http(f"http://localhost:{server.port}")
        client.sessions._allow_loopback = False  # as if the name had pointed elsewhere when the URL was checked
        error = refused(client)
        assert (error.code, error.retryable) == ("outside.address_refused", False)
        assert server.seen == []


def test_a_name_without_address_says_so() -> None:
    error = refused(http("http://nothing.invalid"))
    assert (error.code, error.retryable, error.unknown) == ("outside.dns", True, False)


# -- redirects --------------------------------------------------------------------------------------------
def test_a_redirect_is_not_followed_unless_allowed_and_no_credential_leaves_its_origin() -> None:
    async def home(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": f"{elsewhere.url}/stolen"})

    async def other(request: web.Request) -> web.Response:
        return web.Response(text="elsewhere")

    with ExitStack() as stack:
        elsewhere = stack.enter_context(serving(OddServer(other)))
        server = stack.enter_context(serving(OddServer(home)))
        client = http(server.url)
        assert refused(client).code == "outside.redirected"
        assert refused(client, follow="same_origin").code == "outside.redirected"
        assert elsewhere.seen == []
        assert get(client, follow="any") == b"elsewhere"
        assert elsewhere.seen == [("/stolen", "")]


@pytest.mark.parametrize("target", ["http://169.254.169.254/", "file:///etc/passwd", "http://[fe80::1]/x"])
def test_a_redirect_to_a_forbidden_address_is_refused(target: str) -> None:
    async def home(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": target})

    with serving(OddServer(home)) as server:
        assert refused(http(server.url), follow="any").code == "outside.address_refused"


def test_redirects_in_a_circle_end() -> None:
    async def home(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/again"})

    with serving(OddServer(home)) as server:
        assert refused(http(server.url), follow="any").code == "outside.redirected"
        assert len(server.seen) == 4


# -- bodies -----------------------------------------------------------------------------------------------
async def endless(request: web.Request) -> web.StreamResponse:
    answer = web.StreamResponse(status=int(request.query.get("status", 200)))
    await answer.prepare(request)
    try:
        while True:
            await answer.write(b"x" * 65536)
    except ConnectionError:
        return answer


def test_an_endless_body_is_cut_off_at_the_bound() -> None:
    with serving(OddServer(endless)) as server:
        error = refused(http(server.url), limit=1_000_000)
        assert (error.code, error.params["limit"], error.retryable) == ("outside.too_large", 1_000_000, False)
        assert len(get(http(server.url), limit=1_000_000, cut=True)) == 1_000_000
        assert refused(http(server.url), query={"status": "500"}).code == "outside.unavailable"


def test_a_packed_body_that_grows_beyond_the_bound_is_refused() -> None:
    async def bomb(request: web.Request) -> web.Response:
        answer = web.Response(body=b"0" * 50_000_000)
        answer.enable_compression(web.ContentCoding.gzip)
        return answer

    with serving(OddServer(bomb)) as server:
        assert refused(http(server.url), limit=1_000_000).code == "outside.too_large"


def test_an_unreadable_answer_to_a_write_leaves_its_outcome_unknown() -> None:
    about = {"system": "GitLab", "name": "gitlab", "what": "tag"}
    for is_write in (False, True):
        with pytest.raises(Rejected) as caught:
            Answer(201, {}, b"<html>", about, is_write=is_write).object()
        assert (caught.value.code, caught.value.unknown) == ("outside.bad_answer", is_write)


def test_an_answer_that_is_no_json_is_a_bad_answer() -> None:
    async def page(request: web.Request) -> web.Response:
        return web.Response(text="<html>sign in</html>", content_type="text/html")

    with serving(OddServer(page)) as server:
        answer = run(http(server.url).request("GET", "/", what="thing"), 5)
        with pytest.raises(Rejected) as caught:
            answer.object()
        assert caught.value.code == "outside.bad_answer"


def test_what_the_outside_says_is_short_and_without_our_secret() -> None:
    async def chatty(request: web.Request) -> web.Response:
        said = "token secret-token is\x1b[31m bad\n" + "y" * 5000
        return web.json_response({"message": said}, status=422)

    with serving(OddServer(chatty)) as server:
        said = refused(http(server.url)).params["said"]
    assert said.startswith("token *** is [31m bad yyy")
    assert len(said) == 300


# -- connections ------------------------------------------------------------------------------------------
async def fine(request: web.Request) -> web.Response:
    return web.Response(text="fine")


@pytest.mark.parametrize(
    ("fault", "method", "code", "unknown"),
    [
        (Fault("*", "drop"), "POST", "outside.dropped", True),
        (Fault("*", "accept_then_drop"), "POST", "outside.dropped", True),
        (Fault("*", "hang", seconds=1), "POST", "outside.timeout", True),
        (Fault("*", "status", status=500), "POST", "outside.unavailable", True),
        (Fault("*", "status", status=503), "POST", "outside.unavailable", False),
        (Fault("*", "status", status=500), "GET", "outside.unavailable", False),
        (Fault("*", "status", status=429), "POST", "outside.rate_limited", False),
    ],
)
def test_each_way_to_fail_says_whether_it_may_have_been_done(
    fault: Fault, method: str, code: str, unknown: bool
) -> None:
    with serving(OddServer(fine)) as server:
        server.faults.add(fault)
        with pytest.raises(Unavailable) as caught:
            run(http(server.url, timeout=0.3).request(method, "/x", what="thing"), 5)
        assert (caught.value.code, caught.value.retryable, caught.value.unknown) == (code, True, unknown)


def test_a_certificate_of_another_ca_is_refused_and_not_retried(tmp_path: Path) -> None:
    right, wrong = authority("right"), authority("wrong")
    with serving(TlsServer(right, tmp_path)) as server:
        assert get(http(server.url, ca_pem=right.pem)) == b"fine"
        for ca_pem in (wrong.pem, ""):
            error = refused(http(server.url, ca_pem=ca_pem))
            assert (error.code, error.retryable, error.unknown) == ("outside.tls", False, False)
            assert "certificate" in error.params["said"]
        assert [seen for seen in server.seen if seen[1]] == [("/x", "Bearer secret-token")]


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    right = authority("right")
    with serving(TlsServer(right, tmp_path, address="127.0.0.2")) as server:
        assert refused(http(server.url, ca_pem=right.pem)).code == "outside.tls"


# -- small things -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("999999", 3600.0),
        ("Fri, 20 Nov 2026 10:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 09:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_bounded(value: str, seconds: float | None) -> None:
    now = datetime.datetime(2026, 11, 20, 10, tzinfo=datetime.UTC)
    assert retry_after({"Retry-After": value}, now) == seconds


def test_a_quoted_line_holds_no_control_characters() -> None:
    assert quote("a\x00b\x1b[2J\r\n c\u202e d") == "a b [2J c d"


# -- a server with a certificate of our own authority -----------------------------------------------------
class Authority:
    """A throw-away CA."""

    def __init__(self, name: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.certificate = (
            self._builder(self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.pem = self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def _builder(self, subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=2))
        )

    def issue(self, address: str, folder: Path) -> Path:
        """A file with key and certificate for an address."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "server")])
        certificate = self._builder(subject, key.public_key()).add_extension(names, critical=False)
        plain = serialization.NoEncryption()
        pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
        pem += certificate.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        path = folder / "server.pem"
        path.write_bytes(pem)
        return path


def authority(name: str) -> Authority:
    return Authority(name)


class TlsServer(OddServer):
    """An HTTPS server of that authority."""

    def __init__(self, ca: Authority, folder: Path, address: str = "127.0.0.1") -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(ca.issue(address, folder))
        super().__init__(fine)

    def ssl_context(self) -> ssl.SSLContext:
        return self._context


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    yield
