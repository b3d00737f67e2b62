"""A run over ever more tiny series: what each costs, manifest, page and table included.

``python archive_growth.py SERIES ARCHIVE OUT JOBS WORKERS`` runs once and again, and prints what it took as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from viewer3d import archive, phantom
from viewer3d.dicom.headers.fast import read_attributes

SHAPE = (24, 20, 3)
FLAT = 1.1
"""Most that a series may cost of CPU time in the largest archive, of that in the smallest."""

AGAIN = 0.02
"""Most that a run with nothing to do may cost, of the first."""


def write_tiny(folder: Path, series: int) -> Path:
    """Write tiny series that differ in their UIDs alone, a hundred a folder; what is there is kept."""
    first = folder / "first"
    if not first.exists():
        phantom.write(first, shape=SHAPE)
    files = [path.read_bytes() for path in sorted(first.iterdir())]
    tags = [read_attributes(str(path)) or {} for path in sorted(first.iterdir())]
    uids = [[str(found[name][0]) for name in ("SeriesInstanceUID", "SOPInstanceUID")] for found in tags]
    for number in range(1, series):
        target = folder / f"{number // 100:04}" / f"{number:06}"
        if target.exists():
            continue
        target.mkdir(parents=True)
        for turn, (data, own) in enumerate(zip(files, uids, strict=True)):
            for uid in own:
                data = data.replace(uid.encode(), f"{uid[:-10]}{number:06}{uid[-4:]}".encode())  # noqa: PLW2901
            (target / f"{turn}.dcm").write_bytes(data)
    return folder


def cpu() -> float:
    """CPU time of this process and of those it has waited for, in s."""
    return sum(os.times()[:4])


def measured(place: str, out: str, jobs: Sequence[str], workers: int) -> dict[str, float]:
    """Run jobs over an archive, and again with nothing to do."""
    spent = []
    for _ in range(2):
        before = cpu()
        count = sum(one.status == "done" for one in archive.run(place, jobs, out, workers=workers))
        spent.append((count, cpu() - before))
    (count, first), (none, again) = spent
    assert none == 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    size = sum(path.stat().st_size for path in Path(out).glob("manifest.*")) / count
    return {
        "series": count,
        "ms a series": 1000 * first / count,
        "again %": 100 * again / first,
        "driver MiB": peak,
        "manifest KiB a series": size / 1024,
    }


def limits(rows: Sequence[Mapping[str, float]]) -> Iterator[str]:
    """Say whether the cost of a series stays, and that of a run with nothing to do."""
    ratio = rows[-1]["ms a series"] / rows[0]["ms a series"]
    yield f"a series of {rows[-1]['series']:.0f} costs {ratio:.2f} of one of {rows[0]['series']:.0f} (limit {FLAT})"
    yield f"again: {max(row['again %'] for row in rows[1:]):.2f} % (limit {AGAIN:.0%})"


if __name__ == "__main__":
    _, _series, _place, _out, _jobs, _workers = sys.argv
    write_tiny(Path(_place), int(_series))
    print(json.dumps(measured(_place, _out, _jobs.split(","), int(_workers))))
