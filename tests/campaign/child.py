"""The process in which cases are done, one after another, as told on standard input and answered on standard output."""

from __future__ import annotations

import faulthandler
import json
import os
import sys
import time
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.campaign.kinds import case_of
from tests.campaign.outcomes import Outcome, Result
from tests.campaign.rooms import Room, room_for
from viewer3d.errors import ChoiceError, Viewer3DError

MEMORY = 2 << 30
"""Bytes that a case may take beyond what the process has: the series are of some MB at most."""


def do(seed: int, kind: str, number: int, scratch: Path, keep: Path | None = None) -> Result:
    """Do a case; whatever it raises is told in the result."""
    begun = time.monotonic()
    with room_for(seed, kind, number, scratch, keep) as room:
        try:
            outcome, text = case_of(kind)(room)
        except Viewer3DError as error:
            outcome, text = judged(error, room)
        except AssertionError:
            outcome, text = Outcome.BROKEN, traceback.format_exc(limit=-8)
        except Exception:  # that is what is looked for
            outcome, text = Outcome.FOREIGN, traceback.format_exc(limit=-12)
        return Result(kind, number, room.source, ", ".join(room.how), outcome, text, time.monotonic() - begun)


def judged(error: Viewer3DError, room: Room) -> tuple[Outcome, str]:
    """Return whether an error of the tree is clear: some words in one line, with the place or file in it."""
    from viewer3d.errors import BadFileError

    text = str(error)
    if not text.strip():
        return Outcome.BROKEN, f"{type(error).__name__} without a word"
    if len(text.splitlines()) > 1 and not isinstance(error, ChoiceError):
        return Outcome.BROKEN, f"{type(error).__name__} of several lines: {text}"
    if isinstance(error, BadFileError) and not any(name in text for name in (room.folder.name, *_names(room.folder))):
        return Outcome.BROKEN, f"{type(error).__name__} that names no file: {text}"
    return Outcome.ERROR, text


def _names(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()]


def bound_memory() -> None:
    """Let this process take some memory more than it has, where the system can."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))


def main(seed: int, scratch: Path) -> None:
    """Answer lines of JSON until standard input ends."""
    faulthandler.enable()
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is no answer
    warnings.simplefilter("ignore")
    warnings.filterwarnings("error", module=r"viewer3d")  # pydicom may warn, this package may not
    for line in sys.stdin:
        asked: dict[str, Any] = json.loads(line)
        bound_memory()
        keep = Path(asked["keep"]) if asked.get("keep") else None
        result = do(seed, asked["kind"], asked["number"], scratch, keep)
        replies.write(json.dumps(result.to_plain()) + "\n")
        replies.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
