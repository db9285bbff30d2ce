"""What `make soak` does: full load for minutes, on a store that must not grow."""
