"""`python -m engine.cli` is `conv`."""

from engine.cli import main

main()
