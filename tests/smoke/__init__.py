"""The smoke story: a running demo walked through from outside, as `python -m tests.smoke`.

Must not: import anything of the portal; it knows the public API, the stand-ins' journals and the clusters.
"""
