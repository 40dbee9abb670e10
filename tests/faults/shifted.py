"""A process whose wall clock is wrong: `time.time` and what Python's datetime reads, moved by a constant.

Called before anything else is imported. Monotonic clocks stay, as they do on a machine whose NTP went astray.
"""

from __future__ import annotations

import datetime
import time
from typing import Any


def shift_wall_clock(seconds: float) -> None:
    """From here on this process believes that it is `seconds` later."""
    real_time, real_ns, real_datetime = time.time, time.time_ns, datetime.datetime
    shift = datetime.timedelta(seconds=seconds)
    time.time = lambda: real_time() + seconds
    time.time_ns = lambda: real_ns() + int(seconds * 1e9)

    class Meta(type):
        def __instancecheck__(cls, value: Any) -> bool:
            return isinstance(value, real_datetime)

        def __subclasscheck__(cls, other: Any) -> bool:
            return issubclass(other, real_datetime)

    class ShiftedDatetime(real_datetime, metaclass=Meta):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return real_datetime.now(tz) + shift

        @classmethod
        def utcnow(cls) -> Any:
            return real_datetime.now(datetime.UTC).replace(tzinfo=None) + shift

        @classmethod
        def today(cls) -> Any:
            return real_datetime.now() + shift

    datetime.datetime = ShiftedDatetime
