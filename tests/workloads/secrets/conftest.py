"""A running sandbox and a company on it, as the tests of configuring have them."""

from __future__ import annotations

from tests.workloads.configuring.conftest import company, hand, outside, sandbox

__all__ = ["company", "hand", "outside", "sandbox"]
