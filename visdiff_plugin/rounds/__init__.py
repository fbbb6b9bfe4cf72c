"""Rounds of proposals: which images are shown, which are evidence, and refinement."""
