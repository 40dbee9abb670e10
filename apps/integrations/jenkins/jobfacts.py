"""What a job's config.xml tells of what it builds: repositories, image, build tools, for any kind of job.

Must not: hand out a credential that stands in it, or run or follow anything it names.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

from apps.integrations.jenkins import jobxml

# GitSCM of freestyle and pipeline jobs; the source of a multibranch one; Subversion is none of ours.
REPOSITORY_TAGS = ("hudson.plugins.git.UserRemoteConfig/url", "source/remote", "source/repositoryUrl")
PARAMETERS = {"REPO_URL", "GIT_URL", "GIT_REPO", "REPOSITORY_URL"}
IMAGE_PARAMETERS = {"IMAGE", "IMAGE_NAME", "IMAGE_REPOSITORY", "DOCKER_IMAGE"}
COMMANDS = ("command", "script", "targets", "tasks", "goals")
TOOLS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("maven", re.compile(r"\bmvnw?\b")),
    ("gradle", re.compile(r"\bgradlew?\b")),
    ("npm", re.compile(r"\b(?:npm|yarn|pnpm)\b")),
    ("go", re.compile(r"\bgo (?:build|test|install|mod)\b")),
    ("composer", re.compile(r"\bcomposer\b")),
    ("pip", re.compile(r"\b(?:pip3?|poetry|uv|pytest)\b")),
)
MOST_TEXT = 100_000


@dataclass(frozen=True)
class JobFacts:
    """`repositories`: clone addresses as written; `image`: as written, "" when it says none; `tools`: names of TOOLS."""

    repositories: tuple[str, ...] = ()
    image: str = ""
    tools: tuple[str, ...] = ()


def facts_of(config_xml: str) -> JobFacts:
    """Rejected `jenkins.template_invalid` or `jenkins.config_too_large` for what is no configuration."""
    root = jobxml.parse(config_xml)
    found: list[str] = []
    for place in REPOSITORY_TAGS:
        found += [(one.text or "").strip() for one in root.iterfind(f".//{place}")]
    defaults = dict(_defaults(root))
    found += [defaults[name] for name in sorted(PARAMETERS & defaults.keys())]
    image = next((defaults[name] for name in sorted(IMAGE_PARAMETERS & defaults.keys()) if defaults[name]), "")
    return JobFacts(tuple(dict.fromkeys(one for one in found if one)), image, _tools(root))


def _defaults(root: ET.Element) -> list[tuple[str, str]]:
    definitions = root.find(jobxml.DEFINITIONS)
    return [
        (str(one.findtext("name") or ""), (one.findtext("defaultValue") or "").strip())
        for one in (definitions if definitions is not None else [])
    ]


def _tools(root: ET.Element) -> tuple[str, ...]:
    """Kinds of job that are a tool, and what commands call; of a script only its beginning is read."""
    named = {"maven"} if root.tag == "maven2-moduleset" else set()
    text = " ".join((one.text or "") for tag in COMMANDS for one in root.iter(tag))[:MOST_TEXT]
    return tuple(name for name, pattern in TOOLS if name in named or pattern.search(text))
