"""Jobs as onboarding and the catalog need them: made once from a template, listed, re-synced, taken away again.

Functions over a `Jenkins` client. A job is known again by the note in its description (`notes`). Must not: write to or
delete a job whose note is not the portal's, or repeat a write before the job was looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from apps.common.errors import IntegrationError, NotFound, Rejected
from apps.integrations.answers import segment
from apps.integrations.jenkins import jobxml, notes, parse
from apps.integrations.jenkins.client import LIST_BODY, Jenkins
from apps.integrations.jenkins.types import KEY_PARAMETER, JobFound, JobList, JobMade, JobReady, JobUpdated

MOST_JOBS = 5000
FIELDS = "name,description,color,disabled,property[parameterDefinitions[name]],lastBuild[number,timestamp]"
FOLDERS = frozenset({"Folder", "OrganizationFolder", "WorkflowMultiBranchProject"})


async def create_job_from_template(
    jenkins: Jenkins, name: str, template: str, *, note: str, key: str, version: int | None = None
) -> JobMade:
    """Make the job from the template job, or find it. Key: the name, with `key` and `note` in the description.

    `note` says in a stable text what the job is for (the project). A job of this name is ours when this step's key is
    in its note (created) or the portal made it for the same thing, or for nothing named, before (adopted). Any other is
    refused with `jenkins.job_taken` and left as it is. May be repeated; a call without an answer is looked up here by
    the name, and when the job is not there the error says `unknown`. NotFound `jenkins.template_missing`.
    """
    raw = await jenkins.find_job(name)
    if raw is not None:
        return _judge(jenkins, name, raw, note, key)
    config_xml = await jenkins.config_from_template(template, note, key, version=version)
    try:
        if await jenkins.create(name, config_xml):
            return JobMade(created=True, adopted=False)
        raw = await jenkins.find_job(name)
    except IntegrationError as error:
        if not error.unknown:
            raise
        raw = await jenkins.find_job(name)
        if raw is None:
            raise
    if raw is None:
        raise NotFound("jenkins.job_missing", job=name, **jenkins.http.about(f"job {name}"))
    return _judge(jenkins, name, raw, note, key)


async def ready_job(
    jenkins: Jenkins, name: str, template: str, required: Sequence[str], *, note: str, key: str, version: int
) -> JobReady:
    """Have the project's job, able to build, with these parameters defined, our key first. Key: the name, as above.

    A job that is there stays as it is, of whatever version of its template: it is written only when it lacks one of the
    parameters, and then gets that one from the template and nothing else. One that is not ours is refused with
    `jenkins.job_taken` and left alone. May be repeated. Rejected `jenkins.job_disabled`, `jenkins.not_buildable`,
    `jenkins.parameter_undefined` (the template lacks it too), `jenkins.key_not_first`.
    """
    made = await create_job_from_template(jenkins, name, template, note=note, key=key, version=version)
    raw = await jenkins.find_job(name) or {}
    defined = parse.parameter_names(raw)
    lacking = tuple(one for one in required if one not in defined)
    if lacking or KEY_PARAMETER in defined[1:]:
        await _add_parameters(jenkins, name, template, required)
        raw = await jenkins.find_job(name) or {}
    await jenkins.require_buildable(name, raw or None, required)
    added = tuple(one for one in lacking if one in parse.parameter_names(raw))
    return JobReady(made.created, added, _note_of(raw).version)


async def _add_parameters(jenkins: Jenkins, name: str, template: str, required: Sequence[str]) -> None:
    """Jenkins has no condition on a write: who saves the job in the round trip before ours is overwritten."""
    present = await jenkins.get_config(name)
    note = notes.read(jobxml.description(present))
    if not note.is_ours:
        found = jenkins.http.quote(note.text)
        raise Rejected("jenkins.job_taken", job=name, found=found, **_about(jenkins, name))
    wanted = jobxml.with_parameters_of(present, await jenkins.config_from_template(template), required)
    if wanted != present:
        await jenkins.write_config(name, wanted)


async def delete_job(jenkins: Jenkins, name: str, key: str) -> bool:
    """Delete the job that the step of `key` made, with its builds; one that runs is aborted. Key: the name.

    False when it was gone already, so that this may be repeated. A job without this key in its note, or whose name
    differs in case, is refused with `jenkins.job_not_made_by_us`, and nothing is sent. A DELETE without an answer is
    looked up here by the name.
    """
    raw = await jenkins.find_job(name)
    if raw is None:
        return False
    made_by = _note_of(raw).key
    if not made_by or made_by != notes.base(key) or raw.get("name") != name:
        raise Rejected("jenkins.job_not_made_by_us", job=name, found=_what(jenkins, raw), **_about(jenkins, name))
    try:
        # With the slash: without it Jenkins answers 302 and deletes nothing. 404: gone since we looked, maybe by this
        # very call, which the HTTP client sends again on a broken connection.
        await jenkins.call("DELETE", f"/job/{segment(name)}/", f"job {name}", allow=(404,))
    except IntegrationError as error:
        if not error.unknown or await jenkins.find_job(name) is not None:
            raise
    return True


async def list_jobs(jenkins: Jenkins, limit: int = MOST_JOBS) -> JobList:
    """Jobs at the controller's top, up to `limit`, in one call; folders are named and not looked into. Read: repeatable."""
    path = f"/api/json?tree=jobs[{FIELDS}]{{0,{limit + 1}}}"
    answer = await jenkins.call("GET", path, "all jobs", limit=LIST_BODY)
    found = answer.read(lambda raw: [_found(job) for job in raw.get("jobs") or []])
    return JobList(found[:limit], complete=len(found) <= limit)


