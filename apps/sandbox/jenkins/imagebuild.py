"""One build of a project: clone the tag, say what such a build says, make the image, push it.

It fails for the reasons a real build fails for. Must not: print a credential, or succeed without the registry's digest.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from apps.sandbox.images import Image, ImageReference, PushError, Registry, build_image, build_layer, push_image
from apps.sandbox.jenkins import languages
from apps.sandbox.jenkins.checkout import Checkout, Git, GitError
from apps.sandbox.jenkins.model import Build

# Share of the whole time each stage may take; what a stage does not use for real work it waits.
SHARES = {"pull": 0.1, "prepare": 0.15, "compile": 0.35, "test": 0.15, "dockerfile": 0.03, "image": 0.12, "push": 0.1}
WISHES = {
    "start_seconds": "sandbox.start-seconds",
    "never_ready": "sandbox.never-ready",
    "crash_exit_code": "sandbox.crash-exit-code",
}


class StepFailedError(Exception):
    """The build shell ended with this exit status; `lines` are its last words."""

    def __init__(self, code: int, *lines: str) -> None:
        super().__init__(f"exit status {code}")
        self.code = code
        self.lines = lines


class Pace:
    """Spreads lines over a stage so that the whole build takes its time, whatever the real work took."""

    def __init__(self, seconds: float) -> None:
        self._began = time.monotonic()
        self._seconds = seconds
        self._share = 0.0

    def enter(self, stage: str) -> None:
        """Open a stage; its end moves by the stage's share."""
        self._share += SHARES[stage]

    async def tell(self, say: Callable[[str], None], lines: list[str]) -> None:
        """Say the lines evenly up to the end of the stage."""
        for n, line in enumerate(lines):
            left = self._began + self._seconds * self._share - time.monotonic()
            say(line)
            await asyncio.sleep(max(0.0, left / (len(lines) - n)))


@dataclass(frozen=True)
class Workshop:
    """What every build uses: the tools and where images go."""

    git: Git
    registry: Registry
    seconds: float


