"""Coordinate systems as they are given, and the way from the pixels of one to those of another."""
