"""The user's folder for what can be made again."""
