"""What the Jenkins tests share: a small raw client, job XML, a git repository with a tag, waiting with a deadline."""

from __future__ import annotations

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

from apps.sandbox.jenkins.server import JenkinsServer
from apps.sandbox.registry.server import RegistryServer
from tests.support.servers import serving

T = TypeVar("T")
USER, TOKEN, PASSWORD = "portal", "11abcdef0123456789", "pa55-word"
DOCKERFILE = b'FROM scratch\nCOPY . /app\nCMD ["/app/run"]\n'
JAVA_FILES = {"pom.xml": "<project/>\n", "src/main/java/App.java": "class App {\n}\n"}


class JenkinsClient:
    """Requests to one Jenkins; redirects are not followed, so that the raw answer is seen."""

    def __init__(self, url: str, user: str = USER, secret: str = TOKEN) -> None:
        self.url = url.rstrip("/")
        self.auth: tuple[str, str] | None = (user, secret)

    def call(self, method: str, path: str, **how: Any) -> requests.Response:
        how.setdefault("auth", self.auth)
        return requests.request(method, self.url + path, allow_redirects=False, timeout=20, **how)

    def get(self, path: str, **how: Any) -> requests.Response:
        return self.call("GET", path, **how)

    def post(self, path: str, **how: Any) -> requests.Response:
        return self.call("POST", path, **how)

    def json(self, path: str) -> Any:
        answer = self.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.json()

    def create(self, name: str, xml: str) -> None:
        answer = self.post(
            "/createItem", params={"name": name}, data=xml.encode(), headers={"Content-Type": "text/xml; charset=utf-8"}
        )
        assert answer.status_code == 200, answer.headers.get("X-Error")

    def trigger(self, job: str, **parameters: str) -> int:
        """Ask for a build; the queue item's number."""
        answer = self.post(f"/job/{job}/buildWithParameters", data={"delay": "0sec", **parameters})
        assert answer.status_code in (201, 303), answer.status_code
        return int(answer.headers["Location"].rstrip("/").rsplit("/", 1)[1])

    def executable(self, item: int, seconds: float = 20) -> int:
        """The build number a queue item became."""

        def number() -> int | None:
            executable = self.json(f"/queue/item/{item}/api/json").get("executable")
            return executable and int(executable["number"])

        return wait_for(number, seconds)

    def finished(self, job: str, number: int, seconds: float = 30) -> dict[str, Any]:
        """The build as JSON once it is over."""

        def build() -> dict[str, Any] | None:
            found = self.json(f"/job/{job}/{number}/api/json")
            return None if found["building"] else found

        return wait_for(build, seconds)

    def run(self, job: str, **parameters: str) -> tuple[dict[str, Any], str]:
        """Build to the end; the build and its console."""
        number = self.executable(self.trigger(job, **parameters))
        return self.finished(job, number), self.get(f"/job/{job}/{number}/consoleText").text


def wait_for(look: Callable[[], T | None], seconds: float = 10) -> T:
    """Ask until there is an answer."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing within {seconds} s")


def job_xml(
    script: str = "echo hello", *, parameters: dict[str, str] | None = None, extra: str = "", disabled: bool = False
) -> str:
    """A freestyle job with string parameters (name → default) and a shell step."""
    rows = "".join(
        f"<hudson.model.StringParameterDefinition><name>{name}</name><defaultValue>{value}</defaultValue>"
        "</hudson.model.StringParameterDefinition>"
        for name, value in (parameters or {}).items()
    )
    if rows:
        rows = (
            "<hudson.model.ParametersDefinitionProperty><parameterDefinitions>"
            f"{rows}</parameterDefinitions></hudson.model.ParametersDefinitionProperty>"
        )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        f"<project><description></description><properties>{rows}</properties>"
        f"<disabled>{str(disabled).lower()}</disabled>{extra}<builders><hudson.tasks.Shell><command>{script}</command>"
        "</hudson.tasks.Shell></builders><publishers/><buildWrappers/></project>"
    )


def git_repository(folder: Path, files: dict[str, str], tag: str = "20260901-183205-u17") -> tuple[str, str]:
    """A repository with one commit and an annotated tag; its address and the commit."""
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    who = ["-c", "user.name=Dev", "-c", "user.email=dev@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (
        ["init", "-q", "-b", "main"],
        ["add", "."],
        ["commit", "-q", "-m", "first"],
        ["tag", "-a", tag, "-m", "key"],
    ):
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
    return folder.as_uri(), head.stdout.strip()


def build_parameters(jenkins: JenkinsServer, repo: str, commit: str, **other: str) -> dict[str, str]:
    """The seven parameters of a project build."""
    host = jenkins._workshop.registry.host
    tag = other.pop("TAG", "20260901-183205-u17")
    return {
        "OPSPORTAL_KEY": "3f2a9d1c.1",
        "REPO_URL": repo,
        "TAG": tag,
        "COMMIT": commit,
        "IMAGE": f"{host}/shop:{tag}",
        "LABELS_JSON": json.dumps({"opsportal.ticket": "42"}),
        "DOCKERFILE_B64": base64.b64encode(DOCKERFILE).decode(),
        **other,
    }


@contextmanager
def jenkins_and_registry(
    data_dir: Path | None = None, **options: Any
) -> Iterator[tuple[JenkinsServer, RegistryServer]]:
    """Both stand-ins, the Jenkins quick unless told otherwise."""
    with serving(RegistryServer(None, user="ci", password="reg-secret")) as registry:
        settings = {"build_seconds": 0.0, **options}
        server = JenkinsServer(
            data_dir,
            user=USER,
            api_token=TOKEN,
            password=PASSWORD,
            registry_url=registry.url,
            registry_user="ci",
            registry_password="reg-secret",
            **settings,
        )
        with serving(server) as jenkins:
            yield jenkins, registry
