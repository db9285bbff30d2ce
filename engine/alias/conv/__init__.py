"""The engine under a name that a project's own folder `engine/` does not hide: `from conv import Engine`.

Its modules are loaded from the same files, as `conv.…`: inside the engine every import is a relative one. One program
uses one of the two names: what `engine` raises is not what `conv` catches.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine import *  # noqa: F403

_here = Path(__file__).resolve().parent
_installed = _here.parent / "engine"  # beside this package; in the repository this package lies in it
_folder = _installed if _installed.is_dir() else _here.parents[1]
_spec = spec_from_file_location(__name__, _folder / "__init__.py", submodule_search_locations=[str(_folder)])
if _spec is None or _spec.loader is None:
    raise ImportError(f"no engine in {_folder}: install conv-engine again")
sys.modules[__name__] = _module = module_from_spec(_spec)
_spec.loader.exec_module(_module)
