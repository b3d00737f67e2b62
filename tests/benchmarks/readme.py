"""The README's tables in the README's form, and beside each row of viewer3d the same at another revision."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.benchmarks import convert
from tests.benchmarks.compressed import PREFIX, WARM
from tests.benchmarks.runs import ENVIRONMENT, Command, Figures, in_turn

HERE: Final = Path(__file__).parents[2]

Cell = Callable[[Figures], str]
"""What a column says of what was measured."""

THEN: Final = ", then"
"""Ends the name of a command that runs at the other revision."""


@dataclass(frozen=True)
class Other:
    """Another revision, and the folder that its package lies in."""

    revision: str
    place: Path

    def beside(self, commands: Mapping[str, Command], own: Sequence[str]) -> dict[str, Command]:
        """Return commands, and after each of viewer3d's own the same at the other revision where that can do it."""
        found: dict[str, Command] = {}
        for name, command in commands.items():
            # Both as alike as can be: the tests are those here, the package is the one or the other.
            found[name] = at(HERE, command) if name in own else command
            then = at(self.place, command)
            if name in own and subprocess.run(then, env=ENVIRONMENT, capture_output=True, check=False).returncode == 0:
                found[name + THEN] = then
        return found


def at(place: Path, command: Command) -> Command:
    """Return a command that finds the package in a folder."""
    return ["env", f"PYTHONPATH={os.pathsep.join((str(place), str(HERE)))}", "PYTHONSAFEPATH=1", *command]


def seconds(digits: int = 2, of: str = "cpu") -> Cell:
    """Write seconds (``of`` is ``"wall"`` or ``"cpu"``)."""
    return lambda row: f"{getattr(row, of):.{digits}f}"


def milliseconds(of: str) -> Cell:
    """Write milliseconds, with a tenth where they are few."""
    return lambda row: f"{1e3 * getattr(row, of):.{1 if getattr(row, of) < 0.1 else 0}f}"


def megabytes(name: str) -> Cell:
    """Write a number of MB that a process told; nothing where another program took them."""
    return lambda row: f"{row.told[name]:.0f} MB" if row.told[name] > 1 else ""


@dataclass(frozen=True)
class Table:
    """One table of the README.

    Attributes
    ----------
    title : str
        What the first column is headed by.
    columns : dict
        Heading to what the column says.
    labels : dict
        By what was timed, in the README's order; what is not here is not in the README.
    own : tuple of str
        What viewer3d itself does of these.
    """

    title: str
    columns: Mapping[str, Cell]
    labels: Mapping[str, str]
    own: tuple[str, ...]

    def timed(self, commands: Mapping[str, Command], runs: int, other: Other | None = None) -> str:
        """Run its commands in turn, and return it in Markdown."""
        chosen = {name: commands[name] for name in self.labels if name in commands}
        return self.of(in_turn(other.beside(chosen, self.own) if other else chosen, runs), other)

    def of(self, figures: Mapping[str, Figures], other: Other | None = None) -> str:
        """Return it in Markdown."""
        rows = []
        for name, label in self.labels.items():
            if name in figures:
                rows.append((label, *(cell(figures[name]) for cell in self.columns.values())))
            if other and name + THEN in figures:
                then = figures[name + THEN]
                rows.append((f"... at {other.revision}", *(cell(then) for cell in self.columns.values())))
        return markdown((self.title, *self.columns), rows)


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join([f"| {' | '.join(one)} |" if n != 1 else f"|{'|'.join(one)}|" for n, one in enumerate(lines)])


