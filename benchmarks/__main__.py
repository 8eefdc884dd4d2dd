"""`python -m benchmarks`: every measurement beside its baseline, in one run, on SQLite and PostgreSQL."""

from __future__ import annotations

import resource
import time

from benchmarks import handover, matching, sync
from benchmarks.databases import both


def main() -> None:
    """Run everything and print the tables."""
    started = time.monotonic()
    head = f"{'Saving one read of a board':30}{'database':>12}{'rows':>8}"
    print(f"{head}{'ours':>9}{'locked':>9}{'row by row':>12}{'times':>7}")
    for name, app in both():
        for line in sync.measure(name, app):
            print(line)
    print(f"\n{'Matching':46}{'matches':>8}{'ours':>10}{'re.search':>12}{'times':>7}")
    for line in matching.measure():
        print(line)
    print(f"\n{'From the answer of a board to the mail server':46}{'fastest':>10}{'median':>10}{'slowest':>10}")
    for name, app in both():
        print(handover.measure(name, app))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"\nAt most {memory:.0f} MB of memory, both ways together. All in {time.monotonic() - started:.0f} s.")


main()
