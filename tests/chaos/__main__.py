"""`make chaos SEED=n`: faults, one after the other, under load; ends with one line that says what held.

The seed decides victims and moments; the machine decides what they meet, so a run is repeated in plan, not in detail.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from engine.store.embedded import server_binary
from tests.chaos.faults import FAULTS, Ground
from tests.chaos.world import Held, Scale


def main() -> int:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=None, help="the same faults again")
    parser.add_argument("--moves", type=int, default=0, help="go on with further rounds until tasks made so many moves")
    parser.add_argument("--short", action="store_true", help="less of everything")
    parser.add_argument("--only", default="", help="faults whose name has this in it")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(10**6)
    scale = Scale.short() if options.short else Scale.long()
    names = [name for name in FAULTS if options.only in name]
    print(f"seed {seed}: {len(names)} faults", flush=True)
    folder = Path(tempfile.mkdtemp(prefix="conv-"))
    failed: list[str] = []
    total, played, turn = Held(), 0, 0
    try:
        with contextlib.ExitStack() as stack:
            ground = Ground(server_binary(), folder, stack)
            while turn == 0 or (total.moves < options.moves and not failed):
                for name in names:
                    played += 1
                    held = play(ground, name, f"{seed}.{turn}", scale)
                    if held is None:
                        failed.append(name)
                        continue
                    total.tasks += held.tasks
                    total.moves += held.moves
                    total.lost += held.lost
                    total.waiting += held.waiting
                turn += 1
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if failed:
        print(f"seed {seed}: {len(failed)} of {played} faults did harm: {', '.join(failed)}")
        return 1
    window = f"{total.lost} lost and {total.waiting} waiting in the documented window of asynchronous replication"
    print(
        f"seed {seed}: {played} faults, {total.tasks:,} tasks, {total.moves:,} moves: none lost, none doubled, "
        f"the auditor found nothing; {window}"
    )
    return 0


def play(ground: Ground, name: str, seed: str, scale: Scale) -> Held | None:
    began = time.monotonic()
    try:
        held = FAULTS[name](ground, random.Random(f"{seed} {name}"), scale)
    except Exception:  # noqa: BLE001 (the next fault is played all the same)
        traceback.print_exc()
        print(f"FAILED  {name}", flush=True)
        return None
    took_s = time.monotonic() - began
    loss = f"  lost {held.lost}, waiting {held.waiting}" if held.lost or held.waiting else ""
    note = f"  {held.note}" if held.note else ""
    recovered = f"all ended {held.recover_s:.1f} s later"
    print(
        f"held  {name:<50} {held.tasks:>5} tasks {held.moves:>7} moves {took_s:>5.1f} s, {recovered}{loss}{note}",
        flush=True,
    )
    return held


if __name__ == "__main__":
    sys.exit(main())
