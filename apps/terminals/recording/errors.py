"""What a recording can fail with, and the codes of its failures.

Must not: name a file, a bucket or a credential to a person who only watches: params say the kind of store and what it said.
"""

from __future__ import annotations

import errno

from apps.common.errors import DomainError

NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class RecordingError(DomainError):
    """The recording cannot be written or read (503). Codes: `recording.…` in the catalogue `recordings.json`."""

    code = "recording.refused"
    http_status = 503


def of_os_error(error: OSError) -> RecordingError:
    """A file system's error in our words; a full disk, quota or size limit has a code of its own."""
    if error.errno in NO_SPACE:
        return RecordingError("recording.no_space")
    return RecordingError("recording.refused", said=error.strerror or type(error).__name__)


class RecordingGone(DomainError):
    """The content was deleted by its age (410)."""

    code = "recording.deleted"
    http_status = 410
