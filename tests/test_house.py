"""The layers: what may import what, and what the first import costs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import viewer3d
from viewer3d import phantom

ROOT = Path(viewer3d.__file__).parent

# A part may import itself and the parts named here; "*" is any third-party module.
GROUND = {
    "errors", "geometry", "window", "sampling", "volume", "planes", "camera", "measurement", "members", "results",
    "view", "files", "plain", "memory", "digest", "provenance", "recipe", "comparison", "slab", "origin", "opening",
}  # fmt: skip
LAYERS = {
    "plain": set(),
    "terminal": {"plain"},
    "errors": {"plain"},
    "memory": {"errors"},
    "geometry": {"errors"},
    "window": {"errors", "presets"},
    "opening": set(),
    "files": {"errors", "plain", "opening"},
    "digest": set(),
    "provenance": set(),
    "sampling": set(),
    "volume": {
        "plain",
        "sampling",
        "errors",
        "geometry",
        "window",
        "provenance",
        "digest",
        "render",
        "notebook",  # Volume.grid and _repr_html_ are the doors upwards
    },
    "planes": set(),
    "camera": {"errors", "planes"},
    "measurement": {"errors", "planes"},
    "given": {"errors", "volume", "dicom"},  # a place where a volume is meant: it is loaded
    "members": {"errors", "geometry", "given", "volume"},
    "results": {"geometry", "measurement", "sampling", "volume"},
    "measurement_table": {"errors", "plain", "files", "measurement", "results", "volume"},
    "slab": {"errors"},
    "view": {"errors", "geometry", "window", "planes", "camera", "measurement", "slab"},
    "recipe": {"errors", "geometry", "provenance", "view", "volume"},
    "origin": {"view", "volume"},
    "comparison": {"errors"},
    "phantom": GROUND,
    "dicom": GROUND,
    "render": GROUND | {"presets"},
    "render/shot": GROUND | {"given", "render"},  # the calls that people type take a path as well
    "render/volumes": GROUND | {"given", "render"},
    "render/plotter_slices": GROUND | {"given", "render"},
    "app": GROUND | {"render", "measurement_table"},
    "app/show": GROUND | {"app", "given", "render"},
    "app/shelf": GROUND | {"app", "dicom"},  # what can be opened at a path: the window's one door to DICOM
    "notebook": GROUND | {"render"},
    "figures": GROUND | {"given", "render"},
    "figure_options": {"errors"},
    "movie_options": {"figure_options"},
    "reading_options": {"errors", "memory", "volume"},
    "drawing_options": {"errors", "reading_options", "window", "view", "volume", "origin", "dicom", "render", "app"},
    "replays": GROUND | {"dicom", "render", "figures"},
    "testing": GROUND | {"render"},
    "pytest_plugin": {"testing"},
    "doctor": {"dicom", "render"},
    "report": {"errors", "plain", "terminal", "dicom", "recipe", "view"},
    "cli": {
        *GROUND,
        "dicom",
        "render",
        "phantom",
        "doctor",
        "report",
        "app",
        "figures",
        "figure_options",
        "movie_options",
        "reading_options",
        "drawing_options",
        "replays",
        "terminal",
    },
    "__init__": {*GROUND, "measurement_table", "phantom", "dicom", "render", "app", "figures", "replays", "testing"},
    "__main__": {"cli"},
    "presets": set(),
}
HEAVY = {
    "pydicom": {"dicom", "phantom"},
    "pyvista": {"render", "render/volumes", "render/plotter_slices", "volume"},
    "vtkmodules": {"render", "render/volumes", "render/plotter_slices", "app"},
    "vtk": set(),
}


def imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            if node.module == "viewer3d":
                names |= {f"viewer3d.{alias.name}" for alias in node.names}
            else:
                names.add(node.module or "")
    return names


def part_of(path: Path) -> str:
    """The folder or module that a file belongs to; the file itself where it has a line of its own."""
    own = path.relative_to(ROOT).with_suffix("").as_posix()
    return own if own in LAYERS else own.partition("/")[0]


MODULES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_layers(path: Path) -> None:
    part = part_of(path)
    for name in imports(path):
        top, *rest = name.split(".")
        if top == "viewer3d" and rest and not rest[0].startswith("__"):
            assert rest[0] == part or rest[0] in LAYERS[part], f"{path} imports {name}"
        elif top in HEAVY:
            assert part in HEAVY[top], f"{path} imports {name}"


@pytest.mark.parametrize(
    "code", ["import viewer3d", "from viewer3d.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"]
)
def test_first_import_is_light(code: str) -> None:
    script = f"{code}\nimport sys; print([m for m in sys.modules if m in ('pydicom', 'pyvista', 'vtk', 'vtkmodules')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


@pytest.mark.parametrize("name", viewer3d.__all__)
def test_public_names_load(name: str) -> None:
    assert getattr(viewer3d, name).__doc__


def test_every_error_is_in_the_tree() -> None:
    from viewer3d import errors

    classes = [value for value in vars(errors).values() if isinstance(value, type) and issubclass(value, Exception)]
    assert len(classes) > 10
    for error in classes:
        assert issubclass(error, viewer3d.Viewer3DError)
        assert error.__name__ in (errors.__doc__ or "")


def test_a_picture_of_slices_loads_no_more_than_it_needs(tmp_path: Path) -> None:
    """numpy.ma, which numpy's percentile and median load, takes 9 ms; tomllib reads windows that none asked for."""
    script = (
        "import sys, viewer3d\n"
        f"volume = viewer3d.load({str(tmp_path)!r})\n"
        f"viewer3d.screenshot(volume, {str(tmp_path / 'a.png')!r}, view='mpr', size=(90, 30))\n"
        "print([name for name in ('numpy.ma', 'tomllib', 'pydicom', 'pyvista') if name in sys.modules])"
    )
    phantom.write(tmp_path, shape=(12, 10, 6), spacing=(9, 8, 5))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]"), done.stdout
