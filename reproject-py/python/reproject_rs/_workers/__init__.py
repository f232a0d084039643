"""Reprojection by worker processes; importing it costs nothing, as workers start with it."""
