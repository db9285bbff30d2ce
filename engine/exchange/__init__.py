"""The exchange format of the model system: its exports in, definitions out, and back. Source: reference 2.

`container.read` takes a file apart, `importing` turns each object into the YAML that a person would write, `exporting`
computes the exchange object of a definition. What the YAML has no word for is kept as patches in its `exchange` block.
"""

from .exporting import export
from .importing import Imported, import_file
from .scorecard import Card, Verdict

__all__ = ["Card", "Imported", "Verdict", "export", "import_file"]
