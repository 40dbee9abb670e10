"""The company's standards for the configuration of a workload (W5 to W14): what they look at is code, what they say,
how hard they are and from which number on is a row.

Must not: know a cluster or a Kubernetes object, or change a document on its own; a suggestion is taken by a person.
"""
