"""What is saved and copied from a viewer's window, each with a note of what was done."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from viewer3d.app.input.bindings import Command
from viewer3d.app.window.measurement_list import copy_list, save_list
from viewer3d.core.files import free_paths, write_whole
from viewer3d.errors import Viewer3DError

if TYPE_CHECKING:
    from viewer3d.app.viewer import Viewer


def put_out(viewer: Viewer, command: Command) -> str:
    """Save or copy what a command asks for, into the folder that is current; return a note of it, also of failure."""
    try:
        return _put_out(viewer, command)
    except (Viewer3DError, OSError) as error:
        return f"not {'copied' if command == 'copy measurements' else 'saved'}: {error}"


def _put_out(viewer: Viewer, command: Command) -> str:
    measurements = viewer.state.measurements
    if command == "copy measurements":
        return copy_list(measurements, viewer.results)
    if command == "save measurements":
        return save_list(viewer.volume, measurements, Path.cwd())
    (path,) = free_paths(Path.cwd(), "viewer3d", (".png" if command == "save picture" else ".json",))
    if command == "save picture":
        viewer.screenshot(path)
    else:
        text = replace(viewer.state, pointer=None).to_json()
        write_whole(path, lambda file: file.write(text.encode()))
    return f"saved {path}"
