"""Checks of synthesized environments by tools and models that are not ours."""
