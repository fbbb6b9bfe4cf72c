"""What is read of a dataset: its samples, the values of its fields, and what it offers."""
