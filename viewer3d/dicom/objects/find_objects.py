"""Find the DICOM objects of a kind in files: those that lie over images and are no images themselves."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from viewer3d.dicom.files.refused import RefusedFile
from viewer3d.dicom.files.sources import FILE_REMEDY, DicomInput, FileSource, Source, find_sources, name_of
from viewer3d.dicom.headers import fast
from viewer3d.dicom.headers.attributes import UNDEFINED_LENGTH, Attributes
from viewer3d.dicom.headers.by_pydicom import read_with_pydicom
from viewer3d.dicom.headers.dataset_checks import class_name
from viewer3d.dicom.headers.read import series_tags
from viewer3d.dicom.headers.values import text
from viewer3d.dicom.objects.dicom_object import DicomObject
from viewer3d.errors import BadFileError, ChoiceError, LimitError, NotFoundError, NoVolumeError, Viewer3DError

if TYPE_CHECKING:
    from pydicom import Dataset


@dataclass(frozen=True, eq=False)
class FoundObject:
    """An object that was found, and its header.

    Attributes
    ----------
    source : Source
    attributes : dict
        See :mod:`viewer3d.dicom.headers.attributes`.
    dataset : pydicom.Dataset
        Up to its pixels.
    """

    source: Source
    attributes: Attributes
    dataset: Dataset = field(repr=False)

    @property
    def line(self) -> str:
        """What it is, in one line."""
        tags = series_tags(self.attributes)
        number = "series without a number" if tags.number is None else f"series {tags.number}"
        return " ".join(part for part in (number, tags.modality, tags.description) if part)

    def is_named(self, series: int | str) -> bool:
        """Return whether a Series Number, Series Instance UID or SOP Instance UID is its own."""
        tags = series_tags(self.attributes)
        own = {tags.uid, text(self.attributes, "SOPInstanceUID"), "" if tags.number is None else str(tags.number)}
        return str(series) in own - {""}


def find_object(
    where: DicomInput | DicomObject, classes: frozenset[str], what: str, call: str, series: int | str | None = None
) -> FoundObject:
    """Find the one object of some SOP Classes.

    Parameters
    ----------
    where : path, pydicom.Dataset, or sequence of them, or DicomObject
    classes : frozenset of str
        SOP Class UIDs.
    what : str
        What they are called, as ``"segmentation"``.
    call : str
        The public function that reads it, for messages.
    series : int or str, optional
        Series Number, Series Instance UID or SOP Instance UID.

    Raises
    ------
    NotFoundError
        When there is no path, or no DICOM there.
    NoVolumeError
        When there is no such object.
    ChoiceError
        When there are several.
    BadFileError
        When the only file that was given cannot be read.
    """
    sources = [where.source] if isinstance(where, DicomObject) else find_sources(where)
    place = where.file if isinstance(where, DicomObject) else name_of(where)
    found, others = [], dict[str, int]()
    for source in sources:
        one = source if isinstance(source, RefusedFile) else _read(source, classes)
        if isinstance(one, FoundObject):
            found.append(one)
        else:
            reason = one.reason if isinstance(one, RefusedFile) else one
            others[reason] = others.get(reason, 0) + 1
            if len(sources) == 1 and isinstance(one, RefusedFile) and one.damaged:
                raise BadFileError(f"{one.name}: {one.reason}")
    meant = [one for one in found if series is None or one.is_named(series)]
    if len(meant) == 1:
        return meant[0]
    if not meant:
        raise _nothing(place, what, found, others, series)
    raise ChoiceError(
        "\n".join([f"{place} holds {len(meant)} objects of the kind {what}; choose one:", *_calls(meant, call)])
    )


@contextmanager
def reading(found: FoundObject, what: str) -> Iterator[None]:
    """Raise an error that names the file for whatever damaged elements of an object make go wrong.

    Parameters
    ----------
    found : FoundObject
    what : str
        What of it cannot be read then, as ``"its header"``.

    Raises
    ------
    BadFileError
        For errors of all kinds but those of this package.
    LimitError
        When memory runs out.
    """
    name = found.source.name
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as for all headers: what breaks its VR is absent
        try:
            yield
        except Viewer3DError:
            raise
        except MemoryError as error:
            raise LimitError(f"{name}: there is not enough memory for it; close other programs") from error
        except Exception as error:  # pydicom decodes values when they are accessed, and raises any kind of error
            why = " ".join(str(error).split()) or type(error).__name__
            raise BadFileError(f"{name}: {what} cannot be read ({why:.200}); {FILE_REMEDY}") from error


def check_whole(dataset: Dataset, name: str) -> None:
    """Check that no element is cut off, of which pydicom gives what is there.

    Raises
    ------
    BadFileError
        Names the file and the element.
    """
    for tag in dataset.keys():  # noqa: SIM118 (values would be decoded)
        element = dataset.get_item(tag)
        value, length = getattr(element, "value", None), getattr(element, "length", 0)
        if isinstance(value, bytes) and length != UNDEFINED_LENGTH and len(value) < length:
            raise BadFileError(f"{name}: truncated: {length:,} bytes of {tag} and only {len(value):,}; {FILE_REMEDY}")


def _read(source: Source, classes: frozenset[str]) -> FoundObject | RefusedFile | str:
    try:
        if isinstance(source, FileSource) and (quick := fast.read_attributes(source.path)) is not None:
            uid = text(quick, "SOPClassUID")
            if uid not in classes:
                return class_name(uid)
        read = read_with_pydicom(source)
    except BadFileError as error:
        return RefusedFile(source.name, str(error).removeprefix(f"{source.name}: "), damaged=True)
    except OSError as error:
        return RefusedFile(source.name, f"cannot be read ({error.strerror})", damaged=True)
    if isinstance(read, RefusedFile):
        return read
    attributes, dataset = read
    uid = text(attributes, "SOPClassUID")
    return FoundObject(source, attributes, dataset) if uid in classes else class_name(uid)


def _calls(found: list[FoundObject], call: str) -> Iterator[str]:
    numbers = [series_tags(one.attributes).number for one in found]
    uids = [series_tags(one.attributes).uid for one in found]
    sops = [text(one.attributes, "SOPInstanceUID") for one in found]
    for one, number, uid, sop in zip(found, numbers, uids, sops, strict=True):
        if number is not None and numbers.count(number) == 1:
            key = str(number)
        else:
            key = repr(uid if uid and uids.count(uid) == 1 else sop)
        known = key != repr(sop) or sops.count(sop) == 1
        how = f"..., series={key}" if known else repr(one.source.name)  # of copies each has a path of its own
        yield f"  {call}({how})  {one.line}  {one.source.name}"


def _nothing(
    name: str, what: str, found: list[FoundObject], others: dict[str, int], series: int | str | None
) -> NotFoundError | NoVolumeError:
    if found:
        listed = "; ".join(one.line for one in found[:8])
        return NoVolumeError(f"{name}: no {what} of series {series!r:.80}; there is {listed}")
    if not others:
        return NotFoundError(f"{name}: there are no files; give a {what} or a folder with one")
    listed = ", ".join(f"{count} {reason}" for reason, count in sorted(others.items(), key=lambda one: -one[1])[:4])
    if set(others) == {"not DICOM"}:
        return NotFoundError(f"{name}: nothing there is DICOM ({listed}); give a {what} or a folder with one")
    return NoVolumeError(f"{name}: no {what} among what is there: {listed}")
