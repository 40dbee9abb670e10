"""Chapter two: the tester's verdict, the refusals, the approval of exactly one change, and two data centres.

Asserted on the clusters and their journals; a refusal has to leave them untouched.
"""

from __future__ import annotations

from tests.smoke import building
from tests.smoke.cast import DATA_CENTRES, SLUG, Cast, Json, body, follow, refused, stranger, succeeded
from tests.smoke.report import Difference, holds, same, step

PRODUCTION = "production"


def tell(cast: Cast) -> None:
    """The chapter."""
    _remember(cast)
    _verdict(cast)
    _preview(cast)
    _unknown_versions(cast)
    _own_request(cast)
    _wrong_approvals(cast)
    _stranger(cast)
    _approve(cast)
    _arrive(cast)
    _outside(cast)


def _remember(cast: Cast) -> None:
    with step("production runs one version before the story") as line:
        seen = {name: cast.outside.clusters[name].running(PRODUCTION, SLUG) for name in DATA_CENTRES}
        cast.before = {name: found.image for name, found in seen.items()}
        same("The number of versions in production", len({found.digest for found in seen.values()}), 1)
        line.note(cast.before["dc1"].rpartition("/")[2])


def _verdict(cast: Cast) -> None:
    path = f"releases/{cast.release['id']}/verdicts/"
    given = {"environment": "test", "outcome": "passed", "comment": "smoke: works"}
    with step("developer may not give a verdict; tester does"):
        refused(cast["developer"].call("POST", path, given), 403, "policy.needs_role")
        promote = cast["developer"].post("tickets/preview", body("promote", PRODUCTION, release=cast.release["tag"]))
        same("The state of the gate before it", _gate(promote, "tested"), "missing")
        cast["tester"].call("POST", path, given).expect(201)


def _gate(found: Json, name: str) -> str:
    return next((str(gate["state"]) for gate in found["gates"] if gate["name"] == name), "absent")


def _preview(cast: Cast) -> None:
    with step("developer previews the promote: both data centres, who may decide"):
        found = cast["developer"].post("tickets/preview", body("promote", PRODUCTION, release=cast.release["tag"]))
        same("Whether it can be filed", found["can_file"], True)
        same("The state of the gate", _gate(found, "tested"), "met")
        same("Where it would begin", found["first_status"], "pending_approval")
        changes = [(change["cluster"], change["before"], change["after"]) for change in found["changes"]]
        same("The changes", changes, [(name, cast.before[name], cast.image) for name in DATA_CENTRES])
        same("Who may decide", {person["username"] for person in found["who_may_decide"]}, {"ops", "ops2"})


def _unknown_versions(cast: Cast) -> None:
    with step("latest and a tag nobody built are refused"):
        for tag in ("latest", "20200101-000000-u1"):
            answer = cast["developer"].call("POST", "tickets/", body("promote", PRODUCTION, release=tag))
            refused(answer, 400, "release.unknown")
        _untouched(cast)


def _own_request(cast: Cast) -> None:
    with step("ops files the promote and may not approve it himself") as line:
        card = (
            cast["ops"].call("POST", "tickets/", body("promote", PRODUCTION, release=cast.release["tag"])).expect(201)
        )
        same("The status", card["status"], "pending_approval")
        decision = {"decision": "approve", "fingerprint": card["fingerprint"]}
        refused(cast["ops"].call("POST", f"tickets/{card['id']}/approvals/", decision), 403, "policy.not_requester")
        cast.tickets["own"] = card["id"]
        line.note(f"ticket #{card['id']}")


