"""Measurements of the paths that grow with the number of positions and alerts: `make bench`."""
