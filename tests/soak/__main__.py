"""`python -m tests.soak` plays rounds for some time, and prints the command that repeats a failed round."""

import argparse
import sys
import time
from random import SystemRandom

from sidestep.local import isolated_environment
from tests.soak.rounds import ROUNDS, play
from tests.soak.servers import running_targets


def main() -> int:
    """Play rounds for the given time; return 1 if any round failed."""
    options = _options()
    seed = SystemRandom().randrange(10**6) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    failed = 0
    with isolated_environment(), running_targets() as targets:
        deadline = time.monotonic() + options.seconds
        number = options.round or 0
        while True:
            problems = play(seed, number, targets, options.kind)
            for problem in problems:
                print(f"round {number}: {problem}", flush=True)
            if problems:
                failed += 1
                kind = f" KIND='{options.kind}'" if options.kind else ""
                print(f"repeat it with: make soak SEED={seed} ROUND={number}{kind}", flush=True)
            number += 1
            if options.round is not None or time.monotonic() >= deadline:
                break
    played = 1 if options.round is not None else number
    print(f"seed {seed}: {played} rounds, {failed} failed")
    return 1 if failed else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="duration; the last round is completed")
    parser.add_argument("--seed", type=int, help="seed of all randomness; default: a new one")
    parser.add_argument("--round", type=int, help="play this round only")
    parser.add_argument("--kind", choices=ROUNDS, help="play rounds of this kind only")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
