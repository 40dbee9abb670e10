"""Configuring a workload: where a document goes, what it would change on every cluster, and its revisions (W1 to W18).

Must not: judge by standards (catalog.standards) or make objects (workloads.rendering); it brings the two and the
clusters together.
"""
