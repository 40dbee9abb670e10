"""Chapter one: who am I, from a commit to an image in test, with the build's log on the way.

Asserted on GitLab's and Jenkins' journals, on the registry and on the test cluster.
"""

from __future__ import annotations

import uuid

from tests.smoke.cast import REPOSITORY, ROLES, SECONDS, SLUG, Cast, Json, body, follow, refused, succeeded
from tests.smoke.report import Difference, holds, same, step, until

REF = "main"


def tell(cast: Cast) -> None:
    """The chapter."""
    _who_am_i(cast)
    _refs(cast)
    _preview(cast)
    _refusals(cast)
    _file(cast)
    _log(cast)
    _arrive(cast)
    _outside(cast)


def _who_am_i(cast: Cast) -> None:
    for role in ROLES:
        with step(f"{role} signs in and is himself"):
            me = cast[role].get("me")
            same("The user name", me["username"], role)
            same("The right to administer", me["is_instance_admin"], role == "admin")


def _refs(cast: Cast) -> None:
    with step("developer searches refs in GitLab") as line:
        found = cast["developer"].get(f"projects/{SLUG}/refs", search=REF)
        same("The default branch", found["default_branch"], REF)
        branches = [ref for ref in found["results"] if (ref["kind"], ref["name"]) == ("branch", REF)]
        same("The number of branches of that name", len(branches), 1)
        line.note(f"{REF} is {branches[0]['commit'][:8]}")


def _preview(cast: Cast) -> None:
    with step("developer previews a release to test, nothing happens") as line:
        found = cast["developer"].post("tickets/preview", body("release", "test", ref=REF))
        same("Whether it can be filed", found["can_file"], True)
        same("The clusters it would change", [change["cluster"] for change in found["changes"]], ["test-1"])
        same("Tags made in GitLab", cast.outside.gitlab.accepted("tag.create"), [])
        line.note(f"{found['changes'][0]['before']} → {found['changes'][0]['after']}")


def _refusals(cast: Cast) -> None:
    developer = cast["developer"]
    with step("an unknown ref, and a release straight to production, are refused"):
        refused(
            developer.call("POST", "tickets/", body("release", "test", ref="no-such-branch")),
            400,
            "release.ref_missing",
        )
        refused(developer.call("POST", "tickets/", body("release", "production", ref=REF)), 403, "policy.needs_role")
        same("Tags made in GitLab", cast.outside.gitlab.accepted("tag.create"), [])


def _file(cast: Cast) -> None:
    with step("developer files the release twice with one Idempotency-Key") as line:
        key = {"Idempotency-Key": str(uuid.uuid4())}
        asked = body("release", "test", ref=REF)
        first = cast["developer"].call("POST", "tickets/", asked, headers=key).expect(201)
        again = cast["developer"].call("POST", "tickets/", asked, headers=key).expect(200)
        same("The ticket of the second call", again["id"], first["id"])
        other = cast["developer"].call("POST", "tickets/", {**asked, "note": "another"}, headers=key)
        refused(other, 409, "ticket.idempotency_mismatch")
        cast.tickets["release"] = first["id"]
        line.note(f"ticket #{first['id']}")


def _log(cast: Cast) -> None:
    """The log is read while it grows: offsets go on, nothing is read twice."""
    ticket = cast.tickets["release"]
    developer = cast["developer"]
    with step("the build's log grows in the portal") as line:

        def builds() -> list[Json]:
            card = developer.get(f"tickets/{ticket}/")
            holds(
                card["status"] not in ("failed", "errored"),
                f"Ticket #{ticket} ended {card['status']}: {card['reason']}.",
            )
            found: list[Json] = card["builds"]
            return found

        build = until(builds, bool, SECONDS, f"a build of ticket #{ticket}")[0]
        text, offset, pieces = "", 0, 0

        def read() -> bool:
            nonlocal text, offset, pieces
            page = developer.get(f"builds/{build['id']}/log", offset=offset)
            same("The offset of a piece of the log", page["offset"], offset)
            if page["text"]:
                text, offset, pieces = text + page["text"], page["next_offset"], pieces + 1
            return bool(page["complete"]) and offset >= page["size"]

        until(read, bool, SECONDS, "the end of the build's log")
        holds("::opsportal stage=" in text, "The log has no stage mark.")
        holds("Finished: SUCCESS" in text, f"The log does not end well: {text[-300:]!r}.")
        holds(pieces >= 2, "The whole log came in one piece: it did not grow.")
        line.note(f"{len(text.splitlines())} lines in {pieces} pieces")


def _arrive(cast: Cast) -> None:
    ticket = cast.tickets["release"]
    with step("the release arrives in test") as line:
        card = follow(cast["developer"], ticket)
        succeeded(cast["developer"], card)
        cast.release = card["release"]
        holds(cast.release["digest"].startswith("sha256:"), "The release has no digest.")
        line.note(f"{cast.release['tag']} {cast.release['digest'][:19]}")


def _outside(cast: Cast) -> None:
    tag, outside = cast.release["tag"], cast.outside
    with step("GitLab made exactly one tag, on the commit of the filing"):
        tags = outside.gitlab.accepted("tag.create", f"{REPOSITORY}@{tag}")
        same("The commits that got the tag", [entry["detail"]["commit"] for entry in tags], [cast.release["commit"]])
    with step("Jenkins ran exactly one build, with the step's key"):
        same("The keys of started builds", [entry["detail"]["key"] for entry in _builds(cast)], [_build_key(cast)])
    with step("the registry's digest of the tag is the release's"):
        same("The digest of the tag", outside.digest_of(REPOSITORY, tag), cast.release["digest"])
    with step("test runs that digest on every replica after one patch") as line:
        cluster = outside.clusters["test-1"]
        replicas = cluster.assert_runs("test", SLUG, cast.image)
        same("The images patched in test", cluster.patched_images("test", SLUG), [cast.image])
        line.note(f"{replicas} replicas")


def _builds(cast: Cast) -> list[Json]:
    return cast.outside.jenkins.accepted("build.start", SLUG)


def _build_key(cast: Cast) -> str:
    steps = cast["developer"].get(f"tickets/{cast.tickets['release']}/steps/", limit=200)["results"]
    keys = [one["key"] for one in steps if one["name"] == "start_build"]
    if len(keys) != 1:
        raise Difference(f"The release has {len(keys)} steps start_build.")
    return str(keys[0])


def still_built_once(cast: Cast) -> None:
    """Later chapters bring the same image: no further tag, no further build."""
    same(
        "The number of tags of the story",
        len(cast.outside.gitlab.accepted("tag.create", f"{REPOSITORY}@{cast.release['tag']}")),
        1,
    )
    same("The number of builds of the story", len(_builds(cast)), 1)
