"""A page that is used for long. By hand: ``python -m tests.web.long.use FOLDER EVENTS SEED [WHERE]``, printing JSON."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.chromium import chromium
from tests.web.long.hands import Hands, check_downloads
from tests.web.long.lines import program

ROUND = 150
"""Events between two checks."""

IDLE_SHARE = 0.01
"""Of a core, at rest: with a tab open, and with none."""


def use(folder: Path, home: Path, events: int, seed: int) -> dict[str, Any]:
    """Do random things in a page, check what must be true after each round, and return what was found."""
    downloads = home / "downloads"
    downloads.mkdir()
    rounds: list[dict[str, Any]] = []
    with program(folder, home) as served, chromium(home) as page:
        page.of_browser("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        hands = Hands(page, served, seed)
        try:
            began = time.monotonic()
            series: set[int] = set()
            for number in range(1, events + 1):
                try:
                    hands.anything()
                    if number % ROUND == 0:
                        hands.check_picture()
                        facts = hands.check_facts()
                        series.add(facts["series"])
                        rounds.append(
                            {
                                "memory": served.memory,
                                "files": served.files,
                                "threads": served.threads,
                                "tabs": facts["tabs"],
                                "at": round(time.monotonic() - began, 1),
                                **hands.heap,
                            }
                        )
                        print(rounds[-1], facts["states"], hands.compared, file=sys.stderr, flush=True)
                except Exception as error:
                    raise AssertionError(f"event {number} of seed {seed}") from error
            facts = hands.check_facts()
            idle = [_idle(served)]
            page.send("Page.navigate", url="about:blank")
            hands.line.cut()
            hands.close()
            served.until(lambda facts: not facts["tabs"])
            idle.append(_idle(served))
            found = {"idle": idle, "files": check_downloads(downloads), "done": dict(hands.done), "facts": facts}
        finally:
            hands.close()
        end = {"memory": served.memory, "files": served.files, "threads": served.threads}
    assert served.process.returncode == 0
    return {"rounds": rounds, "compared": hands.compared, "series": sorted(series), "end": end, **found}


def again_and_again(folder: Path, home: Path, rounds: int) -> list[dict[str, Any]]:
    """Do the same things in each round, and return what program and page hold after each."""
    downloads = home / "downloads"
    downloads.mkdir()
    found: list[dict[str, Any]] = []
    with program(folder, home) as served, chromium(home) as page:
        page.of_browser("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(downloads))
        hands = Hands(page, served, 0)
        try:
            for _ in range(rounds):
                hands.same_things()
                assert hands.rest()
                hands.check_facts()
                found.append({"memory": served.memory, "files": served.files, "threads": served.threads, **hands.heap})
                print(found[-1], file=sys.stderr, flush=True)
        finally:
            hands.close()
    return found


def _idle(served: Any, seconds: float = 4.0) -> float:
    """Return the share of a core that it uses at rest, the least of a few looks."""
    shares = []
    for _ in range(3):
        cpu, began = served.cpu, time.monotonic()
        time.sleep(seconds)
        shares.append((served.cpu - cpu) / (time.monotonic() - began))
        if shares[-1] <= IDLE_SHARE:
            break
    return round(min(shares), 4)


if __name__ == "__main__":
    folder, events, seed, *where = sys.argv[1:]
    place = Path(where[0]) if where else Path(tempfile.mkdtemp())
    place.mkdir(exist_ok=True)
    if int(seed) == 0:
        sys.exit(str(again_and_again(Path(folder), place, int(events))))
    print(json.dumps(use(Path(folder), place, int(events), int(seed)), default=str))
