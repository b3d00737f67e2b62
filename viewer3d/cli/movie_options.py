"""The options of ``viewer3d movie``, and the arguments of a movie that they mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from viewer3d.cli.figure_options import add_options, given_arguments

OPTIONS: dict[str, dict[str, Any]] = {
    "--frames": {"type": int, "metavar": "N", "help": "How many; default 48, of cine every slice there and back."},
    "--rate": {"type": float, "metavar": "N", "help": "Frames per second; default 12.5, of times 5."},
    "--size": {"metavar": "WxH", "default": "512x512", "show_default": True, "help": "In pixels."},
    "--view": {"metavar": "NAME", "help": "Panes, as of shot; default 3d (turntable), the plane (cine) or axial."},
    "--plane": {"metavar": "NAME", "help": "axial, coronal or sagittal (cine).  [default: axial]"},
    "--windows": {"metavar": "A,B,...", "help": "From one to the next: names or center/width (sweep)."},
    "--window": {"metavar": "NAME|C/W", "help": "bone, lung, ...; file; auto; or center/width (cine, times)."},
    "--at": {"metavar": "X,Y,Z|WORD", "help": "LPS mm, index:I,J,K, center, max or auto (sweep, times)."},
    "--rendering": {"metavar": "NAME", "help": "Preset in 3D: bone, ct-lung, ... (turntable)."},
    "--hide-couch/--show-couch": {"default": None, "help": "3D without couch and head-holder (turntable)."},
    "--state": {"metavar": "FILE", "help": "What is not chosen otherwise, as saved: JSON or a picture."},
}
"""What click is told of each; the help ends with the movies that have it, where not all do."""

KINDS = ("turntable", "cine", "sweep", "times")


def movie_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of all movies."""
    command = add_options(command, OPTIONS)
    kinds = "Once around, through slices, windows, or the times of a 4-D series."
    return click.option("--kind", type=click.Choice(KINDS), default="turntable", show_default=True, help=kinds)(command)


def movie_arguments(choices: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a movie that were given.

    Parameters
    ----------
    choices : dict
        What click found, by name; other options' are passed over.
    """
    return given_arguments(choices, OPTIONS)
