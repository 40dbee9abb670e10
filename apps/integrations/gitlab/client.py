"""GitLab as the portal needs it: look up projects and refs, make one annotated tag, list commits between two.

Must not: compare a tag's `target`, follow links to another host, or repeat a write whose outcome is unknown.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeVar

from apps.common.errors import IntegrationError, NotFound, Rejected
from apps.integrations.answers import Answer, segment
from apps.integrations.checklist import Check, Checklist, Tell, resolve, tell_nobody
from apps.integrations.gitlab import parse
from apps.integrations.gitlab.types import Commit, GitProject, Ref, Tag
from apps.integrations.http import MIB, Http

T = TypeVar("T")
COMPARE_LIMIT = 200
COMPARE_BODY = 32 * MIB


class GitLab:
    """One GitLab server. Reads may be repeated at will; each write names its key."""

    def __init__(
        self,
        url: str,
        token: str,
        *,
        name: str = "gitlab",
        ca_pem: str = "",
        timeout: float = 10.0,
        allow_loopback: bool = False,
    ) -> None:
        self.http = Http(
            url,
            system="GitLab",
            name=name,
            headers={"PRIVATE-TOKEN": token, "Accept": "application/json"},
            ca_pem=ca_pem,
            timeout=timeout,
            allow_loopback=allow_loopback,
            secrets=[token],
            explain=self._explain,
        )

    # -- reads --------------------------------------------------------------------------------------------
    async def get_project(self, path: str) -> GitProject:
        """The project at `group/name`. A moved one is followed on this host. Read: repeatable."""
        what = f"project {path}"
        answer = await self.http.request(
            "GET", f"/api/v4/projects/{segment(path)}", what=what, allow=(404,), follow="same_origin"
        )
        if answer.status == 404:
            raise NotFound("gitlab.project_missing", project=path, **self.http.about(what))
        return answer.read(parse.project)

    async def search_refs(self, project_id: int, search: str, limit: int = 20) -> list[Ref]:
        """Branches, then tags, whose name contains `search`, at most `limit` together. Read: repeatable."""
        branches, tags = await asyncio.gather(
            self._list_refs(project_id, "branches", search, limit, parse.branch),
            self._list_refs(project_id, "tags", search, limit, parse.tag_as_ref),
        )
        if search and all(ref.name != search for ref in branches):
            # GitLab caches the list for 30 s: a branch pushed just now is found by its own URL only.
            fresh = await self._find(project_id, f"branches/{segment(search)}", f"branch {search}", parse.branch)
            branches = ([fresh] if fresh else []) + branches
        half = branches[: max(limit - len(tags), limit // 2)]
        return half + tags[: limit - len(half)]

    async def resolve_ref(self, project_id: int, ref: str) -> Commit:
        """The commit a branch, tag or (short) sha names now. NotFound `gitlab.ref_missing`. Read: repeatable."""
        found = await self._commit(project_id, ref, f"ref {ref}")
        if found is None:
            raise NotFound("gitlab.ref_missing", ref=ref, **self.http.about(f"ref {ref}"))
        return found

    async def get_commit(self, project_id: int, sha: str) -> Commit:
        """The commit with this sha. NotFound `gitlab.commit_missing`. Read: repeatable."""
        found = await self._commit(project_id, sha, f"commit {sha}")
        if found is None:
            raise NotFound("gitlab.commit_missing", commit=sha, **self.http.about(f"commit {sha}"))
        return found

    async def find_tag(self, project_id: int, name: str) -> Tag | None:
        """The tag of this name, None when there is none. Read: repeatable."""
        return await self._find(project_id, f"tags/{segment(name)}", f"tag {name}", parse.tag)

    async def compare(self, project_id: int, from_sha: str, to_sha: str) -> list[Commit]:
        """Commits in `to_sha` and not in `from_sha`, oldest first; of more than 200 the newest. Read: repeatable."""
        what = f"compare {from_sha[:12]} {to_sha[:12]}"
        try:
            answer = await self.http.request(
                "GET",
                f"/api/v4/projects/{project_id}/repository/compare",
                query={"from": from_sha, "to": to_sha},
                what=what,
                allow=(404,),
                limit=COMPARE_BODY,
            )
        except Rejected as error:
            if error.code != "outside.too_large":
                raise
            return await self._range(project_id, from_sha, to_sha, what)
        if answer.status == 404:
            raise NotFound("gitlab.ref_missing", ref=f"{from_sha}…{to_sha}", **self.http.about(what))
        return answer.read(parse.compared)[-COMPARE_LIMIT:]

    # -- writes -------------------------------------------------------------------------------------------
    async def ensure_tag(
        self, project_id: int, name: str, commit: str, message: str, *, look_first: bool = False
    ) -> Tag:
        """Make the annotated tag, or find ours. Key: the name, with `message` carrying the ticket's key.

        May be repeated: a tag that is there is ours if commit and message match, else `gitlab.tag_taken`. A call
        without an answer is looked up here; if the tag is not (yet) there, the error says `unknown`. `look_first`: an
        earlier call may have made it, so that it is asked for only if it is not there.
        """
        if look_first:
            existing = await self.find_tag(project_id, name)
            if existing is not None:
                return replace(self._ours(existing, commit, message), was_there=True)
        try:
            answer = await self.http.request(
                "POST",
                f"/api/v4/projects/{project_id}/repository/tags",
                json_body={"tag_name": name, "ref": commit, "message": message},
                what=f"tag {name}",
                allow=(400, 409),
            )
        except IntegrationError as error:
            if not error.unknown:
                raise
            existing = await self.find_tag(project_id, name)
            if existing is None:
                raise
            return replace(self._ours(existing, commit, message), was_there=True)
        if answer.status == 201:
            return self._ours(answer.read(parse.tag), commit, message)
        said = parse.message(answer)
        code = parse.tag_refusal(said)
        if code == "gitlab.tag_taken":
            existing = await self.find_tag(project_id, name)
            if existing is not None:
                return replace(self._ours(existing, commit, message), was_there=True)
        about = self.http.about(f"tag {name}")
        raise Rejected(code, tag=name, commit=commit, said=self.http.quote(said), **about)

    async def create_commit(
        self, project_id: int, branch: str, message: str, actions: list[dict[str, str]], *, start_branch: str = ""
    ) -> Commit:
        """A commit of file actions on a branch. No key: never repeated by the portal; for demo and smoke only."""
        body: dict[str, Any] = {"branch": branch, "commit_message": message, "actions": actions}
        if start_branch:
            body["start_branch"] = start_branch
        path = f"/api/v4/projects/{project_id}/repository/commits"
        return (await self.http.request("POST", path, json_body=body, what=f"commit on {branch}")).read(parse.commit)

    # -- connection test ----------------------------------------------------------------------------------
    async def check(self, *, tell: Tell = tell_nobody) -> list[Check]:
        """Address, token, and that the token's scopes allow tags. Read: repeatable."""
        found = Checklist(tell)
        await found.attempt("address", resolve(self.http.base, self.http.about("address")), foundation=True)
        user = await found.attempt("token", self._get("/api/v4/user", "current user"), foundation=True)
        if user is not None:
            found.note(user=str(user.get("username", "")))
        version = await found.attempt("version", self._get("/api/v4/version", "version"))
        if version is not None:
            found.note(version=str(version.get("version", "")))
        if user is None:
            found.skip("scope", "check.skipped_after", after="token")
        else:
            await self._check_scope(found)
        return found.checks

    async def _check_scope(self, found: Checklist) -> None:
        """Tokens of another kind than personal, group or project cannot describe themselves: then it is skipped."""
        path = "/api/v4/personal_access_tokens/self"
        answer = await self.http.request("GET", path, what="token scopes", allow=(400, 401, 403, 404))
        if answer.status != 200:
            found.skip("scope", "gitlab.scope_unknown")
            return
        scopes = [str(scope) for scope in answer.object().get("scopes") or []]
        await found.attempt("scope", self._require_api(scopes))

    async def _require_api(self, scopes: list[str]) -> None:
        if "api" not in scopes:
            raise Rejected("gitlab.scope_missing", scope="api", field="token", **self.http.about("token scopes"))

    # -- inside -------------------------------------------------------------------------------------------
    def _ours(self, tag: Tag, commit: str, message: str) -> Tag:
        if tag.commit == commit and tag.message.strip() == message.strip():
            return tag
        about = self.http.about(f"tag {tag.name}")
        raise Rejected("gitlab.tag_taken", tag=tag.name, commit=tag.commit, said="", **about)

    async def _get(self, path: str, what: str) -> dict[str, Any]:
        return (await self.http.request("GET", path, what=what)).object()

    async def _commit(self, project_id: int, ref: str, what: str) -> Commit | None:
        return await self._find(project_id, f"commits/{segment(ref)}", what, parse.commit) if ref.strip() else None

    async def _find(self, project_id: int, path: str, what: str, convert: Callable[[Any], T]) -> T | None:
        """A thing of a repository, None on 404, unless it is the project that is missing."""
        url = f"/api/v4/projects/{project_id}/repository/{path}"
        answer = await self.http.request("GET", url, what=what, allow=(404,))
        if answer.status != 404:
            return answer.read(convert)
        if "project" in parse.message(answer).lower():
            raise NotFound("gitlab.project_missing", project=str(project_id), **self.http.about(what))
        return None

    async def _list_refs(
        self,
        project_id: int,
        kind: Literal["branches", "tags"],
        search: str,
        limit: int,
        convert: Callable[[Any], Ref],
    ) -> list[Ref]:
        query = {"per_page": str(min(max(limit, 1), 100))}
        if kind == "branches":
            query["sort"] = "updated_desc"
        if search:
            query["search"] = search
        path = f"/api/v4/projects/{project_id}/repository/{kind}"
        answer = await self.http.request("GET", path, query=query, what=f"{kind} like {search}" if search else kind)
        return answer.read(lambda rows: [convert(row) for row in rows])

    async def _range(self, project_id: int, from_sha: str, to_sha: str, what: str) -> list[Commit]:
        """`compare` without its diffs, which can be larger than anything worth reading."""
        found: list[Commit] = []
        path = f"/api/v4/projects/{project_id}/repository/commits"
        for page in range(1, COMPARE_LIMIT // 100 + 1):
            query = {"ref_name": f"{from_sha}..{to_sha}", "per_page": "100", "page": str(page)}
            answer = await self.http.request("GET", path, query=query, what=what)
            part = answer.read(parse.commits)
            found += part
            if len(part) < 100:
                break
        return found[::-1]

    def _explain(self, answer: Answer) -> IntegrationError | None:
        """Scopes too small are a 403 with `insufficient_scope`; a role too small is a plain 403."""
        if answer.status != 403:
            return None
        try:
            raw = json.loads(answer.body)
        except ValueError:
            return None
        if isinstance(raw, dict) and raw.get("error") == "insufficient_scope":
            return Rejected("gitlab.scope_missing", scope=str(raw.get("scope", "")), field="token", **answer.about)
        return None
