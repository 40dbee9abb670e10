"""Bulk intake (P9): find what belongs together, show it as a table, take in what is ticked (docs/intake.md).

Must not: change anything outside. Everything that is bound was there before, and archiving leaves it.
"""
