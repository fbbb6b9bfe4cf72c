"""Reads and writes of many samples at once, straight from and to FiftyOne's Mongo collection."""
