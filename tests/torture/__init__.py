"""Runs that are killed, files that are changed, processes that get in each other's way: `make torture`."""
