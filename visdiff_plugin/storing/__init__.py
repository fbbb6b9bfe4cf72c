"""What a run leaves on its dataset: its record and its score fields."""
