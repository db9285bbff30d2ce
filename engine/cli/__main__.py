"""`python -m engine.cli` is `conv`."""

from . import main

main()
