"""OCI registries, seen through one narrow class (`client.RegistryClient`). Must not: decide what may be deployed."""
