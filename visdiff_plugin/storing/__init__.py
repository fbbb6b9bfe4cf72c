"""What a run leaves on its dataset: records, score fields, and the fields that are ours."""
