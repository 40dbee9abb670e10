"""The pods of a workload as its clusters tell them now: whose they are, and what they mean to people."""
