"""`make soak MINUTES=10`: full load with copies, modifies, calls, timers and failures, on a store that keeps little.

Prints each minute what the worker, the server, the append-only file and each kind of key take, and fails when one of
them grows after the first third (tests/soak/growth.py says how that is judged).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator

from tests.soak.growth import HANDLES, Sample, grown
from tests.soak.world import World, world

SAMPLES = 30
OF_PROCESSES = 6  # the first measures; the others are of kinds of key
LONGEST_S = 60.0  # from one word on the screen to the next
TELLING_MINUTES = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long the load lasts")
    parser.add_argument("--archive", type=int, default=2_000, help="finished tasks that each end keeps")
    options = parser.parse_args()
    if not options.minutes >= 0.1:
        parser.error("--minutes: it must be 0.1 or more")
    if options.minutes < TELLING_MINUTES:
        print(f"less than {TELLING_MINUTES:.0f} minutes: what is kept for a while may still be growing", flush=True)
    with world(options.archive) as running:
        samples = [*sampled(running, options.minutes * 60)]
        running.end()
        tasks = running.submitted
    found = grown(samples)
    for name, (before, after) in found.items():
        print(f"grew after the first third: {name}, from {shown(name, before)} to {shown(name, after)}")
    verdict = f"{len(found)} of its measures grew" if found else "nothing grew after the first third"
    print(f"{options.minutes:g} minutes, {tasks:,} tasks, all ended, the auditor found nothing: {verdict}")
    return 1 if found else 0


def sampled(running: World, seconds: float) -> Iterator[Sample]:
    """What is measured while the load goes on, at even distances; printed once a minute, or thrice if it is short."""
    began = time.monotonic()
    said_s, said_tasks, every_s = 0.0, 0, min(LONGEST_S, seconds / 3)
    running.begin()
    for number in range(1, SAMPLES + 1):
        running.wait(max(0.0, began + number * seconds / SAMPLES - time.monotonic()))
        sample = running.measured()
        yield sample
        now_s = time.monotonic() - began
        if now_s >= said_s + every_s - seconds / SAMPLES / 2 or number == SAMPLES:
            rate = (running.submitted - said_tasks) / (now_s - said_s)
            print(f"{now_s / 60:4.1f} min  {running.submitted:,} tasks, {rate:,.0f} a second", flush=True)
            say(sample)
            said_s, said_tasks = now_s, running.submitted


def say(sample: Sample) -> None:
    words = [f"{name} {shown(name, value)}" for name, value in sample.items()]
    print("  " + ", ".join(words[:OF_PROCESSES]))
    print("  " + ", ".join(words[OF_PROCESSES:]), flush=True)


def shown(name: str, value: float) -> str:
    return f"{value:.0f}" if name.endswith(HANDLES) else f"{value / 1e6:.1f} MB"


if __name__ == "__main__":
    sys.exit(main())
