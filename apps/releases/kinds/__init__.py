"""The ticket kinds release, promote and roll_back, one declaration each (D14–D18), found by `tickets` at start.

Must not: write a status or drive a step; look-ups that call outside stand in `prepare`, `fingerprint_content`, `recheck`.
"""

from apps.releases import chores, poller  # noqa: F401 - registers the chores
from apps.releases.kinds.existing import PromoteKind
from apps.releases.kinds.release import ReleaseKind
from apps.releases.kinds.roll_back import RollBackKind
from apps.releases.steps import building, callback, copying, prerollout, restoring, rolling  # noqa: F401 - registers the steps

__all__ = ["PromoteKind", "ReleaseKind", "RollBackKind"]
