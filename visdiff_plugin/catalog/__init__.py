"""What a stage is: the table of all choices, and how a spec is read, taken apart and made by it."""
