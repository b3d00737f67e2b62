from __future__ import annotations

import subprocess
import sys
from importlib.metadata import version

import pytest

from viewer3d.render.vtk_version import vtk_version

IMPORTED = "import vtkmodules"
NOT_WRITTEN = "import viewer3d.render.vtk_version as module; module._written_version = str"


def test_it_is_that_of_the_installed_package():
    assert vtk_version() == version("vtk")


@pytest.mark.parametrize("first", ["pass", IMPORTED, NOT_WRITTEN])
def test_vtk_is_imported_only_where_its_file_does_not_say_it(first):
    code = f"{first}; from viewer3d.render.vtk_version import vtk_version as f; import sys; print(f(), *sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    found, *modules = done.stdout.split()
    assert found == version("vtk")
    assert ("vtkmodules" in modules) == (first != "pass")
