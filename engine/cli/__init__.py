"""The command line: commands and printing, no decisions. What a command does is engine/app/'s.

`entry.py` runs a command and turns errors into one line and an exit status; `group.py` lists the commands; each file of
`commands/` holds a few that belong together. Nothing heavy is imported before a command needs it.
"""

from __future__ import annotations

import sys


def main() -> None:
    """The program `conv`."""
    try:
        from .entry import run

        status = run(sys.argv[1:])
    except KeyboardInterrupt:  # while still loading
        status = 130
    sys.exit(status)
