"""Jenkins as the portal needs it: jobs from templates, builds found again by key, one read for all builds.

Must not: put parameters into a URL, follow Jenkins' redirects, or start a build twice for one call.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import Mapping, Sequence
from typing import Any

from apps.common.errors import IntegrationError, NotFound, Rejected
from apps.integrations.answers import Answer, segment
from apps.integrations.checklist import Check, Checklist, Tell, resolve, tell_nobody
from apps.integrations.http import MIB, Http
from apps.integrations.jenkins import jobxml, notes, parse
from apps.integrations.jenkins.types import KEY_PARAMETER, BuildRef, JobState, LogPart, QueueItem, Snapshot

XML = {"Content-Type": "text/xml; charset=utf-8"}  # without the charset Jenkins reads ISO-8859-1
RECHECK_SECONDS = 2.0
LOG_BOUND = 16 * MIB
LIST_BODY = 64 * MIB
LOOKED_BACK = 100
REDIRECTS = (302, 303)


class Jenkins:
    """One controller. Reads may be repeated at will; each write names its key."""

    def __init__(
        self,
        url: str,
        username: str,
        token: str,
        *,
        name: str = "jenkins",
        ca_pem: str = "",
        timeout: float = 10.0,
        allow_loopback: bool = False,
        recheck_seconds: float = RECHECK_SECONDS,
    ) -> None:
        basic = b64encode(f"{username}:{token}".encode()).decode()
        self._recheck_seconds = recheck_seconds
        self.http = Http(
            url,
            system="Jenkins",
            name=name,
            headers={"Authorization": f"Basic {basic}"},
            ca_pem=ca_pem,
            timeout=timeout,
            allow_loopback=allow_loopback,
            secrets=[token, basic],
            explain=self._explain,
        )

    # -- jobs ---------------------------------------------------------------------------------------------
    async def ensure_job(self, name: str, config_xml: str, required: Sequence[str]) -> JobState:
        """Have a job that is the portal's own tool as this configuration, able to build. Key: the job's name.

        Not for a project's job, which `provisioning.ready_job` has. May be repeated: a job that is there is configured
        anew only if its description shows another template content than this one, or our key is not its first parameter.
        """
        config_xml = jobxml.key_first(config_xml)
        raw = await self.find_job(name)
        created = raw is None and await self.create(name, config_xml)
        changed = False
        if raw is not None and not _follows(raw, config_xml):
            await self.write_config(name, jobxml.with_notes_of(config_xml, str(raw.get("description") or "")))
            changed = True
        if created or changed or raw is None:
            raw = await self.find_job(name)
        await self.require_buildable(name, raw, required)
        return JobState(created, changed)

    async def config_from_template(
        self, template: str, note: str = "", key: str = "", *, version: int | None = None
    ) -> str:
        """The config.xml of a job made from the template job. NotFound `jenkins.template_missing`. Read: repeatable."""
        try:
            source = await self.get_config(template)
        except NotFound as error:
            raise NotFound("jenkins.template_missing", template=template, **self._about(error)) from None
        return jobxml.job_from_template(source, template=template, note=note, key=key, version=version)

    async def get_config(self, name: str) -> str:
        """A job's config.xml as Jenkins stores it. NotFound `jenkins.job_missing`. Read: repeatable."""
        path = f"/job/{segment(name)}/config.xml"
        answer = await self.call("GET", path, f"configuration of {name}", allow=(404,))
        if answer.status == 404:
            raise NotFound("jenkins.job_missing", job=name, **answer.about)
        return answer.text()

    # -- builds -------------------------------------------------------------------------------------------
    async def start_build(self, job: str, params: Mapping[str, str]) -> QueueItem:
        """Queue one build. Key: the parameter OPSPORTAL_KEY in `params`.

        Never to be repeated after an unknown outcome: look for the key with `find_by_key` first. Equal parameters
        that still wait are folded into the item that is there already (`folded`).
        """
        answer = await self.call(
            "POST",
            f"/job/{segment(job)}/buildWithParameters?delay=0sec",
            f"build of {job}",
            form=params,
            allow=(201, 303, 400, 404, 409),
        )
        if answer.status == 404:
            raise NotFound("jenkins.job_missing", job=job, **answer.about)
        if answer.status == 409:
            raise Rejected("jenkins.not_buildable", job=job, **answer.about)
        if answer.status == 400:
            raise Rejected("jenkins.parameter_undefined", job=job, parameter=KEY_PARAMETER, **answer.about)
        number = parse.queue_id(answer)
        if number is None:
            # Accepted, but nothing tells which item it became: the key does.
            raise Rejected("outside.bad_answer", retryable=True, unknown=True, **answer.about)
        return QueueItem(number, answer.status == 303, job, params.get(KEY_PARAMETER, ""))

    async def find_by_key(self, job: str, key: str) -> BuildRef | QueueItem | None:
        """The build or queue item that carries `key`; None when neither has it now. Read: repeatable.

        The queue is read before the builds, so that an item which starts in between is not missed. The newest 100
        builds of the job are looked at.
        """
        queue = await self._queue()
        path = f"/job/{segment(job)}/api/json?tree=builds[{parse.build_filter()}]{{0,{LOOKED_BACK}}}"
        answer = await self.call("GET", path, f"builds of {job}", limit=LIST_BODY, allow=(404,))
        if answer.status == 404:
            raise NotFound("jenkins.job_missing", job=job, **answer.about)
        builds = answer.read(lambda raw: parse.builds(job, raw))
        # The oldest with our key: a second one is the doubled one, to be stopped by whoever sees it (D9).
        found = min((b for b in builds if b.key == key), key=lambda b: b.number, default=None)
        if found is not None:
            return found
        return next((item for item in queue if item.job == job and item.key == key), None)

    async def find_anywhere(self, key: str) -> BuildRef | QueueItem | None:
        """As `find_by_key`, among the newest builds of all jobs: a renamed job keeps its builds. Read: repeatable."""
        seen = await self.snapshot()
        found = min((b for b in seen.builds if b.key == key), key=lambda b: b.number, default=None)
        return found if found is not None else next((item for item in seen.queue if item.key == key), None)

    async def snapshot(self, *, since_ms: int = 0, per_job: int = 30) -> Snapshot:
        """Queue and the newest `per_job` builds of every job in two calls. Read: repeatable.

        Only the first parameter of each build is read: `jobxml` puts the key there. `since_ms` leaves out builds
        that started earlier and have ended.
        """
        queue = await self._queue()
        fields = parse.build_filter(first_parameter_only=True)
        path = f"/api/json?tree=jobs[name,builds[{fields}]{{0,{per_job}}}]"
        answer = await self.call("GET", path, "all builds", limit=LIST_BODY)
        builds = answer.read(
            lambda raw: [b for one in raw.get("jobs") or [] for b in parse.builds(str(one["name"]), one)]
        )
        return Snapshot(queue, [b for b in builds if b.building or b.timestamp_ms >= since_ms])

    async def get_build(self, job: str, number: int) -> BuildRef:
        """One build. NotFound `jenkins.build_missing`. Read: repeatable."""
        path = f"/job/{segment(job)}/{number}/api/json?tree={parse.build_filter()}"
        answer = await self.call("GET", path, f"{job} #{number}", allow=(404,))
        if answer.status == 404:
            raise NotFound("jenkins.build_missing", job=job, number=number, **answer.about)
        return answer.read(lambda raw: parse.build(job, raw))

    async def read_log(self, job: str, number: int, start: int) -> LogPart:
        """The log from Jenkins' offset `start` on. Read: repeatable with the same `start`.

        Jenkins sends all there is and its offsets cannot be computed from the text, so a piece is whole up to
        16 MiB and marked `cut` above.
        """
        path = f"/job/{segment(job)}/{number}/logText/progressiveText?start={start}"
        answer = await self.call("GET", path, f"log of {job} #{number}", limit=LOG_BOUND, cut=True, allow=(404,))
        if answer.status == 404:
            raise NotFound("jenkins.build_missing", job=job, number=number, **answer.about)
        return parse.log_part(answer, start, bound=LOG_BOUND)

    async def stop_build(self, job: str, number: int) -> None:
        """Ask for the build to be aborted; it ends a moment later. Key: (job, number). May be repeated."""
        path = f"/job/{segment(job)}/{number}/stop"
        answer = await self.call("POST", path, f"stop of {job} #{number}", allow=(404, *REDIRECTS))
        if answer.status == 404:
            raise NotFound("jenkins.build_missing", job=job, number=number, **answer.about)

    async def cancel_item(self, item: int) -> bool:
        """Take an item out of the queue. Key: the item's id. May be repeated.

        False: Jenkins does not have it in the queue (any more); it may have become a build.
        """
        path = f"/queue/cancelItem?id={item}"
        # A second cancel is answered 500, an unknown id 404.
        answer = await self.call("POST", path, f"queue item {item}", allow=(204, 404, 500, *REDIRECTS))
        return answer.status not in (404, 500)

    # -- connection test ----------------------------------------------------------------------------------
    async def check(self, *, tell: Tell = tell_nobody) -> list[Check]:
        """Address, credential, reading builds and queue. Read: repeatable."""
        found = Checklist(tell)
        await found.attempt("address", resolve(self.http.base, self.http.about("address")), foundation=True)
        answer = await found.attempt(
            "token", self.call("GET", "/api/json?tree=mode,quietingDown", "controller"), foundation=True
        )
        if answer is not None:
            found.note(version=answer.headers.get("X-Jenkins", ""))
            await found.attempt("accepts_builds", self._require_open(answer))
        else:
            found.skip("accepts_builds", "check.skipped_after", after="token")
        await found.attempt("queue", self._queue())
        await found.attempt("builds", self.call("GET", "/api/json?tree=jobs[name]{0,1}", "jobs"))
        return found.checks

    async def _require_open(self, answer: Answer) -> None:
        if answer.object().get("quietingDown"):
            raise Rejected("jenkins.quieting_down", retryable=True, **answer.about)

    # -- calls shared with `provisioning` -----------------------------------------------------------------
    async def create(self, name: str, config_xml: str) -> bool:
        """Make the job; False when there is one of this name. Key: the name; after an unknown outcome look it up first.

        From XML it is buildable at once, a copy is not.
        """
        path, what = f"/createItem?name={segment(name)}", f"job {name}"
        answer = await self.call("POST", path, what, data=config_xml.encode(), headers=XML, allow=(400,))
        if answer.status != 400:
            return True
        said = answer.headers.get("X-Error", "")
        if "already exists" in said:
            return False
        raise Rejected("jenkins.job_refused", job=name, said=self.http.quote(said), **answer.about)

    async def write_config(self, name: str, config_xml: str) -> None:
        """Replace the job's configuration; builds and their numbers stay. Key: the content. May be repeated."""
        path = f"/job/{segment(name)}/config.xml"
        await self.call("POST", path, f"configuration of {name}", data=config_xml.encode(), headers=XML)

    async def find_job(self, name: str) -> dict[str, object] | None:
        """What Jenkins says of the job of this name in any case, None when there is none. Read: repeatable."""
        path = f"/job/{segment(name)}/api/json?tree={parse.JOB_FILTER}"
        answer = await self.call("GET", path, f"job {name}", allow=(404,))
        return None if answer.status == 404 else answer.object()

    async def require_buildable(self, name: str, raw: dict[str, object] | None, required: Sequence[str]) -> None:
        """Whether a build of it would get these parameters; `raw` as `find_job` found it. A copy is made buildable."""
        about = self.http.about(f"job {name}")
        if raw is None:
            raise NotFound("jenkins.job_missing", job=name, **about)
        if raw.get("disabled") is True or str(raw.get("color", "")).startswith("disabled"):
            raise Rejected("jenkins.job_disabled", job=name, **about)
        if raw.get("buildable") is False:
            # A copied job stays so until Jenkins saves it; setting its description saves it.
            query = [("description", str(raw.get("description") or ""))]
            path = f"/job/{segment(name)}/description"
            await self.call("POST", path, f"job {name}", query=query, allow=REDIRECTS)
            raw = await self.find_job(name) or {}
            if raw.get("buildable") is False:
                raise Rejected("jenkins.not_buildable", job=name, **about)
        defined = parse.parameter_names(raw)
        for parameter in required:
            if parameter not in defined:
                # Jenkins would drop it without a word.
                raise Rejected("jenkins.parameter_undefined", job=name, parameter=parameter, **about)
        if KEY_PARAMETER in required and defined[0] != KEY_PARAMETER:
            raise Rejected("jenkins.key_not_first", job=name, parameter=KEY_PARAMETER, **about)

    # -- inside -------------------------------------------------------------------------------------------
    async def _queue(self) -> list[QueueItem]:
        answer = await self.call("GET", f"/queue/api/json?tree={parse.QUEUE_FILTER}", "queue", limit=LIST_BODY)
        return answer.read(parse.queue)

    async def call(self, method: str, path: str, what: str, **how: Any) -> Answer:
        """`Http.request`, and a 401 asked once more: Jenkins says so while it shuts down, with valid credentials.

        A call answered 401 was not accepted, so that writes may be sent again too.
        """
        try:
            return await self.http.request(method, path, what=what, **how)
        except Rejected as error:
            if error.code != "outside.unauthorized":
                raise
        await asyncio.sleep(self._recheck_seconds)
        return await self.http.request(method, path, what=what, **how)

    def _explain(self, answer: Answer) -> IntegrationError | None:
        """A crumb is asked of passwords only: the row holds a password where an API token belongs."""
        if answer.status == 403 and b"No valid crumb" in answer.body:
            return Rejected("jenkins.token_needed", field="token", **answer.about)
        return None

    @staticmethod
    def _about(error: IntegrationError) -> dict[str, Any]:
        return {key: str(error.params.get(key, "")) for key in ("system", "name", "what")}


def _follows(raw: dict[str, object], config_xml: str) -> bool:
    """Whether the job is of the same template content as this configuration, and a snapshot would find our key."""
    described, wanted = notes.read(str(raw.get("description") or "")), notes.read(jobxml.description(config_xml))
    same = described.mark == wanted.mark if wanted.is_ours else described == wanted
    return same and KEY_PARAMETER not in parse.parameter_names(raw)[1:]
