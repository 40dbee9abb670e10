"""The page of the browser application: its content policy, its files and how long they are kept, and what is not its."""

from __future__ import annotations

import gzip
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from apps.common.messages import LANGUAGES
from opsportal.bundle import Bundle, read_bundle, static_dirs
from opsportal.config import Config

MANIFEST = {
    "src/app/main.tsx": {
        "file": "assets/main-B7x_2kQa.js",
        "isEntry": True,
        "imports": ["_react-C3d4E5f6.js"],
        "css": ["assets/main-Zz9Yy8Xx.css"],
        "assets": ["assets/inter-Aa1Bb2Cc.woff2", "assets/mono-Dd3Ee4Ff.woff2", "assets/logo-Gg5Hh6Ii.svg"],
        "dynamicImports": ["src/features/late.tsx"],
    },
    "_react-C3d4E5f6.js": {
        "file": "assets/react-C3d4E5f6.js",
        "css": ["assets/react-Kk7Ll8Mm.css"],
        "imports": ["_core-N1n2O3o4.js"],
    },
    "_core-N1n2O3o4.js": {"file": "assets/core-N1n2O3o4.js", "imports": ["_react-C3d4E5f6.js"]},
    "src/features/late.tsx": {"file": "assets/late-P5p6Q7q8.js", "css": ["assets/late-R1r2S3s4.css"]},
}
SCRIPT = "console.log('pages')\n" * 40


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """A build as vite leaves it, served."""
    made = tmp_path / "dist"
    (made / "assets").mkdir(parents=True)
    (made / "manifest.json").write_text(json.dumps(MANIFEST))
    (made / "theme.js").write_text("document.documentElement.dataset.theme = 'dark'\n")
    script = made / "assets" / "main-B7x_2kQa.js"
    script.write_text(SCRIPT)
    script.with_name(f"{script.name}.gz").write_bytes(gzip.compress(SCRIPT.encode()))
    settings.UI_DIR = made
    settings.STATICFILES_DIRS = static_dirs(made)
    return made


@pytest.fixture
def client(folder: Path) -> Client:
    return Client(headers={"Accept-Language": "en"})


def policy_of(answer: Any) -> dict[str, str]:
    pairs = [part.partition(" ") for part in answer.headers["Content-Security-Policy"].split("; ")]
    return {name: value for name, _, value in pairs}


def nonce_of(answer: Any) -> str:
    found = re.search(r'<meta name="csp-nonce" property="csp-nonce" nonce="([\w-]{22})">', answer.content.decode())
    assert found
    return found[1]


