"""`python -m tests.smoke` (`make smoke`): the whole story against a running demo; non-zero when anything differs.

OPSPORTAL_DATA_DIR (.data) says which demo. Must not: leave it in a state that no person could; it may run again at once.
"""

from __future__ import annotations

import sys
import time

from apps.sandbox.seed.portal import PortalError
from tests.smoke import building, going_back, promoting
from tests.smoke.cast import assemble
from tests.smoke.report import Difference


def main() -> int:
    """Tell the chapters in order; 1 with a sentence on the first difference."""
    began = time.monotonic()
    try:
        cast = assemble()
        for chapter in (building, promoting, going_back):
            chapter.tell(cast)
    except (Difference, PortalError) as error:
        print(f"The smoke story ends here: {error}", file=sys.stderr, flush=True)
        return 1
    except (KeyError, IndexError) as error:
        print(f"The smoke story ends here: an answer lacks {error}.", file=sys.stderr, flush=True)
        return 1
    print(f"The whole story in {time.monotonic() - began:.1f} s.", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
