"""What is read from a dataset: its samples, field values, and choices for sets."""
