"""A power cut under `everysec`: the store opens on what was flushed, and all that is left runs to its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.crash import power_cut


@pytest.mark.slow
def test_after_a_power_cut_the_rest_runs_to_its_end(short_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loss = power_cut.cut(short_folder, load_s=1.5)

    assert loss.ended == loss.acknowledged - loss.lost
    assert loss.ended > 0
    with capsys.disabled():
        print(f"\n{loss.lost} of {loss.acknowledged} lost, the oldest {loss.window_ms:.0f} ms before the power cut")
