#!/usr/bin/env python3
"""The order service under the load of 200 clients, and what its outbox costs, measured in one run.

    scripts/emulator --install && benches/load.py [--seconds 20]

Builds the programs for release, starts PostgreSQL, the emulator of AWS with the deployed platform, and one pod of the
service, all on 127.0.0.1, drives them for a bounded time and stops them. Needs PostgreSQL (apt-get install postgresql).
What is measured is in examples/order-tests/benches/load.rs.
"""

import argparse
import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20, help="of each part (default: 20)")
    seconds = parser.parse_args().seconds
    packages = ["--package", "infra", "--package", "order-service", "--package", "order-worker"]
    subprocess.run(["cargo", "build", "--release", "--locked", "--bins", *packages], cwd=ROOT, check=True)
    command = ["cargo", "bench", "--locked", "--package", "order-tests", "--bench", "load"]
    subprocess.run(command, cwd=ROOT, check=True, env=os.environ | {"LOAD_SECONDS": str(seconds)})


if __name__ == "__main__":
    main()