class ImageBuild:
    """One run; `run` returns normally or raises StepFailedError."""

    def __init__(self, build: Build, workshop: Workshop) -> None:
        self.build = build
        self.shop = workshop
        self.env = build.environment
        self.pace = Pace(workshop.seconds)
        self.app = build.job.name
        self.checkout = Checkout("", {}, [])
        self.language = languages.PLAIN
        self.dockerfile = b""
        self.image: Image | None = None

    def say(self, line: str) -> None:
        """One line of console."""
        self.build.log.line(line)

    async def run(self) -> None:
        """All stages in order."""
        with tempfile.TemporaryDirectory(prefix="sandbox-build-", ignore_cleanup_errors=True) as folder:
            await self._stage("pull", lambda: self._pull(Path(folder)))
        stages: list[tuple[str, Callable[[], Awaitable[None]]]] = [
            ("prepare", self._prepare),
            ("compile", self._compile),
            ("test", self._test),
            ("dockerfile", self._dockerfile),
            ("image", self._image),
            ("push", self._push),
        ]
        for name, work in stages:
            if name == "test" and not self.language.test:
                self.pace.enter(name)
                continue
            await self._stage(name, work)

    async def _stage(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        self.say(f"::opsportal stage={name}::")
        self.pace.enter(name)
        await work()

    def _need(self, name: str) -> str:
        value = self.env.get(name, "")
        if not value:
            raise StepFailedError(1, f"build.sh: line 7: {name}: parameter not set or null")
        return value

    # -- stages -------------------------------------------------------------------------------------------
    async def _pull(self, folder: Path) -> None:
        url, tag = self._need("REPO_URL"), self._need("TAG")
        self.say(f"+ git clone --depth 1 --branch {tag} -- {url} source")
        try:
            self.checkout = await self.shop.git.clone(url, tag, folder)
        except GitError as error:
            raise StepFailedError(error.code, *error.lines) from error
        commit, wanted = self.checkout.commit, self.env.get("COMMIT", "")
        lines = [*self.checkout.said, "+ git rev-parse HEAD", commit]
        if wanted and commit != wanted:
            raise StepFailedError(1, *lines, f"tag {tag} is at {commit}, not at {wanted}: refusing to build")
        self.language = languages.recognise(self.checkout.files)
        await self.pace.tell(self.say, lines)

    async def _prepare(self) -> None:
        image = self._need("IMAGE")
        reference = ImageReference.parse(image)
        if "@" in image or reference.tag in ("", "latest"):
            raise StepFailedError(1, f"refusing image reference '{image}': a fixed tag is required")
        if reference.host != self.shop.registry.host:
            raise StepFailedError(
                1, f"refusing image reference '{image}': no credentials for registry '{reference.host}'"
            )
        await self.pace.tell(self.say, self.language.lines(self.language.prepare, self.app))

    async def _compile(self) -> None:
        await self._say_or_fail("compile_error", self.language.compile, self.language.compile_error)

    async def _test(self) -> None:
        await self._say_or_fail("test_failure", self.language.test, self.language.test_failure)

    async def _say_or_fail(self, wish: str, good: tuple[str, ...], bad: tuple[str, ...]) -> None:
        wanted = self.checkout.wishes.get(wish)
        if not wanted:
            await self.pace.tell(self.say, self.language.lines(good, self.app))
            return
        await self.pace.tell(self.say, self.language.lines(good[: len(good) // 2 or 1], self.app))
        raise StepFailedError(1, *self.language.lines(bad, self.app, self._trouble(wanted)))

    def _trouble(self, wanted: Any) -> languages.Trouble:
        """The place of a failure: as `.sandbox.json` says (`file`, `line`, `message`), else the first source file."""
        given: Mapping[str, Any] = wanted if isinstance(wanted, dict) else {}
        source = [f for f in self.checkout.files if self.language.suffix and f.endswith(self.language.suffix)]
        file = str(given.get("file") or (source or sorted(self.checkout.files) or ["main"])[0])
        lines = self.checkout.files.get(file, b"").count(b"\n")
        message = wanted if isinstance(wanted, str) else given.get("message") or self.language.message
        return languages.Trouble(file, int(given.get("line") or max(1, lines // 2)), str(message))

    async def _dockerfile(self) -> None:
        try:
            self.dockerfile = base64.b64decode(self._need("DOCKERFILE_B64"), validate=True)
        except binascii.Error as error:
            raise StepFailedError(1, "base64: invalid input") from error
        await self.pace.tell(self.say, ["+ base64 -d", f"Dockerfile: {len(self.dockerfile.splitlines())} lines"])

    async def _image(self) -> None:
        labels = self._labels()
        created = datetime.now(UTC)
        self.image = await asyncio.to_thread(self._assemble, labels, created)
        words = [x.strip() for x in self.dockerfile.decode("utf-8", "replace").splitlines()]
        steps = [x for x in words if x and not x.startswith("#")]
        lines = [f"+ docker build --tag {self.env['IMAGE']} --file Dockerfile ."]
        lines += [f"Step {n}/{len(steps)} : {step}" for n, step in enumerate(steps, 1)]
        lines += [f"Successfully tagged {self.env['IMAGE']}"]
        await self.pace.tell(self.say, lines)

    def _labels(self) -> dict[str, str]:
        try:
            given = json.loads(self.env.get("LABELS_JSON") or "{}")
        except ValueError as error:
            raise StepFailedError(5, f"jq: parse error: {error}") from error
        if not isinstance(given, dict):
            raise StepFailedError(5, "jq: error: LABELS_JSON is not an object")
        labels = {str(name): str(value) for name, value in given.items()}
        labels["io.opsportal.build"] = str(self.build.number)
        for wish, label in WISHES.items():
            value = self.checkout.wishes.get(wish)
            if value is not None:
                labels[label] = json.dumps(value) if isinstance(value, bool) else str(value)
        return labels

    def _assemble(self, labels: dict[str, str], created: datetime) -> Image:
        files = {f"app/{name}": content for name, content in self.checkout.files.items()}
        source = build_layer(files, "COPY . /app # source", created)
        recipe = build_layer(
            {"opsportal/Dockerfile": self.dockerfile}, "COPY Dockerfile /opsportal/Dockerfile", created
        )
        notes = [f"# tag={self.env['TAG']} key={self.build.key} job={self.app} build={self.build.number}"]
        return build_image([source, recipe], labels=labels, created=created, notes=notes)

    async def _push(self) -> None:
        reference, image = ImageReference.parse(self.env["IMAGE"]), self.image
        if image is None:
            raise StepFailedError(1, "no image to push")
        self.say(f"+ docker push {self.env['IMAGE']}")
        self.say(f"The push refers to repository [{reference.host}/{reference.repository}]")
        try:
            digest = await push_image(self.shop.registry, reference.repository, reference.tag, image)
        except PushError as error:
            raise StepFailedError(1, f"error pushing image: {error}") from error
        lines = [f"{layer.digest[7:19]}: Pushed" for layer in image.layers]
        await self.pace.tell(self.say, [*lines, f"{reference.tag}: digest: {digest} size: {len(image.manifest)}"])
