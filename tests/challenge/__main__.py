"""Print the table of docs/challenge.md: ``python -m tests.challenge [FOLDER]``, where the series are or are written."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.challenge.readers import READERS, answer, table, versions
from viewer3d.phantom import write_challenge


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        if not (folder / "questions.csv").exists():
            write_challenge(folder)
        print(table(folder))
        print(f"\n{versions()}\n")
        for name in READERS:
            score, refused = answer(name, folder)
            for case, why in refused.items():
                print(f"{name} {case}: refused: {why:.160}")
            for mark in score.marks:
                if mark.given and not mark.is_right:
                    print(f"{name} {mark.case} {mark.question}: {mark.given}, true {mark.truth}; {mark.likely}")


if __name__ == "__main__":  # each process of a reader imports this again
    main()
