"""How much memory there is: the machine's, or the least limit of the groups that the process is in."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine.store.memory import available_bytes

MACHINE = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="no groups"),
        pytest.param({"proc/self/cgroup": "0::/\n"}, id="no limit"),
        pytest.param({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "max\n"}, id="any"),
        pytest.param({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": f"{2**62}\n"}, id="more than there is"),
        pytest.param({"proc/self/cgroup": "what is this\n\n"}, id="of another kind"),
    ],
)
def test_without_a_limit_the_machine_counts(tmp_path: Path, files: dict[str, str]) -> None:
    assert available_bytes(write(tmp_path, files)) == MACHINE


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/memory.max": "1000000\n"}, id="container"),
        pytest.param(
            {
                "proc/self/cgroup": "0::/a/b\n",
                "sys/fs/cgroup/a/b/memory.max": "max\n",
                "sys/fs/cgroup/a/memory.max": "1000000\n",
            },
            id="a group above",
        ),
        pytest.param(
            {
                "proc/self/cgroup": "9:cpu,memory:/docker/1\n0::/\n",
                "sys/fs/cgroup/memory/memory.limit_in_bytes": "1000000\n",
            },
            id="version 1, named as outside",
        ),
    ],
)
def test_the_least_limit_counts(tmp_path: Path, files: dict[str, str]) -> None:
    assert available_bytes(write(tmp_path, files)) == 1_000_000
