"""What a run stores on its dataset: its record and its score fields."""
