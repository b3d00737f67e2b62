"""The program ``viewer3d``: its group of verbs, and how errors leave it."""

from __future__ import annotations

import sys
from typing import Any, Final

import click

from viewer3d import __version__
from viewer3d.cli.doses import dvh_command
from viewer3d.cli.draw import demo_command, shot_command, show_command
from viewer3d.cli.figures import figure_command, movie_command
from viewer3d.cli.files.convert import convert_command
from viewer3d.cli.files.surfaces import surface_command
from viewer3d.cli.look import doctor_command, info_command, list_command
from viewer3d.cli.recipes import recipe_command, replay_command
from viewer3d.cli.tables import compare_segmentations_command, measure_command
from viewer3d.cli.terminal import give_up, print_aside, settle_streams
from viewer3d.errors import Viewer3DError

VERBS: Final = (
    *(list_command, info_command, doctor_command),
    *(shot_command, show_command, demo_command),
    *(figure_command, movie_command),
    *(recipe_command, replay_command),
    *(measure_command, compare_segmentations_command, dvh_command),
    *(convert_command, surface_command),
)
"""All verbs; each imports what it needs when it runs, so that ``--help`` is quick."""


class _Program(click.Group):
    """Group of verbs that turns errors and broken streams into one line and exit code 2."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the program on standard streams that can be written to."""
        settle_streams()
        try:
            return super().main(*args, **options)
        except OSError as error:
            give_up(error)
            sys.exit(2)

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
    viewer3d shot PATH -o out.png         slices and 3D in one picture
    viewer3d figure mpr PATH -o fig.pdf   a figure for paper
    viewer3d movie PATH -o out.webp       around it; or slices, windows, times
    viewer3d measure PATH --overlay SEG   volumes and values of its segments
    viewer3d convert PATH -o out.nii.gz   for other programs: NIfTI, NRRD, MHA
    viewer3d replay out.png PATH          made again: is it the same?
    """  # noqa: D301 (click wants the character, not a backslash)


for _verb in VERBS:
    main.add_command(_verb)
