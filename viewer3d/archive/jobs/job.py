"""What a job is given and returns, and how a job is found by its name."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from inspect import signature
from pathlib import Path
from types import ModuleType
from typing import Final

import numpy as np

from viewer3d.archive.item import Item
from viewer3d.core.layers import AnyPlaced
from viewer3d.core.text import printable
from viewer3d.core.volume import Volume
from viewer3d.errors import ArchiveError

Number = float | int | str | bool | None
"""A value that a table of results can have in one of its cells."""

SEPARATOR: Final = " | "
"""Between sentences in one cell of a table, as notes are."""

BUILT_IN: Final = {
    "thumbnail": "pictures:draw_thumbnail",
    "mpr": "pictures:draw_mpr",
    "quad": "pictures:draw_quad",
    "lightbox": "pictures:draw_lightbox",
    "mips": "pictures:draw_mips",
    "turntable": "pictures:draw_turntable",
    "info": "info:report_quality",
    "statistics": "statistics:measure_item",
    "nifti": "conversions:save_nifti",
}
"""Names of the jobs that come along, with the module beside this one and the function that does each."""


@dataclass(frozen=True, eq=False)
class Context:
    """What a job is given beside the volume.

    Attributes
    ----------
    key : str
        That of the item.
    folder : Path
        Where its files are written; it exists.
    identify : bool
        Whether files may say who the patient is.
    overlays : tuple of PlacedLayer or PlacedRegions
        What lies over the volume, from the lowest to the highest, in its world: as ``overlays`` of
        :func:`viewer3d.screenshot` and of all figures. Empty unless the run was asked for it.
    item : Item
    job : str
        The name of the job, which its files have in theirs.
    face_hidden : bool
        Whether pictures are to leave out the front of a face where one is found.
    """

    key: str
    folder: Path
    identify: bool
    overlays: tuple[AnyPlaced, ...]
    item: Item
    job: str
    face_hidden: bool = False

    def file(self, suffix: str) -> Path:
        """Return the path that a job writes its file to, as ``OUT/ab/ab12...-thumbnail.png``.

        It is to be written beside that path and renamed, as all functions of this package do that save something.

        Parameters
        ----------
        suffix : str
            The end of its name: ``".png"``. A job with several files tells them apart: ``"-coronal.png"``.
        """
        return self.folder / f"{self.key}-{label_of(self.job)}{suffix}"


@dataclass(frozen=True)
class Made:
    """What a job made of a volume.

    Attributes
    ----------
    files : tuple of Path
        Below the folder of the context.
    numbers : mapping
        Values for the table of results, by the names of their columns.
    """

    files: tuple[Path, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)


Job = Callable[[Volume, Context], Made | tuple[Sequence[Path], Mapping[str, Number]]]
"""Takes a volume and its context, writes files and returns them with numbers."""


def label_of(name: str) -> str:
    """Return what the files and columns of a job are called: of an own one the name of its function."""
    return name.rpartition(":")[2]


def jobs_of(names: Iterable[str]) -> dict[str, Job]:
    """Return the functions of jobs by their names, in their order.

    Raises
    ------
    ArchiveError
        When there is no such job, or two would have files of the same name.
    """
    found: dict[str, Job] = {}
    labels: dict[str, str] = {}
    for name in names:
        other = labels.setdefault(label_of(name), name)
        if other != name:
            raise ArchiveError(f"{name}: {other} has files of the same name: give one of the functions another name")
        found[name] = job_of(name)
    return found


def job_of(name: str) -> Job:
    """Return the function of a job.

    Parameters
    ----------
    name : str
        A name of :data:`BUILT_IN`, or the import path of a function: ``"package.module:function"``. The module is
        installed, in PYTHONPATH or in the current folder.

    Raises
    ------
    ArchiveError
        When there is no such job, its module cannot be imported, or it takes other arguments.
    """
    module, colon, function = name.partition(":")
    if name in BUILT_IN:
        module, _, function = BUILT_IN[name].partition(":")
        built_in: Job = getattr(import_module(f"viewer3d.archive.jobs.{module}"), function)
        return built_in
    if not colon or not function.isidentifier() or not all(part.isidentifier() for part in module.split(".")):
        raise ArchiveError(
            f"{printable(name)!r:.80}: no job: give some of {', '.join(BUILT_IN)}, or one of your own as "
            "package.module:function"
        )
    found = getattr(_module(name, module), function, None)
    if found is None:
        raise ArchiveError(f"{name}: there is no {function} in {module}: give the name of a function there")
    if not callable(found):
        raise ArchiveError(f"{name}: is {type(found).__name__} and no function: a job takes a volume and a context")
    try:
        signature(found).bind(None, None)
    except TypeError as error:
        raise ArchiveError(f"{name}: cannot be called as a job ({error}): it takes a volume and a context") from error
    except ValueError:  # of functions in C nothing is known
        pass
    own: Job = found
    return own


def _module(name: str, module: str) -> ModuleType:
    """Import the module of an own job, from the current folder too, which the program's own path lacks."""
    before = list(sys.path)
    try:
        sys.path.append(str(Path.cwd()))
        return import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module}.".startswith(f"{error.name}."):
            raise _not_imported(name, error) from error
        raise ArchiveError(
            f"{name}: there is no module {error.name}: install it where the workers run, or give its folder in "
            "PYTHONPATH"
        ) from error
    except Exception as error:  # a module runs any code
        raise _not_imported(name, error) from error
    finally:
        sys.path[:] = before


