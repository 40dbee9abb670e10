"""What an executor does with a build: the project build for jobs with a repository, else a very small shell.

Must not: run a job's shell text for real; `echo`, `sleep`, `true`, `false`, `exit` and `git ls-remote` are understood,
the rest is only printed.
"""

from __future__ import annotations

import asyncio
import shlex

from apps.sandbox.jenkins.checkout import GitError
from apps.sandbox.jenkins.imagebuild import ImageBuild, StepFailedError, Workshop
from apps.sandbox.jenkins.model import FAILURE, SUCCESS, Build

LISTS_REFS = "git ls-remote "
WORKSPACES = "/var/jenkins_home/workspace"


async def work(build: Build, workshop: Workshop) -> str:
    """Run one build to its result."""
    log = build.log
    for user in build.causes:
        log.line("Started by user ", note=user)
    log.line("Running as SYSTEM")
    log.line(f"Building on the built-in node in workspace {WORKSPACES}/{build.job.name}")
    for script in build.job.config.shell[:1]:
        first = script.splitlines()[0] if script else ""
        shell = first.removeprefix("#!") if first.startswith("#!") else "/bin/sh -xe"
        log.line(f"[{build.job.name}] $ {shell} /tmp/jenkins{build.queue_id:019d}.sh")
    try:
        scripts = build.job.config.shell
        if "REPO_URL" in build.environment and not any(LISTS_REFS in script for script in scripts):
            await ImageBuild(build, workshop).run()
        else:
            for script in scripts:
                await _small_shell(build, script, workshop)
    except StepFailedError as error:
        for line in error.lines:
            log.line(line)
        log.line(f"exit status {error.code}")
        log.line("Build step 'Execute shell' marked build as failure")
        return FAILURE
    return SUCCESS


async def _small_shell(build: Build, script: str, workshop: Workshop) -> None:
    for line in script.splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:
            words = [line]
        if not words:
            continue
        build.log.line("+ " + " ".join(words))
        if words[0] == "echo":
            build.log.line(" ".join(_expand(word, build.environment) for word in words[1:]))
        elif words[0] == "sleep":
            await asyncio.sleep(float(words[1]))
        elif line.startswith(LISTS_REFS):
            await _list_refs(build, workshop)
        elif words[0] in ("exit", "false"):
            code = int(words[1]) if words[1:] else int(words[0] == "false")
            if code:
                raise StepFailedError(code)
            return


async def _list_refs(build: Build, workshop: Workshop) -> None:
    """For real, of the repository in REPO_URL."""
    try:
        await workshop.git.list_refs(build.environment.get("REPO_URL", ""))
    except GitError as error:
        raise StepFailedError(error.code, *error.lines) from error


def _expand(word: str, environment: dict[str, str]) -> str:
    for name, value in environment.items():
        word = word.replace(f"${{{name}}}", value).replace(f"${name}", value)
    return word
