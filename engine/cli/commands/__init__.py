"""One file for each group of commands; engine/cli/group.py lists them."""
