"""What grows: a leak is told from a tide by what is left at the lowest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

Sample = Mapping[str, float]  # what was measured at one moment: bytes, or a number of handles

HANDLES = "handles"  # the last word of a measure that is no number of bytes
SHARE = 1.1
SLACK_BYTES, SLACK_HANDLES = 1_000_000, 4


def grown(samples: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """The measures that grew after the first third of the samples, with the least of the second and of the last third.

    The first third is for warming up. After it, archives fill and are swept, files grow and are written anew: what
    comes back to where it was has not grown. So the least of the last third is compared with the least of the second,
    and may be a tenth and a little (1 MB, 4 handles) more. What was not seen in a sample was 0.

    Raises ValueError if there are fewer than six samples.
    """
    if len(samples) < 6:
        raise ValueError(f"{len(samples)} samples are too few to say what grows: six at least")
    third = len(samples) // 3
    second, last = samples[-2 * third : -third], samples[-third:]
    found = {}
    for name in sorted({name for sample in samples for name in sample}):
        before, after = (min(sample.get(name, 0) for sample in part) for part in (second, last))
        slack = SLACK_HANDLES if name.endswith(HANDLES) else SLACK_BYTES
        if after > before * SHARE + slack:
            found[name] = (before, after)
    return found