async def update_job(jenkins: Jenkins, name: str, xml: str, *, seen_xml_hash: str, key: str) -> JobUpdated:
    """Bring our job to `xml` (from `config_from_template`). Key: `key` with its attempt, written into the note.

    Refused without a write when the job changed since it was read: `seen_xml_hash` is `jobxml.content_hash` of what was
    shown (`jenkins.job_changed`), when it is not ours (`jenkins.job_taken`), or of another kind. Jenkins has no ETag:
    who edits between our comparison and our write, one round trip, is overwritten. Who made the job stays in its note,
    builds and their numbers stay. May be repeated: a job that carries `key` is not written again. A call without an
    answer is looked up here by that; not found, the error says `unknown`.
    """
    present = await jenkins.get_config(name)
    note = notes.read(jobxml.description(present))
    if note.sync == key:
        return JobUpdated(changed=False, xml_hash=jobxml.content_hash(present))
    _require_same(jenkins, name, present, xml, note, seen_xml_hash)
    wanted = jobxml.with_notes_of(xml, jobxml.description(present), sync=key)
    try:
        await jenkins.write_config(name, wanted)
    except IntegrationError as error:
        if not error.unknown:
            raise
        present = await jenkins.get_config(name)
        if notes.read(jobxml.description(present)).sync != key:
            raise
        return JobUpdated(changed=True, xml_hash=jobxml.content_hash(present))
    present = await _read_back(jenkins, name)
    if notes.read(jobxml.description(present)).sync != key:
        # Somebody wrote after us: what runs now is theirs.
        raise Rejected("jenkins.job_changed", job=name, **_about(jenkins, name))
    return JobUpdated(changed=True, xml_hash=jobxml.content_hash(present))


async def _read_back(jenkins: Jenkins, name: str) -> str:
    """The configuration that was just written; a failure to read it says that the write may stand."""
    try:
        return await jenkins.get_config(name)
    except IntegrationError as error:
        error.unknown = True
        raise


def _require_same(jenkins: Jenkins, name: str, present: str, xml: str, note: notes.Note, seen_xml_hash: str) -> None:
    about = _about(jenkins, name)
    if not note.is_ours or not notes.read(jobxml.description(xml)).is_ours:
        raise Rejected("jenkins.job_taken", job=name, found=jenkins.http.quote(note.text), **about)
    if jobxml.content_hash(present) != seen_xml_hash:
        raise Rejected("jenkins.job_changed", job=name, **about)
    kind, wanted = jobxml.parse(present).tag, jobxml.parse(xml).tag
    if kind != wanted:
        # Jenkins would answer 500 and say nothing.
        raise Rejected("jenkins.job_other_kind", job=name, kind=kind, wanted=wanted, **about)


def _judge(jenkins: Jenkins, name: str, raw: dict[str, Any], note: str, key: str) -> JobMade:
    """Whether a job that is there is this step's, the portal's for the same thing, or somebody else's."""
    found = _note_of(raw)
    if raw.get("name") == name and found.is_ours:
        if found.key and found.key == notes.base(key):
            return JobMade(created=True, adopted=False)
        if found.text in ("", notes.Note(note).as_text()):
            return JobMade(created=False, adopted=True)
    raise Rejected("jenkins.job_taken", job=str(raw.get("name")), found=_what(jenkins, raw), **_about(jenkins, name))


def _what(jenkins: Jenkins, raw: dict[str, Any]) -> str:
    """What a foreign job is: its kind and the beginning of its description."""
    described = jenkins.http.quote(str(raw.get("description") or "")[:500])
    return f"{_kind(raw)}: {described}" if described else _kind(raw)


def _note_of(raw: dict[str, Any]) -> notes.Note:
    return notes.read(str(raw.get("description") or ""))


def _kind(raw: dict[str, Any]) -> str:
    return str(raw.get("_class") or "").rpartition(".")[2]


def _found(raw: dict[str, Any]) -> JobFound:
    note, last = _note_of(raw), raw.get("lastBuild") or {}
    return JobFound(
        name=str(raw["name"]),
        kind=_kind(raw),
        is_folder=_kind(raw) in FOLDERS,
        disabled=raw.get("disabled") is True or str(raw.get("color") or "").startswith("disabled"),
        text=note.text,
        template=note.template,
        fingerprint=note.fingerprint,
        parameters=parse.parameter_names(raw),
        last_build=int(last["number"]) if "number" in last else None,
        last_build_ms=int(last["timestamp"]) if "timestamp" in last else None,
    )


def _about(jenkins: Jenkins, name: str) -> dict[str, Any]:
    return jenkins.http.about(f"job {name}")
