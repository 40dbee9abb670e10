"""Kubernetes, seen through one narrow class (`client.Kubernetes`). Data stays raw JSON. Must not: use an SDK."""
