"""What a job is given and returns, and how a job is found by its name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from viewer3d.archive.item import Item
from viewer3d.core.segmentation import Segmentation
from viewer3d.core.structures import StructureSet
from viewer3d.core.volume import Volume
from viewer3d.errors import ArchiveError

Number = float | int | str | bool | None
"""A value that a table of results can have in one of its cells."""

BUILT_IN: Final = ("thumbnail", "mpr", "quad", "lightbox", "mips", "turntable", "info", "statistics", "nifti")
"""Names of the jobs that come along: ``mpr`` is the function ``make_mpr`` of the module ``mpr`` beside this one."""


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
    overlays : tuple of Segmentation or StructureSet
        What lies over the volume; empty unless the run was asked for it.
    item : Item
    job : str
        The name of the job, which its files have in theirs.
    """

    key: str
    folder: Path
    identify: bool
    overlays: tuple[Segmentation | StructureSet, ...]
    item: Item
    job: str

    def file(self, suffix: str) -> Path:
        """Return the path that a job writes its file to, as ``OUT/ab/ab12...-thumbnail.png``.

        It is to be written beside that path and renamed, as all functions of this package do that save something.

        Parameters
        ----------
        suffix : str
            The end of its name: ``".png"``. A job with several files tells them apart: ``"-coronal.png"``.
        """
        return self.folder / f"{self.key}-{self.job.rpartition(':')[2]}{suffix}"


@dataclass(frozen=True)
class Made:
    """What a job made of a volume.

    Attributes
    ----------
    files : tuple of Path
        Below the folder of the context.
    numbers : mapping
        Values for the table of results, by the names of their columns; at most a few hundred.
    """

    files: tuple[Path, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)


Job = Callable[[Volume, Context], Made | tuple[Sequence[Path], Mapping[str, Number]]]
"""Takes a volume and its context, writes files and returns them with numbers."""


def job_of(name: str) -> Job:
    """Return the function of a job.

    Parameters
    ----------
    name : str
        A name of :data:`BUILT_IN`, or the import path of a function: ``"package.module:function"``.

    Raises
    ------
    ArchiveError
        When there is no such job, or its module cannot be imported.
    """
    if name in BUILT_IN:
        found: Any = getattr(import_module(f"viewer3d.archive.jobs.{name}"), f"make_{name}")
        return found  # type: ignore[no-any-return]
    module, colon, function = name.partition(":")
    if not colon or not function.isidentifier():
        raise ArchiveError(
            f"{name!r:.80}: no job: give some of {', '.join(BUILT_IN)}, or one of your own as package.module:function"
        )
    try:
        found = getattr(import_module(module), function)
    except (ImportError, AttributeError, ValueError) as error:
        raise ArchiveError(
            f"{name}: the job cannot be imported ({error}): its module must be installed, or in PYTHONPATH, where the "
            "workers run"
        ) from error
    if not callable(found):
        raise ArchiveError(f"{name}: is no function: a job takes a volume and a context")
    return found  # type: ignore[no-any-return]
