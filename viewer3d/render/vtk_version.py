"""The version of VTK, for recipes and for the cache of what OpenGL can do."""

from __future__ import annotations


def vtk_version() -> str:
    """Return the version of VTK that is installed, as ``"9.6.0"``."""
    import vtkmodules  # noqa: PLC0415 (no VTK before it is asked for; its libraries are not loaded for this)

    return str(vtkmodules.__version__)
