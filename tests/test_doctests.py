"""The examples in docstrings are run: what they print is what they say."""

from __future__ import annotations

import doctest
import importlib
from pathlib import Path

import pytest

import viewer3d

ROOT = Path(viewer3d.__file__).parent
MODULES = [
    ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
    for path in sorted(ROOT.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8")
]


NEED_FILES_OR_A_SCREEN = {  # examples that are marked to be skipped; those of all other modules run
    "viewer3d",
    "viewer3d.app.callbacks",
    "viewer3d.app.qt.widget",
    "viewer3d.app.show",
    "viewer3d.app.viewer",
    "viewer3d.app.window.screen",
    "viewer3d.archive",
    "viewer3d.archive.driver",
    "viewer3d.explanations.point",
    "viewer3d.formats.load",
    "viewer3d.formats.load_segmentation",
    "viewer3d.formats.load_transform",
    "viewer3d.formats.meshes.load_mesh",
    "viewer3d.formats.save",
    "viewer3d.recipes.words.with_words",
    "viewer3d.dicom.images.read_images",
    "viewer3d.dicom.objects.plan",
    "viewer3d.dicom.objects.structures",
    "viewer3d.pyvista_plugin",
    "viewer3d.qt",
    "viewer3d.figures",
    "viewer3d.figures.beside",
    "viewer3d.figures.marked.key_images",
    "viewer3d.render.planes3d.plotter_slices",
    "viewer3d.render.scene",
    "viewer3d.render.volume.actor",
    "viewer3d.render.volume.plotter_regions",
    "viewer3d.testing.figures",
    "viewer3d.web.server.serve",
}


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_are_true(name: str) -> None:
    if "qt" in name.split("."):
        pytest.importorskip("qtpy.QtWidgets", reason="no Qt here: pip install 'viewer3d[qt]'", exc_type=ImportError)
    module = importlib.import_module(name)
    assert doctest.testmod(module).failed == 0
    examples = [one for test in doctest.DocTestFinder().find(module) for one in test.examples]
    assert examples
    if any(one.options.get(doctest.SKIP) for one in examples):
        assert name in NEED_FILES_OR_A_SCREEN
