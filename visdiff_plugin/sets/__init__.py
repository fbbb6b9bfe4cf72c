"""The two sets: what they can be chosen by, looked up, counted and drawn from."""
