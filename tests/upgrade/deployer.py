"""A deploy by whichever engine comes first on the path: says where that is, then deploys the file that is named.

Run as a file, so that the folder of the tests is not on the path. What goes wrong is on standard error.
"""

from __future__ import annotations

import sys
from pathlib import Path

import engine
from engine.app import Engine


def main() -> None:
    with Engine.open() as opened:
        report = opened.deploy([sys.argv[1]])
        print(Path(engine.__file__).parent.parent, report.is_deployed, *report.changed, sep="\n")


if __name__ == "__main__":
    main()
