"""Makes the golden bags of a release: `python -m tests.archives.golden.make RELEASE`.

What is there already is never made again: a golden bag is what that release wrote.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import shotlane

HERE = Path(__file__).parent
# Name of a bag, the sequence in it, and whether its time was virtual.
BAGS = {
    "everything": ("everything", True),
    "tripped": ("tripped", True),
    "real-time": ("everything", False),
}


def main(release: str) -> None:
    """Run every sequence of the lab on simulated instruments, and archive it."""
    with tempfile.TemporaryDirectory(prefix="golden-") as folder:
        lab = Path(folder) / "lab"
        shutil.copytree(HERE / "lab", lab)
        os.chdir(lab)
        for name, (sequence, virtual) in BAGS.items():
            run = shotlane.run(f"sequences/{sequence}.yaml", mock=True, virtual_time=virtual, seed=4)
            shotlane.archive(run.number, HERE / f"{release}-{name}.zip", store=run.address)
            sys.stdout.write(f"{release}-{name}.zip: {run.outcome}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
