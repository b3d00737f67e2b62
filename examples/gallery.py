"""All examples and their pictures on one page, README.md: ``python examples/gallery.py [FOLDER]``.

Scans the synthetic patient into FOLDER (else a temporary one), runs every example on it and writes pictures/ and
README.md beside this file. With the files in FOLDER, ``viewer3d replay examples/pictures/NAME FOLDER`` makes a picture
again.
"""

import os
import re
import subprocess
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from pathlib import Path

import nrrd
import numpy as np

from viewer3d import Segmentation, phantom
from viewer3d.phantom import Faults
from viewer3d.render.gl import find_opengl

HERE = Path(__file__).parent
SAGITTAL = np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]])  # columns to the back, rows to the feet, slices to the right


@dataclass(frozen=True)
class Example:
    """One script, what it is run on, and what the page says of it.

    Attributes
    ----------
    name : str
        Of the script, and of its pictures.
    data : str
        Folder of the patient's files, see :func:`scan`; all of them when empty.
    suffix : str
        Of its pictures. WebP without loss is smaller than PNG.
    drawn_by : str
        What draws pictures that hold no recipe and cannot be replayed; empty where viewer3d draws them all.
    without_recipe : str
        What ends the names of these pictures.
    printed : bool
        Whether the page shows what it prints.
    options : tuple of str
        What its line has besides.
    pictured : bool
        Whether the page shows its pictures: those of windows look otherwise on each system.
    """

    name: str
    data: str = "torso"
    suffix: str = ".webp"
    drawn_by: str = ""
    without_recipe: str = ""
    printed: bool = False
    options: tuple[str, ...] = ()
    pictured: bool = True

    def pictures(self, folder: Path) -> list[Path]:
        """Return its pictures in a folder, those that hold no recipe first."""
        found = sorted(folder.glob(f"{self.name}*{self.suffix}"))
        return sorted(found, key=self.holds_recipe)

    def holds_recipe(self, picture: Path) -> bool:
        """Whether a picture can be made again with ``viewer3d replay``."""
        return not self.drawn_by or not picture.stem.endswith(self.without_recipe)


EXAMPLES = (
    Example("first_picture"),
    Example("windows_side_by_side"),
    Example("lightbox_for_a_paper"),
    Example("oblique_slab"),
    Example("four_sides"),
    Example("opened"),
    Example("turntable"),
    Example("color_map"),
    Example("fusion", "", printed=True),
    Example("segmentation", "", printed=True),
    Example("organs_in_3d", ""),
    Example("fractional", "", printed=True),
    Example("two_segmentations", ""),
    Example("treatment_plan", ""),
    Example("measurements", printed=True),
    Example("missing_slice", "irregular", printed=True),
    Example("not_shown", "irregular", printed=True),
    Example("histogram"),
    Example("every_series", "", printed=True),
    Example("archive", "", suffix=".png", printed=True),
    Example("from_its_recipe", printed=True),
    Example("why_this_grey", printed=True),
    Example("what_can_be_compared", "", printed=True),
    Example("words_for_a_paper", printed=True),
    Example("hidden_face", "", drawn_by="Pillow", printed=True),
    Example("check_in_a_test", drawn_by="viewer3d.testing"),
    Example("in_matplotlib", drawn_by="matplotlib"),
    Example("in_pyvista", suffix=".png", drawn_by="pyvista"),
    Example("qt_window", suffix=".png", drawn_by="Qt", options=("--offscreen",), pictured=False),
    Example("from_the_tutorial", "irregular", drawn_by="matplotlib", without_recipe="-tutorial", printed=True),
)


