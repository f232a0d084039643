"""Reprojection through task graphs of dask."""
