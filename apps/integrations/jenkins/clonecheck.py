"""Whether Jenkins can read a repository, asked by a small build in the place where the project's builds run (P2).

The git plugin's own check (`checkUrl`) says "ok" also to who may not ask and to what it cannot check, runs on the
controller, and uses a stored credential, while our build shell clones on an agent with what it finds there. So a probe
job is made from the language's template, with its label and wrappers, and one script that only lists refs. Must not:
put the address into the script (it is a parameter), or take a build without its last word for a yes.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

from apps.common.errors import Rejected
from apps.integrations.jenkins import jobxml, notes
from apps.integrations.jenkins.client import Jenkins
from apps.integrations.jenkins.types import KEY_PARAMETER, BuildRef, CloneCheck, QueueItem

URL_PARAMETER = "REPO_URL"
YES = "::opsportal clone=possible::"
NOTE = "Asks whether builds of this template can read a repository. Nothing is cloned or written."
SCRIPT = f"""#!/bin/sh -eu
export GIT_TERMINAL_PROMPT=0
git ls-remote --heads --quiet -- "${URL_PARAMETER}" > /dev/null
echo '{YES}'
"""
# What a probe does not take over from its template.
DROPPED = ("builders", "publishers", "triggers", "scm", "authToken", "properties", "concurrentBuild")
TOLD = ("fatal:", "error:", "ssh:", "Permission denied", "Host key verification")


def probe_name(template: str) -> str:
    """The probe job's name; a template in a folder gives it no slash."""
    return f"opsportal-check-clone-{template.replace('/', '-')}"


async def start_clone_check(jenkins: Jenkins, template: str, url: str, key: str) -> QueueItem | BuildRef:
    """Have the question asked by a build. Key: `key`, the build's parameter, which is looked for before it is started.

    May be repeated: the build or queue item of this key is returned. A call without an answer is `unknown`; the next
    one looks again, and at worst two builds list refs. Refused with `jenkins.job_taken`, and nothing written, when the
    probe's name is taken by a job that is not the portal's.
    """
    name = probe_name(template)
    raw = await jenkins.find_job(name)
    if raw is not None:
        note = notes.read(str(raw.get("description") or ""))
        if note.text != NOTE or not note.is_ours:
            about = jenkins.http.about(f"job {name}")
            raise Rejected("jenkins.job_taken", job=name, found=jenkins.http.quote(note.text), **about)
        found = await jenkins.find_by_key(name, key)
        if found is not None:
            return found
    source = await jenkins.config_from_template(template)
    config_xml = jobxml.job_from_template(_probe(source), template=template, note=NOTE)
    await jenkins.ensure_job(name, config_xml, [KEY_PARAMETER, URL_PARAMETER])
    return await jenkins.start_build(name, {KEY_PARAMETER: key, URL_PARAMETER: url})


async def read_clone_check(jenkins: Jenkins, template: str, url: str, key: str) -> CloneCheck:
    """What the build of `key` found out so far. NotFound `jenkins.job_missing` before the first start. Read: repeatable."""
    name = probe_name(template)
    found = await jenkins.find_by_key(name, key)
    if found is None:
        return CloneCheck("unknown")
    if isinstance(found, QueueItem) or found.building or found.result is None:
        return CloneCheck("waiting")
    if found.result == "ABORTED":
        return CloneCheck("unknown")
    log = (await jenkins.read_log(name, found.number, 0)).text.splitlines()
    if found.result == "SUCCESS" and YES in log:
        return CloneCheck("can")
    said = next((line for line in reversed(log) if line.startswith(TOLD)), "")
    params = {"url": url, "said": jenkins.http.quote(said), "job": name, "number": found.number}
    return CloneCheck("cannot", "jenkins.clone_refused", {**params, **jenkins.http.about(f"clone of {url}")})


def _probe(template_xml: str) -> str:
    """The template with nothing to build: two parameters and the script."""
    root = jobxml.parse(template_xml)
    for tag in DROPPED:
        for element in root.findall(tag):
            root.remove(element)
    place = root
    for tag in ("properties", "hudson.model.ParametersDefinitionProperty", "parameterDefinitions"):
        place = ET.SubElement(place, tag)
    for name in (KEY_PARAMETER, URL_PARAMETER):
        definition = ET.SubElement(place, "hudson.model.StringParameterDefinition")
        ET.SubElement(definition, "name").text = name
        ET.SubElement(definition, "defaultValue")
    ET.SubElement(root, "concurrentBuild").text = "true"
    shell = ET.SubElement(ET.SubElement(root, "builders"), "hudson.tasks.Shell")
    ET.SubElement(shell, "command").text = SCRIPT
    return ET.tostring(root, encoding="unicode")
