"""Bringing Jenkins jobs back to their language's template: one project as the canary, then the others (B2)."""
