"""The configuration document of a workload: its schema, its quantities, its computed defaults (docs/configuration.md).

Must not: know a cluster or a Kubernetes object; rendering is the workloads room's.
"""