@pytest.mark.parametrize("path", ["/", "/inbox", "/p/book-api-n1/releases/20261120-101500-u7", "/apis", "/x.y/"])
def test_every_path_that_is_nobody_elses_is_the_one_page(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    text = answer.content.decode()
    assert '<div id="root"></div>' in text
    assert f'<script type="module" src="/static/ui/assets/main-B7x_2kQa.js" nonce="{nonce_of(answer)}">' in text


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/nothing", "/api/nothing", "/api/v1/"])
def test_an_unknown_path_of_the_api_stays_a_json_404(client: Client, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path",
    ["/static/ui/assets/gone-B7x_2kQa.js", "/static/", "/ws/hints", "/favicon.ico", "/metrics/x", "/hooks/gitlab"],
)
def test_what_is_missing_elsewhere_is_not_covered_by_the_page(client: Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_the_page_is_read_only(client: Client) -> None:
    assert client.post("/").status_code == 405
    assert client.head("/inbox").status_code == 200


def test_the_policy_lets_nothing_in_but_our_own_files_and_styles_with_the_nonce(client: Client) -> None:
    answer = client.get("/")
    assert policy_of(answer) == {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        "script-src": "'self'",
        "style-src": f"'self' 'nonce-{nonce_of(answer)}'",
        "style-src-attr": "'unsafe-inline'",
        "font-src": "'self' data:",
        "img-src": "'self' data:",
        "connect-src": "'self' ws://testserver",
        "manifest-src": "'self'",
    }
    headers = {name: answer.headers[name] for name in ("Cache-Control", "X-Content-Type-Options", "X-Frame-Options")}
    assert headers == {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"}
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]


def test_over_https_the_socket_of_the_policy_is_encrypted(client: Client) -> None:
    assert policy_of(client.get("/", secure=True))["connect-src"] == "'self' wss://testserver"


def test_the_page_has_no_script_or_style_of_its_own(client: Client) -> None:
    text = client.get("/").content.decode()
    assert re.findall(r"<script(?![^>]* src=)[^>]*>|<style|\son\w+=|\sstyle=", text) == []
    assert re.findall(r'(?:src|href)="(?!/static/ui/)', text) == []


def test_each_page_has_a_nonce_of_its_own(client: Client) -> None:
    assert nonce_of(client.get("/")) != nonce_of(client.get("/"))


def test_theme_comes_before_styles_and_styles_before_the_application(client: Client) -> None:
    links = re.findall(r'(?:src|href)="/static/ui/([^"]+)"', client.get("/").content.decode())
    assert links == [
        "favicon.svg",
        "theme.js",
        "assets/inter-Aa1Bb2Cc.woff2",
        "assets/mono-Dd3Ee4Ff.woff2",
        "assets/react-Kk7Ll8Mm.css",
        "assets/main-Zz9Yy8Xx.css",
        "assets/react-C3d4E5f6.js",
        "assets/core-N1n2O3o4.js",
        "assets/main-B7x_2kQa.js",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_starts_in_the_browsers_language(client: Client, language: str) -> None:
    answer = client.get("/", headers={"Accept-Language": f"{language},fr;q=0.5"})
    assert f'<html lang="{language}" data-theme="light">' in answer.content.decode()


def test_a_file_with_a_hash_is_kept_for_years_and_comes_compressed(client: Client) -> None:
    path = "/static/ui/assets/main-B7x_2kQa.js"
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Cache-Control"] == "max-age=315360000, public, immutable"
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(b"".join(answer.streaming_content)).decode() == SCRIPT  # type: ignore[attr-defined]
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert b"".join(plain.streaming_content).decode() == SCRIPT  # type: ignore[attr-defined]
    assert plain.headers["Content-Type"] == 'text/javascript; charset="utf-8"'
    assert plain.headers["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in plain.headers


def test_a_file_without_a_hash_is_asked_for_again(client: Client) -> None:
    assert client.get("/static/ui/theme.js").headers["Cache-Control"] == "max-age=60, public"


def test_a_new_build_shows_without_a_restart(client: Client, folder: Path) -> None:
    assert "main-B7x_2kQa.js" in client.get("/").content.decode()
    newer = {"src/app/main.tsx": {"file": "assets/main-Newer123.js", "isEntry": True}}
    (folder / "manifest.json").write_text(json.dumps(newer))
    os.utime(folder / "manifest.json", ns=(1, 1))
    assert read_bundle(folder) == Bundle("assets/main-Newer123.js", (), (), ())
    assert "main-Newer123.js" in client.get("/").content.decode()


@pytest.mark.parametrize("manifest", [None, "", "{", "{}", "[]", '{"src/app/main.tsx": {}}'])
def test_without_a_build_the_page_says_in_both_languages_what_to_run(
    client: Client, folder: Path, manifest: str | None
) -> None:
    (folder / "manifest.json").unlink()
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest)
    answer = client.get("/inbox")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (503, "no-store")
    text = answer.content.decode()
    assert "The pages are not built here: run <code>make ui</code>" in text
    assert "页面尚未构建：请运行 <code>make ui</code>" in text
    assert "<script" not in text
    assert policy_of(answer)["default-src"] == "'none'"


def test_with_the_pages_switched_off_the_api_stands_alone(settings: Any) -> None:
    settings.UI_DIR, settings.STATICFILES_DIRS = None, []
    client = Client()
    assert client.get("/").status_code == 503
    assert client.get("/static/ui/theme.js").status_code == 404
    assert client.get("/api/").status_code == 200


def test_in_production_the_page_names_what_was_collected(client: Client, folder: Path, settings: Any) -> None:
    settings.STATIC_ROOT = folder.parent / "static"
    settings.STATIC_ROOT.mkdir()
    assert client.get("/").status_code == 503
    folder.rename(settings.STATIC_ROOT / "ui")
    assert client.get("/").status_code == 200


def test_an_empty_variable_switches_the_pages_off_and_only_a_build_is_ever_served(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPSPORTAL_UI_DIR", "")
    assert Config(_env_file=None).ui_dir is None  # type: ignore[call-arg]
    assert (static_dirs(None), static_dirs(tmp_path)) == ([], [])
    (tmp_path / "manifest.json").write_text("{}")
    assert static_dirs(tmp_path) == [("ui", tmp_path)]


def test_the_schema_page_lies_below_api_without_inline_scripts(client: Client) -> None:
    page = client.get("/api/")
    assert page.status_code == 200
    assert b"swagger-ui-bundle.js" in page.content
    assert b"<script>" not in page.content
    assert policy_of(page)["script-src"] == "'self'"
    assert client.get("/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js").status_code == 200
    assert client.get("/api/?script=").headers["Content-Type"] == "application/javascript"
    moved = client.get("/api")
    assert (moved.status_code, moved.headers["Location"]) == (302, "/api/")