def _not_imported(name: str, error: Exception) -> ArchiveError:
    words = " ".join(str(error).split())
    return ArchiveError(f"{name}: its module cannot be imported ({type(error).__name__}: {words}): mend it first")


def as_made(name: str, given: object, folder: Path) -> Made:
    """Return what a job returned in its proper form.

    Numbers are Python's own, NaN is None, and files are there.

    Parameters
    ----------
    name : str
        Of the job.
    given : object
        A :class:`Made`, or files and numbers.
    folder : Path
        Where its files are, as the context has it.

    Raises
    ------
    ArchiveError
        When it is neither, a file is not there or elsewhere, or a number is none.
    """
    if isinstance(given, tuple) and len(given) == 2:
        given = Made(*given)
    if (
        not isinstance(given, Made)
        or isinstance(given.files, str | os.PathLike)
        or not isinstance(given.numbers, Mapping)
    ):
        raise ArchiveError(
            f"{name}: returned {_shown(given)}: a job returns files and numbers, ([path, ...], {{name: number, ...}}), "
            "or a Made"
        )
    return Made(
        tuple(_file(name, one, folder) for one in given.files),
        {_column(name, column): _number(name, column, value) for column, value in given.numbers.items()},
    )


def _file(name: str, path: object, folder: Path) -> Path:
    if not isinstance(path, str | os.PathLike):
        raise ArchiveError(f"{name}: returned {_shown(path)} among its files: give paths, from context.file(suffix)")
    file = Path(path)
    if folder not in file.parents or ".." in file.parts:
        raise ArchiveError(f"{name}: wrote {file}, which is not below the item's folder: write to context.file(suffix)")
    if not file.is_file():
        raise ArchiveError(f"{name}: returned {file.name}, and there is no such file: return what it has written")
    return file


def _column(name: str, column: object) -> str:
    if not isinstance(column, str) or not column:
        raise ArchiveError(f"{name}: returned a number called {_shown(column)}: give names of columns as text")
    return printable(column)


def _number(name: str, column: str, value: object) -> Number:
    plain = value.item() if isinstance(value, np.generic) else value
    if isinstance(plain, str):
        return printable(plain)
    if plain is None or isinstance(plain, bool | int):
        return plain
    if isinstance(plain, float):
        return None if math.isnan(plain) else plain
    raise ArchiveError(
        f"{name}: returned {_shown(value)} as {printable(column)}: give a number, text, True or False, or None"
    )


def _shown(value: object) -> str:
    return printable(f"{value!r:.60}")
