"""Chapter three: production rolls back to the last known good, is reviewed afterwards, and the trail tells it all.

Asserted on the clusters; the audit trail's chain is checked by the portal's own command on the demo's database.
"""

from __future__ import annotations

import os
import subprocess
import sys
from functools import partial
from pathlib import Path

from tests.smoke import building
from tests.smoke.cast import DATA_CENTRES, SLUG, Cast, Json, body, environment, follow, refused, succeeded
from tests.smoke.promoting import PRODUCTION
from tests.smoke.report import Difference, holds, same, step, until

CHECKOUT = Path(__file__).resolve().parents[2]
REASON = "smoke: back to the version before"
SEAL_SECONDS = 20


def tell(cast: Cast) -> None:
    """The chapter."""
    _who_may_not(cast)
    _roll_back(cast)
    _outside(cast)
    _review(cast)
    _trail(cast)
    _chain(cast)


def _who_may_not(cast: Cast) -> None:
    with step("developer may not roll back production"):
        answer = cast["developer"].call("POST", "tickets/", body("roll_back", PRODUCTION, reason=REASON))
        refused(answer, 403, "policy.needs_role")


def _roll_back(cast: Cast) -> None:
    with step("ops rolls production back to the last known good, at once") as line:
        card = cast["ops"].call("POST", "tickets/", body("roll_back", PRODUCTION, reason=REASON)).expect(201)
        same("The approvals it needs", card["approvals_needed"], 0)
        same("Whether it is reviewed afterwards", card["requires_review"], True)
        before = cast.before["dc1"].partition("@")[2]
        same("The digest it goes back to", card["release"]["digest"], before)
        cast.tickets["roll_back"] = card["id"]
        succeeded(cast["ops"], follow(cast["ops"], card["id"]))
        line.note(f"ticket #{card['id']} to {card['release']['tag'] or before[:19]}")


def _outside(cast: Cast) -> None:
    for name in DATA_CENTRES:
        with step(f"{name} runs the earlier version again after one more patch") as line:
            cluster = cast.outside.clusters[name]
            line.note(f"{cluster.assert_runs(PRODUCTION, SLUG, cast.before[name])} replicas")
            patched = cluster.patched_images(PRODUCTION, SLUG)
            same(f"The images patched in {name}", patched, [cast.image, cast.before[name]])
    with step("test still runs the new version, nothing was built again"):
        cast.outside.clusters["test-1"].assert_runs("test", SLUG, cast.image)
        building.still_built_once(cast)


def _review(cast: Cast) -> None:
    path = f"tickets/{cast.tickets['roll_back']}/reviews/"
    with step("ops2 reviews the roll back; ops may not review his own"):
        given = {"outcome": "accepted", "comment": "smoke: seen"}
        refused(cast["ops"].call("POST", path, given), 403, "policy.not_requester")
        cast["ops2"].call("POST", path, given).expect(201)
        refused(cast["ops2"].call("POST", path, given), 409, "review.given_already")


def _trail(cast: Cast) -> None:
    promote, back = str(cast.tickets["promote"]), str(cast.tickets["roll_back"])
    expected = {
        ("ticket.filed", "done", "developer", promote),
        ("ticket.approve", "refused", "developer", promote),
        ("ticket.approved", "done", "ops", promote),
        ("ticket.filed", "done", "ops", back),
        ("ticket.reviewed", "done", "ops2", back),
    }
    with step("the audit trail has every deed and refusal, sealed") as line:
        for ticket in (promote, back):
            wanted = {one for one in expected if one[3] == ticket}
            rows = until(partial(_rows, cast, ticket), _is_sealed, SEAL_SECONDS, "the seal of audit rows")
            found = {(row["action"], row["outcome"], row["actor_name"], row["target_id"]) for row in rows}
            holds(wanted <= found, f"The audit trail of ticket #{ticket} lacks {sorted(wanted - found)}.")
        verdicts = cast["owner"].get("audit/", action="release.verdict_passed", target_id=str(cast.release["id"]))
        same("The verdicts in the trail", [row["actor_name"] for row in verdicts["results"]], ["tester"])
        line.note(f"{len(expected) + 1} of them looked for")


def _rows(cast: Cast, ticket: str) -> list[Json]:
    return list(cast["owner"].listed("audit/", target_type="tickets.ticket", target_id=ticket))


def _is_sealed(rows: list[Json]) -> bool:
    return bool(rows) and all(row["seq"] is not None for row in rows)


def _chain(cast: Cast) -> None:
    with step("verify_audit finds the chain intact") as line:
        done = subprocess.run(
            [sys.executable, "manage.py", "verify_audit"],
            cwd=CHECKOUT,
            env={**os.environ, **environment(cast.data)},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        if done.returncode != 0:
            raise Difference(f"verify_audit ended with {done.returncode}: {done.stderr.strip()[-400:]}")
        line.note(done.stdout.strip().partition(", head")[0])
