"""The rules of the house, see docs/architecture.md: what may import what, how large folders are, what is public."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

import viewer3d
from viewer3d import phantom

ROOT = Path(viewer3d.__file__).parent

# A part, and the parts it may import besides itself. A part is a folder, or a file or folder within one that has a line
# of its own; a line for a folder also allows what is in it. The longest name that fits is meant.
LAYERS = {
    "errors": {"core/text"},
    "core": {"errors"},
    "settings": {"errors", "core"},
    "dicom": {"errors", "core"},
    "formats": {"errors", "core", "dicom"},
    "formats/save": {"errors", "core", "dicom", "formats", "measurements"},  # what is to be saved
    "formats/write/measurements": {"errors", "core", "dicom", "formats", "measurements"},
    "formats/write/pictures": {"errors", "core", "dicom", "formats", "recipes/embed", "recipes/record", "recipes/xmp"},
    "measurements": {"errors", "core"},
    "render": {"errors", "core", "settings", "measurements", "recipes/make", "recipes/embed"},
    "recipes": {"errors", "core"},
    "recipes/find_data": {"errors", "core", "recipes", "dicom", "formats"},
    "recipes/find_regions": {"errors", "core", "recipes", "dicom", "formats"},
    "recipes/make": {"errors", "core", "settings", "recipes", "render", "__init__"},  # the version of this package
    "recipes/replay": {"errors", "core", "recipes", "dicom", "render", "figures"},
    "recipes/redraw": {"errors", "core", "recipes", "render", "figures"},
    "figures": {"errors", "core", "settings", "measurements", "render", "recipes"},
    "explanations": {"errors", "core", "dicom", "formats", "measurements", "render", "recipes", "figures"},
    "exports": {"errors", "core", "dicom", "formats", "measurements"},
    "app": {
        "errors",
        "core",
        "settings",
        "measurements",
        "render",
        "recipes",
        "dicom/series/catalog",
        "explanations",
        "figures/beside",  # the picture of several series that a key saves
        "figures/marked",  # the page of key images, likewise
    },
    "app/input": {"errors", "core", "settings", "render"},
    "app/window": {
        "errors",
        "core",
        "settings",
        "measurements",
        "render",
        "app/input",
        "app/task",
        "dicom/series/catalog",
    },
    "archive": {
        "errors",
        "core",
        "dicom",
        "formats",
        "measurements",
        "render",
        "recipes",
        "figures",
        "__init__",  # the version of this package
    },
    "phantom": {"errors", "core"},
    "testing": {"errors", "core", "render", "recipes"},
    "pytest_plugin": {"testing"},
    "qt": {"errors", "app/qt"},
    "pyvista_plugin": {"errors", "core", "formats", "render", "figures", "app"},
    "presets": set(),
    "web": {"errors", "core", "settings", "measurements", "render", "recipes", "figures", "app", "formats", "__init__"},
    "web/client": set(),  # what the browser is given, as files
    "cli": {
        "errors",
        "core",
        "settings",
        "dicom",
        "formats",
        "render",
        "recipes",
        "measurements",
        "figures",
        "app",
        "archive",
        "explanations",
        "exports",
        "phantom",
        "web",
        "__init__",
    },
    "__init__": {
        "errors",
        "core",
        "dicom",
        "formats",
        "measurements",
        "render",
        "recipes",
        "figures",
        "app",
        "archive",
        "explanations",
        "exports",
        "phantom",
        "pyvista_plugin",
        "testing",
        "web",
    },
    "__main__": {"cli"},
}
# Doors upwards: methods of values that lead elsewhere. They import when they are called, never before.
ON_CALL = {
    "core/volume": {"render"},
    "core/window": {"settings/names"},
    "core/grids/change": {"dicom/memory"},
    "core/grids/exchange": {"formats"},
    "core/inputs": {"dicom", "formats"},
    "core/dose/plan": {"dicom"},
    "core/segmentation": {"measurements"},
    "core/placing/frames": {"formats"},
    "dicom/series/scan": {"formats/grid_files"},
    "dicom/series/catalog": {"formats/grid_files"},
    "app/in_notebook": {"web/notebook"},
    "recipes/replay": {"web/page"},
    "recipes/redraw": {"web/page"},
}
# Narrower than the folder's line: what a folder must not see although its line allows the rest.
HIDDEN = {"dicom": {"core/view", "core/camera"}}
# Libraries, and who may import them at all.
LIBRARIES = {
    "pydicom": {"dicom", "phantom"},  # only these read or write tags
    **{name: set() for name in ("requests", "httpx", "pynetdicom")},  # no network
    **{name: {"web/server"} for name in ("ssl", "http", "urllib", "websockets")},  # a page on this machine
    "asyncio": {"web/server", "web/notebook"},  # and the event loop of a kernel
    **{name: {"web/notebook"} for name in ("anywidget", "ipywidgets", "traitlets", "IPython")},
    "socket": {"render/gl", "web/server"},  # whether a display answers on this machine; whether a port is free
    **{name: {"archive/cluster"} for name in ("dask", "distributed")},
    "sqlite3": {"archive/database"},
    "pyvista": {"render", "pyvista_plugin", "core/volume"},  # core/volume: in annotations alone
    "vtkmodules": {"render", "app/window"},
    "vtk": set(),
    "qtpy": {"app/qt"},
    "click": {"cli", "dicom/pixels/memory_demand"},
    **{name: {"formats"} for name in ("nibabel", "nrrd")},
    "isal": {"formats"},
    "highdicom": {"dicom/write"},
    "imagecodecs": {"dicom/pixels/decode_worker", "phantom/files", "render/png"},
}
# Rules that not all folders keep yet. These lists only grow shorter.
TO_FOLD: set[str] = set()
DEFINED_TWICE = {
    "dvh",  # viewer3d.dvh makes histograms, viewer3d.figures.dvh draws them
    "time_curve",
    "profile",  # viewer3d.profile takes the values, viewer3d.figures.profile draws them
    "Plan",  # viewer3d.Plan is of a treatment, viewer3d.archive.Plan of a run
    "Context",  # of a gesture, and of a job
}
TO_DESCRIBE: set[str] = set()
IMPERATIVES = """
Accept Add Aim Answer Append Apply Approve Ask Await Begin Bind Blend Break Bring Build Call Cancel Center Change
Check Choose Clear Clip Close Collect Combine Commit Compare Compose Compute Confirm Convert Copy Count Create Crop
Cut Decide Decode Delete Describe Detect Dispatch Distribute Divide Do Dolly Drag Draw Drop Embed Encode End Enlarge
Ensure Enter Estimate Exchange Exclude Exit Expand Explain Extend Extract Fail Feed Fetch Figure Fill Find Finish Fit
Fix Flip Flush Fold Follow Format Free Generate Get Give Go Group Grow Guess Handle Hash Have Hide Hold Ignore Import
Include Inflate Initialize Insert Install Interpolate Interrupt Invert Invoke Iterate Join Keep Kill Label Lay Layout
Leave Lend Let Light Limit Link List Listen Load Locate Lock Look Lower Make Map Mark Match Measure Merge Mirror Move
Name Number Offer Open Order Pack Pad Paint Pan Parse Pass Pause Pick Place Plan Play Point Poll Prepare Present Press
Print Process Produce Project Push Put Quote Raise Rank Read Rebuild Recognize Record Recover Reduce Refer Refine
Refuse Register Reject Release Remove Rename Render Reorder Repeat Replace Report Reposition Request Resample Reserve
Reset Resize Restore Resume Retrieve Retry Return Reverse Revert Rotate Round Run Sample Save Say Scale Scan Scroll
See Select Send Separate Serve Set Settle Share Sharpen Shift Shorten Show Shrink Skip Snap Sort Spell Split Stack
Stand Start Step Stop Store Stream Stretch Subtract Sum Supply Suspend Swap Switch Tabulate Take Tell Terminate Test
Tint Toggle Trace Track Transform Translate Trim Try Turn Typeset Undo Unpack Update Use Validate Verify Visit Wait
Wake Walk Warn Weigh Wrap Write Yield Zoom
"""  # verbs that docstrings of functions begin with: add another that is one
TO_NAME = {"figures/lightbox", "render/marks/typesetting"}
POETRY = {
    *("apart", "belonging", "chrome", "deed", "deeds", "former", "given", "glass", "hands", "ink", "leap", "leaping"),
    *("once", "painter", "passages", "reel", "said", "sheet", "sheets", "shelf", "staging", "tell", "tells", "thing"),
    *("things", "told", "turned", "way", "ways", "whence"),
}
CORE_LIBRARIES = {"numpy", "msgspec"}
VERBS = {
    "cli/draw",
    "cli/figures",
    "cli/look",
    "cli/recipes",
    "cli/proof/diff",
    "cli/windows/serve",
}  # one file a group of verbs
JOBS = {"archive/jobs/conversions"}  # one file a kind of job, imported by its name
PROGRAMS = {
    "__main__",
    "cli/program",
    "pytest_plugin",
    "pyvista_plugin",
    "qt",
    "render/gl_child",
    "dicom/pixels/decode_worker",
    "archive/cluster/alone",
}

MODULES = sorted(ROOT.rglob("*.py"))


def name_of(path: Path) -> str:
    """The name of a file as these tables have it: its path, or that of its folder where it is ``__init__``."""
    name = path.relative_to(ROOT).with_suffix("").as_posix()
    return name.removesuffix("/__init__")


NAMES = {name_of(path): path for path in MODULES}


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imports(path: Path, *, at_import: bool) -> set[str]:
    """The modules that a file imports when it is imported (all that is not in a function), or those on a call."""
    found: set[str] = set()
    left: list[tuple[ast.AST, bool, bool]] = [(tree_of(path), False, False)]
    while left:
        node, on_call, checking = left.pop()
        on_call = on_call or isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        checking = checking or (isinstance(node, ast.If) and not on_call and "TYPE_CHECKING" in ast.unparse(node.test))
        # No expression holds an import.
        statements = (child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr))
        left += [(child, on_call, checking) for child in statements]
        if at_import == on_call or (at_import and checking):
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                found.add(full if own(full) in NAMES else node.module or "")
    return found


def own(module: str) -> str:
    """The name of one of our modules as these tables have it; what is not ours comes back with its dots."""
    return module.removeprefix("viewer3d.").replace(".", "/") if module.startswith("viewer3d.") else module


def within(name: str, part: str) -> bool:
    return name == part or name.startswith(f"{part}/")


def line_of(name: str, table: dict[str, set[str]] = LAYERS) -> str:
    return max((part for part in table if within(name, part)), key=len, default="")


def may_import(name: str, other: str) -> bool:
    line = line_of(name)
    if any(within(other, part) for part in HIDDEN.get(line, ())):
        return False
    return within(other, line) or any(within(other, part) for part in LAYERS[line])


def is_allowed(name: str, module: str, *, at_import: bool) -> bool:
    """Whether one of our modules may import a module, ours or a library's."""
    top = module.partition(".")[0]
    if top == "viewer3d":
        other = "__init__" if module == "viewer3d" else own(module)
        door = not at_import and any(within(other, part) for part in ON_CALL.get(name, ()))
        return door or may_import(name, other)
    if top in LIBRARIES:
        return any(within(name, part) for part in LIBRARIES[top])
    return not (within(name, "core") and at_import) or top in CORE_LIBRARIES or top in sys.stdlib_module_names


