"""The kinds of value that a key of a definition can have."""
