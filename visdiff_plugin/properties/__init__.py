"""Properties that are measured from the pixels and the file, without any model."""