# Of every module, in one test: a test each took pytest longer than what is looked at.
def test_layers() -> None:
    assert [
        f"{name} imports {module}"
        for name, path in NAMES.items()
        for at_import in (True, False)
        for module in sorted(imports(path, at_import=at_import))
        if not is_allowed(name, module, at_import=at_import)
    ] == []


def test_nothing_imports_in_a_circle() -> None:
    graph = {
        name: {own(module) for module in imports(path, at_import=True)} & set(NAMES) for name, path in NAMES.items()
    }
    done: set[str] = set()

    def visit(name: str, above: tuple[str, ...]) -> None:
        assert name not in above, " -> ".join([*above[above.index(name) :], name])
        if name not in done:
            for other in graph[name]:
                visit(other, (*above, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_nothing_stands_at_the_root_but_the_doors() -> None:
    assert {path.name for path in ROOT.glob("*.py")} == {
        *("__init__.py", "__main__.py", "errors.py", "pytest_plugin.py", "pyvista_plugin.py", "qt.py")
    }


def test_no_folder_has_more_than_twenty_modules() -> None:
    folders = {path.parent for path in MODULES}
    assert {str(folder): count for folder in folders if (count := len(list(folder.glob("*.py"))) - 1) > 20} == {}


def test_a_small_file_with_one_importer_is_a_section_of_it() -> None:
    importers: dict[str, set[str]] = defaultdict(set)
    for name, path in NAMES.items():
        for at_import in (True, False):
            for module in imports(path, at_import=at_import):
                importers[own(module)].add(name)
    small = [
        name
        for name, path in NAMES.items()
        if path.name != "__init__.py" and name not in PROGRAMS | VERBS | JOBS
        if len(path.read_text(encoding="utf-8").splitlines()) < 70 and len(importers[name]) < 2
    ]
    assert set(small) - TO_FOLD == set()


def definitions(path: Path) -> set[str]:
    """The names of classes, functions, type aliases and constants of a module that have no underscore."""
    found: set[str] = set()
    for node in tree_of(path).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return {name for name in found if not name.startswith("_")}


def test_no_name_is_defined_twice() -> None:
    homes: dict[str, set[str]] = defaultdict(set)
    for name, path in NAMES.items():
        for one in definitions(path):
            homes[one].add(name)
    twice = {one: sorted(found) for one, found in homes.items() if len(found) > 1 and one not in DEFINED_TWICE}
    assert twice == {}


def test_a_docstring_begins_with_one_plain_sentence() -> None:
    """At most 100 characters; of functions and methods an imperative one, of properties what it is."""
    wrong, verbs = [], set(IMPERATIVES.split())
    nodes = ((name, node) for name, path in NAMES.items() for node in ast.walk(tree_of(path)))
    for name, node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and (text := ast.get_docstring(node)):
            first = text.splitlines()[0]
            decorators = [ast.unparse(one) for one in getattr(node, "decorator_list", [])]
            is_called = isinstance(node, ast.FunctionDef) and not any("property" in one for one in decorators)
            if len(first) > 100 or not first.endswith(".") or (is_called and first.split()[0] not in verbs):
                wrong.append(f"{name}: {getattr(node, 'name', 'module')}: {first}")
    assert [one for one in wrong if not any(within(one.partition(":")[0], part) for part in TO_DESCRIBE)] == []


def test_names_are_of_standard_terms() -> None:
    """The private vocabulary is gone from the names of modules, classes and functions."""
    found = []
    for name, path in NAMES.items():
        nodes = ast.walk(tree_of(path))
        defined = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
        for one in (path.stem, *defined - {"tell"}):  # which file objects have
            words = re.sub(r"([a-z])([A-Z])", r"\1_\2", one).lower().split("_")
            if set(words) & POETRY and not any(within(name, part) for part in TO_NAME):
                found.append(f"{name}: {one}")
    assert found == []


def test_files_are_small() -> None:
    lengths = {name: len(path.read_text(encoding="utf-8").splitlines()) for name, path in NAMES.items()}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


@pytest.mark.parametrize(
    "code", ["import viewer3d", "from viewer3d.cli import main\ntry: main(['--help'])\nexcept SystemExit: pass"]
)
def test_first_import_is_light(code: str) -> None:
    script = f"{code}\nimport sys; print([m for m in sys.modules if m in ('pydicom', 'pyvista', 'vtk', 'vtkmodules')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")


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


def test_the_page_on_architecture_names_what_is_there() -> None:
    # Beside the tests, not beside the package, which may be installed elsewhere.
    page = (Path(__file__).parents[1] / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`([a-z0-9_/]+(?:\.py|/))`", page))
    assert len(named) > 40
    assert {name for name in named if not (ROOT / name).exists() and name != "viewer3d/" and "tests/" not in name} == {
        # folders within a row's folder
        *(
            "slices/",
            "volume/",
            "planes3d/",
            "couch/",
            "face/",
            "marks/",
            "pages/",
            "movies/",
            "input/",
            "window/",
            "objects/",
        ),
        *("cluster/", "jobs/"),
        *("client/", "server/", "notebook/", "page/"),
        *("viewer.py", "browser.py", "show.py"),
    }
    assert {f"{path.name}/" for path in ROOT.iterdir() if (path / "__init__.py").exists()} <= named


PEERS = frozenset(
    {
        "SimpleITK",
        "dcm2niix",
        "distributed",
        "gdcm",
        "highdicom",
        "ipykernel",
        "itk",
        "jupyterlab",
        "nbclient",
        "nbconvert",
        "notebook",
        "skimage",
        "trimesh",
        "xarray",
    }
)
"""What the extra bench brings, by its modules: the quick tests run without it, so that tests of these are slow ones."""


def test_what_needs_a_peer_is_slow() -> None:
    """Else it is skipped where the peer is not, and not chosen where it is."""
    assert [
        f"{path.name}: {what}" for path in sorted(Path(__file__).parent.rglob("test_*.py")) for what in quick_with(path)
    ] == []


def quick_with(path: Path) -> list[str]:
    """What of a file of tests asks for a peer and is not slow."""
    text = path.read_text(encoding="utf-8")
    if "importorskip" not in text and "find_spec" not in text:
        return []
    tree = ast.parse(text)
    if any(
        isinstance(node, ast.Assign)
        and "pytestmark" in ast.unparse(node.targets[0])
        and "slow" in ast.unparse(node.value)
        for node in tree.body
    ):
        return []
    found = []
    for node in filter(asks_for_a_peer, tree.body):
        is_test = isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        if is_test and "slow" not in "".join(map(ast.unparse, node.decorator_list)):  # type: ignore[attr-defined]
            found.append(node.name)  # type: ignore[attr-defined]
        if not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Assign):
            found.append(ast.unparse(node))
    return found


def asks_for_a_peer(node: ast.AST) -> bool:
    return any(
        isinstance(one, ast.Call)
        and ast.unparse(one.func).endswith(("importorskip", "find_spec"))
        and isinstance(one.args[0], ast.Constant)
        and str(one.args[0].value).partition(".")[0] in PEERS
        for one in ast.walk(node)
    )
