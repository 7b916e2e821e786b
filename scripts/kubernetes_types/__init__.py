"""Compiles what an API server of Kubernetes knows about its kinds."""
