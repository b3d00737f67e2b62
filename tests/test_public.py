"""The public surface: what is public, that it is found, and that all it takes and gives is public as well."""

from __future__ import annotations

import ast
import dataclasses
import importlib
import inspect
import sys
import types
import typing
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pydicom
import pytest

import viewer3d
import viewer3d.figures.style

MODULES: tuple[str, ...] = (
    "viewer3d",
    "viewer3d.archive",
    "viewer3d.errors",
    "viewer3d.figures",
    "viewer3d.phantom",
    "viewer3d.testing",
)
if find_spec("qtpy") and find_spec("PySide6"):  # an extra
    MODULES: tuple[str, ...] = (*MODULES, "viewer3d.qt")
HIDDEN = ("once", "begin_digest", "refine", "prepare_interactive")
HIDDEN_BEGINNINGS = ("check_", "make_")


def public() -> dict[str, Any]:
    """All public names with their module, and what they are."""
    found = {}
    for name in MODULES:
        module = importlib.import_module(name)
        found |= {f"{name}.{one}": getattr(module, one) for one in module.__all__}
    return found


PUBLIC = public()
NAMED = {
    "Dataset": pydicom.Dataset,
    "AnyVolume": viewer3d.AnyVolume,
}  # in types that are strings, so that nothing is imported for them
ARRAYS = ("NDArray", "ArrayLike", "Points", "Affine")
INSIDE = {  # fields and parameters that are for this package alone: what a figure is drawn from, what a viewer sits in
    "Figure.page",
    "Figure.__init__(page)",
    "GridFile.load",
    "GridFile.__init__(load)",
    "Viewer.__init__(screen)",
    "Viewer.interactor(return)",
    "Viewer.steering(return)",
    "Scene.device(return)",
}
CALLED = {name: one for name, one in PUBLIC.items() if inspect.isclass(one) or inspect.isfunction(one)}


@pytest.mark.parametrize("name", MODULES)
def test_a_public_module_says_what_is_public(name: str) -> None:
    module = importlib.import_module(name)
    assert len(set(module.__all__)) == len(module.__all__)
    assert all(hasattr(module, one) for one in module.__all__)
    assert set(module.__all__) <= set(dir(module))


def test_dir_shows_the_public_names_and_nothing_else() -> None:
    for name in viewer3d.__all__:
        getattr(viewer3d, name)
    assert dir(viewer3d) == sorted(viewer3d.__all__)


def test_an_editor_sees_the_names_that_load() -> None:
    """What type checkers and editors read, which run nothing, is what ``__getattr__`` gives."""
    tree = ast.parse(Path(viewer3d.__file__).read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {alias.asname or alias.name for one in block.body for alias in one.names}  # type: ignore[attr-defined]
    assert seen == set(viewer3d.__all__) - {"__version__"}


def test_public_names_have_a_docstring() -> None:
    described = [name for name in PUBLIC if name in CALLED or inspect.ismodule(PUBLIC[name])]
    assert [name for name in described if not PUBLIC[name].__doc__] == []


def test_what_is_for_this_package_alone_is_not_public() -> None:
    names = [*PUBLIC, *(f"{name}.{one}" for name, kind in CALLED.items() for one in dir(kind))]
    last = [name.rpartition(".")[2] for name in names if not name.startswith("viewer3d.testing.")]
    assert not [one for one in last if one in HIDDEN or one.startswith(HIDDEN_BEGINNINGS)]


def test_what_is_public_takes_and_gives_what_is_public() -> None:
    ours = {kind for kind in CALLED.values() if inspect.isclass(kind)}
    unknown = {
        f"{name}: {where}: {kind.__module__}.{kind.__qualname__}"
        for name, what in CALLED.items()
        for where, hint in hints_of(what)
        for kind in classes_in(hint)
        if kind.__module__.startswith("viewer3d") and kind not in ours and where not in INSIDE
    }
    assert unknown == set()


def hints_of(what: Any) -> Iterator[tuple[str, Any]]:
    """The types of a function's parameters and result, or of a class's fields, properties and public methods."""
    if inspect.isfunction(what):
        yield from ((f"{what.__qualname__}({key})", hint) for key, hint in hints(what).items())
        return
    if dataclasses.is_dataclass(what):
        fields = {field.name for field in dataclasses.fields(what)}
        yield from ((f"{what.__qualname__}.{key}", hint) for key, hint in hints(what).items() if key in fields)
    for name, member in inspect.getmembers_static(what):
        if name.startswith("_") and name not in ("__init__", "__call__", "__getitem__", "__iter__"):
            continue
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if inspect.isfunction(function) and function.__module__.startswith("viewer3d"):
            yield from ((f"{what.__qualname__}.{name}({key})", hint) for key, hint in hints(function).items())


def hints(what: Any) -> dict[str, Any]:
    """The annotations of something, with what its module imports for type checkers alone."""
    module, notes = what.__module__, dict(what.__annotations__)
    if signature := getattr(what, "__signature__", None):  # of a figure, which is drawn by a function that gives a page
        notes = {name: one.annotation for name, one in signature.parameters.items()}
        notes["return"] = signature.return_annotation
    known = (
        NAMED
        | vars(viewer3d.figures)
        | vars(viewer3d.figures.style)
        | vars(sys.modules[module])
        | checked_imports(module)
    )
    annotated = type("Annotated", (), {"__annotations__": notes, "__module__": module})
    found = typing.get_type_hints(annotated, known)
    return {key: hint for key, hint in found.items() if not key.startswith("_")}


def checked_imports(module: str) -> dict[str, Any]:
    tree = ast.parse(Path(str(sys.modules[module].__file__)).read_text(encoding="utf-8"))
    found: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            exec(compile(ast.Module(node.body, []), module, "exec"), found)
    return found


def classes_in(hint: Any) -> Iterator[type]:
    """The classes that a type is made of: of ``tuple[A, ...] | None`` A, tuple and None."""
    if isinstance(hint, type) and not isinstance(hint, types.GenericAlias):
        yield hint
    for part in typing.get_args(hint):
        for one in part if isinstance(part, list) else [part]:
            yield from classes_in(one)


def functions_of(what: Any) -> Iterator[Any]:
    """A function itself, or the public methods and properties of a class that are ours."""
    if inspect.isfunction(what):
        yield what
        return
    for name, member in inspect.getmembers_static(what):
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if not name.startswith("_") and inspect.isfunction(function) and function.__module__.startswith("viewer3d"):
            yield function


def test_arrays_are_described_by_their_shape() -> None:
    """Each public function that takes or gives an array says its shape; the dtype and unit stand beside it."""
    silent = [
        f"{name}: {function.__qualname__}"
        for name, what in CALLED.items()
        for function in functions_of(what)
        if any(word in str(note) for note in function.__annotations__.values() for word in ARRAYS)
        and "shape" not in (function.__doc__ or "")
    ]
    assert silent == []
