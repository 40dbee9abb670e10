"""GitLab stand-in: real Git over HTTP."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from apps.sandbox.gitlab.server import GitLabServer
from tests.sandbox.gitlab_helpers import (
    TOKEN,
    Api,
    admin,
    git,
    new_project,
    project_path,
    quick_server,
)
from tests.support.servers import serving


@pytest.fixture(scope="module")
def server() -> Iterator[GitLabServer]:
    with serving(quick_server()) as running:
        yield running


def remote(server: GitLabServer, path: str, token: str = "") -> str:
    """The clone address, with the token as password."""
    who = f"portal:{token}@" if token else ""
    return f"http://{who}127.0.0.1:{server.port}/{path}.git"


@pytest.mark.parametrize(
    ("path", "file"),
    [
        ("shop/book-api-n1", "pom.xml"),
        ("shop/pay-gate-n1", "go.mod"),
        ("shop/admin-php-n1", "composer.json"),
        ("shop/user-web-n1", "package.json"),
        ("shop/mail-py-n1", "pyproject.toml"),
    ],
)
def test_a_public_demo_project_is_cloned_without_credentials(
    server: GitLabServer, tmp_path: Path, path: str, file: str
) -> None:
    git("clone", "-q", remote(server, path), str(tmp_path / "c"))
    assert (tmp_path / "c" / file).exists()
    log = git("log", "--format=%s", cwd=tmp_path / "c").stdout.splitlines()
    assert 4 <= len(log) <= 6
    assert any(ord(letter) > 0x4E00 for title in log for letter in title)
    seconds = json.loads((tmp_path / "c" / ".sandbox.json").read_text())["start_seconds"]
    assert seconds == (3 if path == "shop/book-api-n1" else 1)
    assert len(git("branch", "-r", cwd=tmp_path / "c").stdout.splitlines()) == 3


def test_the_newest_demo_files_are_those_in_the_folder(server: GitLabServer, tmp_path: Path) -> None:
    content = Path(__file__).parents[2] / "apps/sandbox/repos"
    for path, language in (("shop/book-api-n1", "java"), ("shop/pay-gate-n1", "go"), ("shop/admin-php-n1", "php"),
                           ("shop/user-web-n1", "nodejs"), ("shop/mail-py-n1", "python")):  # fmt: skip
        git("clone", "-q", remote(server, path), str(tmp_path / language))
        for file in (content / language / "files").rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts and ".ruff_cache" not in file.parts:
                cloned = tmp_path / language / file.relative_to(content / language / "files")
                assert cloned.read_bytes() == file.read_bytes()


def test_a_clone_without_dot_git_is_redirected(server: GitLabServer, tmp_path: Path) -> None:
    git("clone", "-q", remote(server, "shop/book-api-n1").removesuffix(".git"), str(tmp_path / "c"))
    assert (tmp_path / "c" / "pom.xml").exists()


@pytest.mark.parametrize("version", ["0", "1", "2"])
def test_every_protocol_version_and_a_shallow_clone_of_a_tag_work(
    server: GitLabServer, tmp_path: Path, version: str
) -> None:
    path = f"git/shallow-{version}"
    new_project(server, path)
    Api(server.url).post(f"{project_path(path)}/repository/tags", tag_name="v1", ref="main", message="m")
    options = ("-c", f"protocol.version={version}")
    git(*options, "clone", "-q", "--depth=1", "--branch=v1", remote(server, path), str(tmp_path / "c"))
    assert git("rev-list", "--count", "HEAD", cwd=tmp_path / "c").stdout.strip() == "1"


def test_a_private_project_needs_the_token(server: GitLabServer, tmp_path: Path) -> None:
    new_project(server, "git/private", visibility="private")
    for number, token in enumerate(("", "glpat-wrong")):
        refused = git("clone", "-q", remote(server, "git/private", token), str(tmp_path / str(number)), ok=False)
        assert refused.returncode != 0
    git("clone", "-q", remote(server, "git/private", TOKEN), str(tmp_path / "c"))
    assert (tmp_path / "c" / "pom.xml").exists()
    entries = server.journal.find("git.upload-pack", subject="git/private", accepted=True)
    assert {e.agent for e in entries} == {"opsportal"}


def test_a_pushed_commit_and_tag_are_seen_by_the_api(server: GitLabServer, tmp_path: Path) -> None:
    new_project(server, "git/push")
    git("clone", "-q", remote(server, "git/push", TOKEN), str(tmp_path / "c"))
    (tmp_path / "c" / "新文件.txt").write_text("一\n", encoding="utf-8")
    git("add", "-A", cwd=tmp_path / "c")
    git("commit", "-q", "-m", "新增文件", cwd=tmp_path / "c")
    git("tag", "-a", "-m", "第一版", "v1", cwd=tmp_path / "c")
    git("push", "-q", "origin", "main", "v1", cwd=tmp_path / "c")
    head = git("rev-parse", "HEAD", cwd=tmp_path / "c").stdout.strip()
    api, repo = Api(server.url), f"{project_path('git/push')}/repository"
    assert api.get(f"{repo}/commits/main").json()["id"] == head
    tag = api.get(f"{repo}/tags/v1").json()
    assert (tag["message"], tag["commit"]["title"]) == ("第一版", "新增文件")
    assert tag["target"] == git("rev-parse", "v1", cwd=tmp_path / "c").stdout.strip()
    pushed = server.journal.find("git.receive-pack", subject="git/push", accepted=True)
    assert pushed[-1].detail["refs"] == ["refs/heads/main", "refs/tags/v1"]


def test_a_push_needs_credentials_and_a_role(server: GitLabServer, tmp_path: Path) -> None:
    new_project(server, "git/roles")
    admin(server, "/tokens", token="glpat-rep", scopes=["write_repository"], access_level=20, username="rep")
    git("clone", "-q", remote(server, "git/roles"), str(tmp_path / "c"))
    git("branch", "topic", cwd=tmp_path / "c")
    for token in ("", "glpat-rep"):
        refused = git("push", remote(server, "git/roles", token), "topic", cwd=tmp_path / "c", ok=False)
        assert refused.returncode != 0
    assert Api(server.url).get(f"{project_path('git/roles')}/repository/branches/topic").status_code == 404


def test_a_push_of_a_protected_tag_is_declined_as_a_whole(server: GitLabServer, tmp_path: Path) -> None:
    new_project(server, "git/protected")
    admin(server, "/tokens", token="glpat-dev", scopes=["api"], access_level=30, username="dev")
    api, base = Api(server.url), project_path("git/protected")
    api.post(f"{base}/protected_tags", name="v*")
    git("clone", "-q", remote(server, "git/protected", "glpat-dev"), str(tmp_path / "c"))
    git("tag", "v1", cwd=tmp_path / "c")
    git("branch", "topic", cwd=tmp_path / "c")
    refused = git("push", "origin", "topic", "v1", cwd=tmp_path / "c", ok=False)
    assert refused.returncode != 0
    assert "GitLab: You are not allowed to create this tag as it is protected." in refused.stderr
    assert "pre-receive hook declined" in refused.stderr
    assert api.get(f"{base}/repository/branches/topic").status_code == 404
    assert api.get(f"{base}/repository/tags").json() == []


def test_a_developer_may_not_push_to_the_default_branch_and_nobody_may_force_it(
    server: GitLabServer, tmp_path: Path
) -> None:
    new_project(server, "git/force")
    admin(server, "/tokens", token="glpat-dev", scopes=["api"], access_level=30, username="dev")
    git("clone", "-q", remote(server, "git/force"), str(tmp_path / "c"))
    git("commit", "-q", "--allow-empty", "-m", "x", cwd=tmp_path / "c")
    refused = git("push", remote(server, "git/force", "glpat-dev"), "main", cwd=tmp_path / "c", ok=False)
    assert "You are not allowed to push code to protected branches" in refused.stderr
    git("reset", "-q", "--hard", "HEAD~2", cwd=tmp_path / "c")
    forced = git("push", "--force", remote(server, "git/force", TOKEN), "main", cwd=tmp_path / "c", ok=False)
    assert forced.returncode != 0
    tip = Api(server.url).get(f"{project_path('git/force')}/repository/commits/main").json()
    assert tip["title"] == "Describe the endpoints"


def test_many_clones_and_tags_are_served_quickly(server: GitLabServer, tmp_path: Path) -> None:
    new_project(server, "git/load")
    api, repo = Api(server.url), f"{project_path('git/load')}/repository"
    started = time.monotonic()

    def work(number: int) -> int:
        made = api.post(f"{repo}/tags", tag_name=f"t{number}", ref="main", message=f"key-{number}")
        git("clone", "-q", "--depth=1", f"--branch=t{number}", remote(server, "git/load"), str(tmp_path / str(number)))
        return made.status_code

    with ThreadPoolExecutor(4) as pool:
        assert set(pool.map(work, range(20))) == {201}
    assert time.monotonic() - started < 24, "100 clones and 100 tags must fit into two minutes"