COLD: Final = Table(
    "a cold process, from a folder to a PNG of three planes",
    {"wall s": seconds(of="wall"), "CPU s": seconds()},
    {
        "viewer3d shot": "`viewer3d shot --view mpr`, recipe and digests of the data included",
        "pyvista script": "the shortest pyvista script",
        "3D Slicer": "3D Slicer by `slicer-core` and `trame-slicer`",
    },
    ("viewer3d shot",),
)
LOAD: Final = Table(
    "from a folder to voxels, imports excluded",
    {"wall s": seconds(3, "wall"), "CPU s": seconds(3), "memory beyond the imports": megabytes("extra MB")},
    {
        "viewer3d": "`viewer3d.load`",
        "viewer3d with grid": "`viewer3d.load` and its `grid`",
        "floor (all bytes)": "all bytes read into one array, nothing else",
        "vtkDICOMImageReader": "vtkDICOMImageReader, which pyvista.DICOMReader is",
        "dcm2niix": "dcm2niix, with writing",
        "SimpleITK": "SimpleITK",
    },
    ("viewer3d", "viewer3d with grid"),
)
SEGMENTATION: Final = Table(
    "a segmentation of 20 segments in 477 frames of 512 x 512, imports excluded",
    {"CPU s": seconds(3)},
    {"viewer3d": "`viewer3d.load_segmentation`", "highdicom": "highdicom, `segread` and `get_volume`"},
    ("viewer3d",),
)
STRUCTURES: Final = Table(
    "441 contours of 88,200 points to masks of 512 x 512 x 98, imports excluded",
    {"CPU s": seconds()},
    {
        "viewer3d": "`StructureSet.mask`",
        "skimage": "scikit-image, `polygon2mask`: the same voxels",
        "matplotlib": "matplotlib, `Path.contains_points` in the box of a contour: the same voxels",
        "pillow": "Pillow, which counts the border: 1.2 % more voxels",
    },
    ("viewer3d",),
)
WINDOW: Final = Table(
    "loaded, at 1200 x 900",
    {"wall ms": milliseconds("wall"), "CPU ms": milliseconds("cpu")},
    {
        "viewer3d, three slices": "three linked slices, all another",
        "viewer3d, one slice": "one slice another, its lines moved in the others",
        "viewer3d, window": "another window in three slices",
        "slice_orthogonal": "pyvista's `slice_orthogonal`, drawn",
        "mesh_slice_orthogonal": "pyvista's `add_mesh_slice_orthogonal`, one step of all planes",
        "viewer3d, first quad": "the window's first picture, three slices and 3D",
    },
    ("viewer3d, three slices", "viewer3d, one slice", "viewer3d, window", "viewer3d, first quad"),
)
MOVIE: Final = Table(
    "a turn of 24 frames in 3D at 512 x 512",
    {"wall s": seconds(1, "wall"), "CPU s": seconds(1)},
    {
        "viewer3d, frames": "drawn, full quality",
        "viewer3d, .webp": "saved as WebP",
        "pyvista orbit": "pyvista's `add_volume`, turned",
    },
    ("viewer3d, frames", "viewer3d, .webp"),
)
SCAN: Final = Table(
    "a tree of 10,000 files and 20 series, a file",
    {"CPU ms": lambda row: f"{row.told['cpu us/file'] / 1e3:.3f}"},
    {"viewer3d.scan": "`viewer3d.scan`", "pydicom headers": "pydicom's headers alone"},
    ("viewer3d.scan",),
)
RESAMPLE: Final = Table(
    "256 x 256 x 120 onto 256 x 256 x 250 voxels of 0.8 mm, CPU s",
    {
        "turned by 10 degrees": lambda row: f"{row.told['turned, linear'] / 1e3:.2f}",
        "parallel (300 slices)": lambda row: f"{row.told['finer, linear'] / 1e3:.2f}",
    },
    {"viewer3d": "`Volume.resample`, linear", "SimpleITK": "SimpleITK, linear"},
    ("viewer3d",),
)


def conversions(folder: str, runs: int, other: Other | None = None) -> str:
    """Time conversions to both formats, and return their table."""
    own = (convert.PROGRAM, convert.OWN)
    labels = {
        convert.PROGRAM: "`viewer3d convert`, the whole process",
        convert.OWN: "`viewer3d.load` and `save`, imports excluded",
        convert.PEER: "dcm2niix (`-z n`, `-z i`)",
    }
    beside = (lambda commands: other.beside(commands, own)) if other else dict
    found = [convert.timed(folder, suffix, runs, beside).figures for suffix in (".nii", ".nii.gz")]
    rows = []
    for name, label in labels.items():
        rows.append((label, *(seconds()(one[name]) for one in found)))
        if other and all(name + THEN in one for one in found):
            rows.append((f"... at {other.revision}", *(seconds()(one[name + THEN]) for one in found)))
    return markdown(("from a folder to NIfTI, CPU s", "`.nii`", "`.nii.gz`"), rows)


def decoded(figures: Mapping[str, Mapping[str, Figures]], other: Other | None = None) -> str:
    """Return the table of compressed series, by transfer syntax."""
    rows = []
    for syntax, one in figures.items():
        peers = {name.removeprefix(PREFIX): row.wall for name, row in one.items() if name.startswith(PREFIX)}
        best = min(peers, key=lambda name: peers[name], default="")
        peer = f"{peers[best]:.2f} ({best})" if best else ""
        rows.append((syntax, f"{one['viewer3d'].wall:.2f}", f"{one[WARM].wall:.2f}", peer))
        if other and "viewer3d" + THEN in one and WARM + THEN in one:
            then = (f"{one[name + THEN].wall:.2f}" for name in ("viewer3d", WARM))
            rows.append((f"... at {other.revision}", *then, ""))
    head = "`viewer3d.load`, two cores", "a series later", "best single-threaded decoder of pydicom"
    return markdown(("compressed, 300 slices (JPEG 2000: 100), wall s", *head), rows)
