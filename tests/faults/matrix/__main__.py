"""The crash matrix as a command.

    python -m tests.faults.matrix                       # a sample of at most six minutes, by a printed seed
    python -m tests.faults.matrix --full --shard 1/2    # every cell, or a share of them; goes on where it stopped

Status 0 only when every cell of the run passed, and with --full when every cell there is has a passed line.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.matrix.cells import Cell, MatrixError, all_cells, leave_out, part, read_exclusions, sample, shard
from tests.faults.matrix.results import Results, table, write_into

RESULTS = Path(".faults") / "matrix.jsonl"
SAMPLE_SECONDS = 330.0  # from the first line of this program on
COVER_SECONDS = 300.0  # so much longer on a slow machine, until every step, fault and point was there
Helper = subprocess.Popen[bytes]
START = time.monotonic()


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """What was asked for; the environment variables FULL, SEED and SHARD are for `make`."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults.matrix", description=__doc__)
    parser.add_argument("--full", action="store_true", default=os.environ.get("FULL", "") not in ("", "0"))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("SEED") or random.randrange(1_000_000)))
    parser.add_argument("--shard", default=os.environ.get("SHARD") or "1/1")
    parser.add_argument("--jobs", type=int, default=2, help="with --full: so many processes, each with its own servers")
    parser.add_argument("--seconds", type=float, default=None, help="begin no cell later; the rest is for the next run")
    parser.add_argument("--only", default="", help="cells whose name has this in it, e.g. release/start_build//")
    parser.add_argument("--again", action="store_true", help="also those that have passed")
    parser.add_argument("--any-tree", action="store_true", help="lines of other states of the tree count too")
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--document", type=Path, default=None, help="write the table there once no cell is missing")
    parser.add_argument("--keep", action="store_true", help="keep the servers' folder with the workers' log")
    parser.add_argument("--helper", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def main() -> int:
    """Exit status."""
    asked = arguments()
    # A stand-in told to hang up says that it was hung up.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = Path(tempfile.mkdtemp(prefix="matrix-", dir="/tmp"))
    folder.chmod(0o711)
    helpers = _start_helpers(asked)
    try:
        return _on_servers(asked, folder, helpers)
    except MatrixError as error:
        print(f"The matrix is not in order: {error}")
        return 2
    finally:
        for helper in helpers:
            helper.terminate()
            helper.wait()
        if asked.keep:
            print(f"Kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _start_helpers(asked: argparse.Namespace) -> list[Helper]:
    """The other processes of a full run: each plays its part of our shard, into the same file."""
    if not asked.full:
        return []
    own = [arg for arg in sys.argv[1:] if arg != "--full"]
    command = [sys.executable, "-m", "tests.faults.matrix", *own, "--full", "--jobs=1", "--helper"]
    parts = [part(asked.shard, number, asked.jobs) for number in range(2, asked.jobs + 1)]
    helpers = [subprocess.Popen([*command, f"--shard={one}", f"--seed={asked.seed}"]) for one in parts]
    asked.whole, asked.shard = asked.shard, part(asked.shard, 1, asked.jobs)
    return helpers


def _on_servers(asked: argparse.Namespace, folder: Path, helpers: list[Helper]) -> int:
    from tests.faults.matrix.ground import servers

    with servers(folder) as ours, (folder / "workers.log").open("wb") as log:
        import django

        django.setup()
        from tests.faults.matrix.ground import ground
        from tests.faults.matrix.scenes import Stage

        with ground(folder, ours, log) as made:
            stage = Stage(made)
            cells = all_cells(stage.prepare())
            return _run(asked, stage, cells, helpers)


def _run(asked: argparse.Namespace, stage: Any, every: list[Cell], helpers: list[Helper]) -> int:
    cells = leave_out(every, read_exclusions())
    left_out = len(every) - len(cells)
    print(f"{len(every)} cells, {left_out} left out; ready after {time.monotonic() - START:.0f} s.")
    results = Results(asked.results, any_tree=asked.any_tree)
    if asked.full:
        _play_shard(asked, stage, cells, results)
        for helper in helpers:
            helper.wait()
        if asked.helper:
            return 0
        return _told_in_full(asked, cells, left_out, results)
    return _sampled(asked, stage, cells, left_out, results)


def _play_shard(asked: argparse.Namespace, stage: Any, cells: list[Cell], results: Results) -> None:
    known = results.read()
    mine = [c for c in shard(cells, asked.shard) if asked.only in c.name]
    todo = [c for c in mine if asked.again or not known.get(c, {}).get("passed")]
    print(f"Shard {asked.shard}: {len(mine)} cells, {len(mine) - len(todo)} have passed already.")
    widest_net_first, _ = sample(todo, asked.seed)
    red_before = sorted(widest_net_first, key=lambda cell: cell not in known)
    _play_all(stage, red_before, results, asked.seconds or float("inf"))


def _told_in_full(asked: argparse.Namespace, cells: list[Cell], left_out: int, results: Results) -> int:
    """The table of all lines there are; every cell of the shard that was asked for has to be among them, and green."""
    known = results.read()
    mine = [c for c in shard(cells, asked.whole) if asked.only in c.name]
    found = {cell: known[cell] for cell in cells if cell in known}
    text = table(found.values(), left_out)
    print(text)
    missing = [c for c in mine if c not in found]
    red = [c for c in mine if c in found and not found[c]["passed"]]
    _tell(red, found, missing)
    if asked.document is not None and set(found) == set(cells):
        write_into(asked.document, f"Measured at commit {results.commit}.\n\n{text}")
    return 1 if red or missing else 0


def _sampled(asked: argparse.Namespace, stage: Any, cells: list[Cell], left_out: int, results: Results) -> int:
    print(f"SEED={asked.seed}")
    order, cover = sample([c for c in cells if asked.only in c.name], asked.seed)
    limit = asked.seconds or SAMPLE_SECONDS
    found = _play_all(stage, order[:cover], results, limit + COVER_SECONDS)
    found |= _play_all(stage, order[cover:], results, limit)
    red = [c for c in found if not found[c]["passed"]]
    if red and os.environ.get("CI"):  # as with tests there: red twice is red, and red once is told
        found |= _play_all(stage, red, results, float("inf"))
        red = [c for c in red if not found[c]["passed"]]
    print(table(found.values(), left_out))
    missing = [c for c in order[:cover] if c not in found]
    _tell(red, found, missing)
    print(
        f"{len(found)} cells of {len(cells)} in {time.monotonic() - START:.0f} s; again: make test-faults SEED={asked.seed}"
    )
    return 1 if red or missing else 0


def _play_all(stage: Any, cells: Sequence[Cell], results: Results, seconds: float) -> dict[Cell, dict[str, Any]]:
    from tests.faults.matrix.play import play

    found = {}
    for cell in cells:
        if time.monotonic() - START > seconds:
            break
        line = play(stage, cell)
        results.add(line)
        found[cell] = line
        mark = "ok " if line["passed"] else "RED"
        print(f"{mark} {line['seconds']:5.1f} s {cell.name} {line['end']} {line['why']}", flush=True)
    return found


def _tell(red: Sequence[Cell], found: dict[Cell, dict[str, Any]], missing: Sequence[Cell]) -> None:
    for cell in red:
        print(f"RED {cell.name}: {found[cell]['why']}")
    if missing:
        print(f"{len(missing)} cells have no line yet, for example {missing[0].name}.")


if __name__ == "__main__":
    sys.exit(main())
