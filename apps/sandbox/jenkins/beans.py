"""The small objects inside jobs, builds and queue items: parameters, causes, colours, neighbours, permalinks.

Must not: know the tables of the big objects.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

from apps.sandbox.jenkins.jobxml import ParameterDefinition
from apps.sandbox.jenkins.model import ABORTED, FAILURE, SUCCESS, Build, Job, Parameter
from apps.sandbox.jenkins.tree import Bean, plain

RECENT = 100
COLOURS = {SUCCESS: "blue", FAILURE: "red", ABORTED: "aborted"}


def parameter_value(parameter: Parameter) -> Bean:
    """A value as a build or queue item shows it; a password shows only its name."""
    cls = f"hudson.model.{parameter.kind}ParameterValue"
    if parameter.kind == "Choice":
        cls = "hudson.model.StringParameterValue"
    if parameter.kind == "Password":
        return plain(cls, name=parameter.name)
    return plain(cls, name=parameter.name, value=parameter.value)


def actions_of(parameters: tuple[Parameter, ...], causes: list[str]) -> list[Bean]:
    """The actions of a build or a queue item."""
    said = [
        plain(
            "hudson.model.Cause$UserIdCause",
            shortDescription=f"Started by user {user}",
            userId=user,
            userName=user,
        )
        for user in causes
    ]
    actions = [plain("hudson.model.CauseAction", causes=said)]
    if parameters:
        values = [parameter_value(p) for p in parameters]
        actions.insert(0, plain("hudson.model.ParametersAction", parameters=values))
    return actions


def definitions_of(job: Job) -> list[Bean]:
    """The job's parameters property, where it has one."""
    if not job.config.parameters:
        return []
    cls = "hudson.model.ParametersDefinitionProperty"
    return [plain(cls, parameterDefinitions=[_definition(d) for d in job.config.parameters])]


def _definition(definition: ParameterDefinition) -> Bean:
    default: str | bool = definition.default
    if definition.kind == "Boolean":
        default = definition.default == "true"
    fields: dict[str, Any] = {
        "defaultParameterValue": parameter_value(Parameter(definition.kind, definition.name, default)),
        "description": definition.description,
        "name": definition.name,
        "type": f"{definition.kind}ParameterDefinition",
    }
    if definition.choices:
        fields["choices"] = list(definition.choices)
    return plain(f"hudson.model.{definition.kind}ParameterDefinition", **fields)


PERMALINKS: dict[str, Callable[[Build], bool]] = {
    "lastBuild": lambda _b: True,
    "lastCompletedBuild": lambda b: not b.building,
    "lastFailedBuild": lambda b: b.result == FAILURE,
    "lastStableBuild": lambda b: b.result == SUCCESS,
    "lastSuccessfulBuild": lambda b: b.result == SUCCESS,
    "lastUnstableBuild": lambda _b: False,
    "lastUnsuccessfulBuild": lambda b: b.result in (FAILURE, ABORTED),
}


def find_newest(job: Job, wanted: Callable[[Build], bool]) -> Build | None:
    """The newest build that fits."""
    return next((b for b in reversed(job.builds.values()) if wanted(b)), None)


def neighbour(build: Build, step: int) -> Build | None:
    """The build before (-1) or after (1) this one."""
    numbers = list(build.job.builds)
    at = numbers.index(build.number) + step if build.number in build.job.builds else -1
    return build.job.builds[numbers[at]] if 0 <= at < len(numbers) else None


def estimate(job: Job) -> int:
    """Mean of the last three good builds in milliseconds; -1 when there is none."""
    good = list(islice((b.duration for b in reversed(job.builds.values()) if b.result == SUCCESS), 3))
    return sum(good) // len(good) if good else -1


def shown(parameter: Parameter) -> str:
    """The value in a queue item's `params` text."""
    return "****" if parameter.kind == "Password" else parameter.as_environment()


def colour(job: Job) -> str:
    """Jenkins' ball: the last result, with `_anime` while a build runs."""
    if job.config.disabled:
        return "disabled"
    done = find_newest(job, lambda b: not b.building)
    base = COLOURS.get(done.result or "", "notbuilt") if done else "notbuilt"
    return base + ("_anime" if job.running else "")