def _wrong_approvals(cast: Cast) -> None:
    with step("developer files it anew, which retires the older; neither he nor a wrong fingerprint approves") as line:
        asked = body("promote", PRODUCTION, release=cast.release["tag"])
        card = cast["developer"].call("POST", "tickets/", asked).expect(201)
        older = cast["developer"].get(f"tickets/{cast.tickets['own']}/")
        same("The status of the older promote", (older["status"], older["superseded_by"]), ("superseded", card["id"]))
        path, decision = f"tickets/{card['id']}/approvals/", {"decision": "approve", "fingerprint": card["fingerprint"]}
        answer = cast["developer"].call("POST", path, decision)
        same("The status of the developer's approval", answer.status, 403)
        refused(cast["tester"].call("POST", path, decision), 403, "policy.needs_role")
        refused(cast["admin"].call("POST", path, decision), 403, "policy.needs_role")
        refused(cast["ops"].call("POST", path, {**decision, "fingerprint": "0" * 64}), 409, "approval.changed")
        same("The approvals it has", cast["ops"].get(path)["results"], [])
        _untouched(cast)
        cast.tickets["promote"] = card["id"]
        line.note(f"ticket #{card['id']}")


def _stranger(cast: Cast) -> None:
    with step("a stranger sees nothing: 404 and empty lists"):
        nobody = stranger(cast)
        for path in (
            f"tickets/{cast.tickets['promote']}/",
            f"tickets/{cast.tickets['promote']}/steps/",
            f"projects/{SLUG}/",
            f"releases/{cast.release['id']}/",
        ):
            refused(nobody.call("GET", path), 404, "not_found")
        decision = {"decision": "approve", "fingerprint": "0" * 64}
        refused(nobody.call("POST", f"tickets/{cast.tickets['promote']}/approvals/", decision), 404, "not_found")
        refused(nobody.call("POST", "tickets/", body("release", "test", ref="main")), 404, "not_found")
        for path in ("tickets/", "projects/"):
            same(f"The stranger's {path}", nobody.get(path)["results"], [])
        _untouched(cast)


def _approve(cast: Cast) -> None:
    ticket = cast.tickets["promote"]
    with step("ops reads the card and approves its fingerprint") as line:
        card = cast["ops"].get(f"tickets/{ticket}/")
        same("The right to approve", card["rights"]["approve"]["allowed"], True)
        decision = {"decision": "approve", "comment": "smoke", "fingerprint": card["fingerprint"]}
        cast["ops"].call("POST", f"tickets/{ticket}/approvals/", decision).expect(201)
        line.note(card["fingerprint_short"])


def _arrive(cast: Cast) -> None:
    """Both data centres are watched: the second must not begin before the first has arrived."""
    seen: list[tuple[str, str]] = []

    def watch(card: Json) -> None:
        results = {rollout["cluster"]: rollout["result"] for rollout in card["rollouts"]}
        state = (results.get("dc1", "-"), results.get("dc2", "-"))
        if state not in seen:
            seen.append(state)
        if state[1] != "-" and state[0] != "succeeded":
            raise Difference(f"dc2 was begun while dc1 was {state[0]}.")

    with step("the promote reaches dc1, then dc2") as line:
        card = follow(cast["ops"], cast.tickets["promote"], watch)
        succeeded(cast["ops"], card)
        line.note(" · ".join("/".join(state) for state in seen))


def _outside(cast: Cast) -> None:
    for name in DATA_CENTRES:
        with step(f"{name} runs the tested digest on every replica after exactly one patch") as line:
            cluster = cast.outside.clusters[name]
            line.note(f"{cluster.assert_runs(PRODUCTION, SLUG, cast.image)} replicas")
            same(f"The images patched in {name}", cluster.patched_images(PRODUCTION, SLUG), [cast.image])
    with step("dc2 was patched after dc1, and nothing was built again"):
        first, second = (cast.outside.clusters[name].image_patches(PRODUCTION, SLUG)[0] for name in DATA_CENTRES)
        holds(second["at"] > first["at"], "dc2 was patched before dc1.")
        building.still_built_once(cast)


def _untouched(cast: Cast) -> None:
    for name in DATA_CENTRES:
        same(f"The images patched in {name}", cast.outside.clusters[name].patched_images(PRODUCTION, SLUG), [])