def scan(folder: Path, shape: tuple[int, int, int] = (270, 200, 320)) -> None:
    """Scan the patient as it should be, as it often is, in few sagittal slices, and by PET; segment and plan it."""
    columns, rows, slices = shape
    missing = tuple(range(round(0.61 * slices), round(0.64 * slices)))
    phantom.write(folder / "torso", shape=shape)
    plan = folder / "plan"
    plan.mkdir(parents=True, exist_ok=True)
    phantom.write_structures(plan / "structures.dcm", phantom.grid(shape))
    phantom.write_dose(plan / "dose.dcm")
    phantom.write_plan(plan / "plan.dcm")
    phantom.write_probabilities(folder / "probability.dcm", phantom.grid(shape))
    organs = phantom.organs(phantom.grid(shape))
    write_label_map(folder / "organs.seg.nrrd", organs, organs.labels[0])
    write_label_map(folder / "prediction.seg.nrrd", organs, predicted(organs.labels[0]))
    faults = Faults(missing=missing, thickness=5.0, slopes=(1.0, 1.5))
    phantom.write(folder / "irregular", shape=shape, faults=faults)
    # As fine within its slices, and 14 mm apart.
    x, y, z = phantom.grid(shape).spacing
    few = (rows, slices, round(columns * x / 14))
    phantom.write(folder / "sagittal", shape=few, spacing=(y, z, 14.0), direction=SAGITTAL)
    phantom.write_pet(folder / "pet", shape=(3 * columns // 8, 3 * rows // 8, slices // 2))


def predicted(labels: np.ndarray) -> np.ndarray:
    """Return labels as a model might find them: moved a little, and with a bite out of each."""
    moved = np.roll(labels, (2, -1, 1), (0, 1, 2))
    moved[:, :, ::9] = np.roll(labels[:, :, ::9], -3, 0)
    return moved


def write_label_map(path: Path, segmentation: Segmentation, labels: np.ndarray) -> None:
    """Write labels with names and colours as 3D Slicer does."""
    affine = segmentation.affine
    header = {"space": "left-posterior-superior", "space directions": affine[:3, :3].T, "space origin": affine[:3, 3]}
    for n, one in enumerate(segmentation.segments):
        color = " ".join(f"{part / 255:.6f}" for part in one.color)
        about = {"ID": f"Segment_{one.number}", "Name": one.name, "Color": color, "LabelValue": one.number, "Layer": 0}
        header |= {f"Segment{n}_{field}": str(value) for field, value in about.items()}
    nrrd.write(str(path), labels, header)


def run(example: Example, data: Path, pictures: Path) -> str:
    """Run an example as a user does, its pictures going into a folder; return what it prints."""
    command = [sys.executable, str(HERE / f"{example.name}.py"), str(data / example.data)]
    window = {"VTK_DEFAULT_OPENGL_WINDOW": find_opengl().window_class}  # of plotters, where there is no screen
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch, example.name + example.suffix)
        printed = subprocess.check_output(
            [*command, str(out), *example.options], env={**os.environ, **window}, text=True
        )
        for picture in example.pictures(out.parent) if example.pictured else ():
            picture.replace(pictures / picture.name)
    return printed


def section(example: Example, pictures: Path, printed: str) -> str:
    """Write what the page says of an example: its docstring, its pictures and what it prints."""
    script = HERE / f"{example.name}.py"
    docstring = re.match(r'"""(.*?)"""', script.read_text(encoding="utf-8"), re.DOTALL)[1]
    title, _, rest = docstring.partition(": ``python")
    rest = " ".join(rest.partition("\n\n")[2].split()).replace("``", "`")
    shown = example.pictures(pictures)
    lines = [f"## {title}", *(f"![{title}](pictures/{picture.name})" for picture in shown)]
    about = f"[{script.name}]({script.name}){f'. {rest}' if rest else ''}"
    lines.append(textwrap.fill(about, 120, break_on_hyphens=False))
    if without := [picture.name for picture in shown if not example.holds_recipe(picture)]:
        lines.append(f"{', '.join(without)}: drawn by {example.drawn_by}, holds no recipe and cannot be replayed.")
    if example.printed:
        lines.append(f"```text\n{printed.strip()}\n```")
    return "\n\n".join(lines)


HEAD = """\
# Examples

Short scripts, one idea each: `python NAME.py [PATH] [OUT.png]` runs one on your own files, or without a path on the
synthetic patient that the pictures show. This page and all pictures are made by one command; what it scans stays in
the folder it is given, and every picture that viewer3d drew is made again from there, to the byte:

```sh
python examples/gallery.py patient
viewer3d replay examples/pictures/oblique_slab.webp patient
```

In 3D that needs the same OpenGL, Mesa's llvmpipe; with another `replay` says how little differs."""


def main() -> None:
    """Make the page."""
    if not find_opengl().works:
        sys.exit(f"gallery: 3D cannot be drawn: {find_opengl().why_not}")
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(sys.argv[1] if len(sys.argv) > 1 else scratch)
        scan(data)
        pictures = HERE / "pictures"
        pictures.mkdir(exist_ok=True)
        for old in pictures.iterdir():
            old.unlink()
        parts = [HEAD]
        for example in EXAMPLES:
            print(example.name)
            parts.append(section(example, pictures, run(example, data, pictures)))
        (HERE / "README.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
