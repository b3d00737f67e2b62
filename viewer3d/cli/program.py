"""The program ``viewer3d``: its group of verbs, and how errors leave it."""

from __future__ import annotations

import gc
import os
import sys
from importlib import import_module
from typing import Any, Final

import click

from viewer3d import __version__
from viewer3d.cli.terminal import give_up, print_aside, settle_streams
from viewer3d.errors import Viewer3DError

_HERE: Final = "viewer3d.cli"

VERBS: Final = {
    "list": (f"{_HERE}.look", "List the series at PATH, reading headers only."),
    "info": (f"{_HERE}.look", "Say what was found at PATH, and what was decided."),
    "doctor": (f"{_HERE}.look", "Say what works here, and what mends the rest."),
    "presets": (f"{_HERE}.settings.presets", "List windows, transfer functions, colours, keys; and your own file."),
    "shot": (f"{_HERE}.draw", "Draw the volume at PATH into a picture."),
    "show": (f"{_HERE}.draw", "Open a window on the series at PATH."),
    "serve": (f"{_HERE}.windows.serve", "Show the series at PATH in a browser: a page on this machine."),
    "forget": (f"{_HERE}.draw", "Delete all that windows have kept: views of series, folders that were opened."),
    "demo": (f"{_HERE}.draw", "Draw the built-in example."),
    "figure": (f"{_HERE}.figures", "Make a ready figure of the volume at PATH."),
    "movie": (f"{_HERE}.figures", "Make a movie of the volume at PATH."),
    "page": (f"{_HERE}.files.page", "Make a page that stands by itself of the volume at PATH."),
    "recipe": (f"{_HERE}.recipes", "Print what PICTURE was made of and how."),
    "replay": (f"{_HERE}.recipes", "Make PICTURE again, and say whether it is the same."),
    "why": (f"{_HERE}.proof.why", "Say why a pixel of PICTURE has its colour."),
    "diff": (f"{_HERE}.proof.diff", "Compare two exports of one study, voxel by voxel."),
    "measure": (f"{_HERE}.tables", "Measure the segments and structures over the volume at PATH."),
    "compare-segmentations": (f"{_HERE}.tables", "Say how a segmentation agrees with a true one."),
    "dvh": (f"{_HERE}.doses", "Say which dose structures have."),
    "convert": (f"{_HERE}.files.convert", "Write the volume or segmentation at PATH to a file of another format."),
    "batch": (f"{_HERE}.files.batch", "Make pictures, tables or files of every volume of an archive."),
    "challenge": (f"{_HERE}.proof.challenge", "Put any viewer to faulty series, and mark its answers."),
    "surface": (f"{_HERE}.files.surfaces", "Write the surface of PATH at a value, or of segments."),
}
"""Of each verb the module that it is in, as ``NAME_command``, and what the help of the program says of it."""


_OBJECTS: Final = 10_000
"""New objects after which Python looks for cycles that nothing refers to: modules have none, and are all that most
verbs make. With its own 700 that takes 4 ms while they are imported."""


class _Verb(click.Command):
    """What is known of a verb before its module is imported: its name, and what it is for."""

    def loaded(self) -> click.Command:
        """Return the verb itself."""
        name = str(self.name)
        # No verb multiplies large matrices: numpy's OpenBLAS would start a thread for each core, for 40 ms of CPU.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        command: click.Command = getattr(import_module(VERBS[name][0]), f"{name.replace('-', '_')}_command")
        return command


class _Program(click.Group):
    """Group of verbs that turns errors and broken streams into one line and exit code 2."""

    def __call__(self, *args: Any, **options: Any) -> Any:
        """Run as the whole of a process, as a test that calls :meth:`main` does not."""
        gc.set_threshold(_OBJECTS)
        try:
            return super().__call__(*args, **options)
        finally:
            gc.freeze()  # all that is left ends with the process: to look for cycles in it first takes 25 ms

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the program on standard streams that can be written to."""
        settle_streams()
        try:
            return super().main(*args, **options)
        except OSError as error:
            give_up(error)
            sys.exit(2)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Import the verb that is called, and no other: each would add its options' modules to the time."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.loaded() if isinstance(command, _Verb) else command, rest

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb and report its errors."""
        try:
            return super().invoke(ctx)
        except Viewer3DError as error:
            click.echo(f"viewer3d: {error}", err=True)
        except MemoryError:
            print_aside("viewer3d: there is not enough memory for this; close other programs, or load fewer slices")
        return ctx.exit(2)


@click.group(cls=_Program, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="viewer3d")
def main() -> None:
    """See CT, MR and PET series from DICOM files as they were scanned.

    PATH is a folder (searched at any depth), one file, a DICOMDIR or a zip, or several of these.

    \b
    viewer3d demo                         a picture of the built-in example
    viewer3d list PATH                    the series in a folder
    viewer3d show PATH                    a window: slices and 3D, linked
    viewer3d serve PATH                   the same in a browser, also from afar
    viewer3d shot PATH -o out.png         slices and 3D in one picture
    viewer3d shot PATH --terminal         the same, drawn here
    viewer3d figure mpr PATH -o fig.pdf   a figure for paper
    viewer3d movie PATH -o out.webp       around it; or slices, windows, times
    viewer3d page PATH -o page.html       slices to look through, for a mail
    viewer3d measure PATH --overlay SEG   volumes and values of its segments
    viewer3d convert PATH -o out.nii.gz   for other programs: NIfTI, NRRD, MHA
    viewer3d batch PATH... -o FOLDER      pictures and numbers of a whole archive
    viewer3d replay out.png PATH          made again: is it the same?
    """  # noqa: D301 (click wants the character, not a backslash)


for _name, (_, _purpose) in VERBS.items():
    main.add_command(_Verb(_name, short_help=_purpose))
