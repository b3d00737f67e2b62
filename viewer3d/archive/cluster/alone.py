"""The program of a process that runs one item alone, because workers died of it."""

from __future__ import annotations

import faulthandler
import os
import pickle
import sys
import threading
from pathlib import Path

from viewer3d.archive.cluster.on_worker import work_without_exit


def run_alone() -> None:
    """Run the item in a folder (``task``) and write what came of it beside it (``outcome``)."""
    faulthandler.enable()  # a crash writes its stack to standard error, which is kept
    threading.Thread(target=_end_with_parent, daemon=True).start()
    folder = Path(sys.argv[1])
    item, plan = pickle.loads((folder / "task").read_bytes())
    outcome = work_without_exit(item, plan)
    part = folder / "outcome.part"
    part.write_bytes(pickle.dumps(outcome))
    part.rename(folder / "outcome")


def _end_with_parent() -> None:
    """End this process when the other end of standard input closes, into which nobody writes."""
    if not os.read(0, 1):
        os._exit(1)


if __name__ == "__main__":
    run_alone()
