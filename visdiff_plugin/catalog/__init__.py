"""The table of all stages, and how a spec is looked up, taken apart and built."""
