"""The ticket kinds release, promote and roll_back, one declaration each (D14–D18), found by `tickets` at start.

Must not: write a status or drive a step; look-ups that call outside stand in `prepare`, `fingerprint_content`, `recheck`.
"""

from apps.releases import chores, poller  # noqa: F401 - registers the chores
from apps.releases.kinds.existing import PromoteKind, RollBackKind
from apps.releases.kinds.release import ReleaseKind
from apps.releases.steps import building, copying, prerollout, rolling  # noqa: F401 - registers the steps

__all__ = ["PromoteKind", "ReleaseKind", "RollBackKind"]
