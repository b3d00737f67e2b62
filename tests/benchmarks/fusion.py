"""Slices of a CT with PET over it, beside the CT alone and VTK's own mappers. ``python fusion.py CT PET``.

All take turns in one process, for shares of each other's time are what is asked; the least CPU time of each counts.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import count

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

SIZE = (1200, 900)
ROUNDS = 4
STEPS = 8
"""Of each way in each round."""

OBLIQUE = ((0.8, 0.48, 0.36), (-0.6, 0.64, 0.48), (0.0, -0.6, 0.8))
"""Turned by 37 degrees about two axes."""

LIMITS = {"axial step": 4.0, "oblique step": 4.0, "three panes step": 4.5, "change": 1.3, "peer": 0.5}
"""What a fused picture may take of the time of the CT alone (its step, its change of window), and of VTK's step."""

Act = Callable[[], object]


def scene_ways(ct, pet, view, axes) -> Iterator[tuple[str, Act]]:
    """Yield steps and changes of the CT alone and with PET. No step and no window comes twice."""
    number = count()
    alone, fused = viewer3d.Scene(ct, SIZE), viewer3d.Scene(ct, SIZE, overlays=[pet])
    fused.screenshot()
    looks = fused.state.layers[1]
    first = replace(viewer3d.first_state(ct, view), axes=axes)
    both = replace(first, layers=(*first.layers, looks))
    middle = np.add(ct.geometry.center, 0.3)

    def center(look) -> viewer3d.Window:
        window = look.window
        return viewer3d.Window(
            window.center + window.width * (next(number) % 997) / 9970, window.width, window.function
        )

    def acts(scene, state) -> Iterator[tuple[str, Act]]:
        def step() -> None:
            scene.apply(state.with_cursor(middle + (next(number) % 37) - 18))

        def change(layer: int, **what) -> Act:
            return lambda: scene.apply(state.with_look(layer, **{key: make() for key, make in what.items()}))

        yield "step", step
        yield "window of the CT", change(0, window=lambda: center(state.layers[0]))
        if len(state.layers) > 1:
            yield "window of the PET", change(1, window=lambda: center(state.layers[1]))
            yield "opacity", change(1, opacity=lambda: 0.2 + (next(number) % 997) / 2000)

    yield from ((f"CT, {name}", act) for name, act in acts(alone, first))
    yield from ((f"CT + PET, {name}", act) for name, act in acts(fused, both))
    flat = both.with_look(1, ramp=0.0, opacity=0.5)
    yield from ((f"CT + PET flat, {name}", act) for name, act in acts(fused, flat))


def vtk_way(ct, pet, view, axes) -> Act:
    """A step of two vtkImageSlice in one vtkImageStack, of vtkImageResliceMapper, in as many panes."""
    state = replace(viewer3d.first_state(ct, view), axes=axes)
    window = vtkRenderWindow()
    window.SetOffScreenRendering(True)
    window.SetSize(*SIZE)
    panes = []
    for name, rect in layout(view, SIZE).items():
        plane, renderer = vtkPlane(), vtkRenderer()
        left, right = rect.left / SIZE[0], (rect.left + rect.width) / SIZE[0]
        renderer.SetViewport(left, 0.0, right, 1.0)
        stack = vtkImageStack()
        for layer, volume in enumerate((ct, pet)):
            mapper, image = vtkImageResliceMapper(), vtkImageSlice()
            mapper.SetInputData(to_vtk(volume))
            mapper.SetSlicePlane(plane)
            image.SetMapper(mapper)
            image.GetProperty().SetInterpolationTypeToLinear()
            image.GetProperty().SetLayerNumber(layer)
            low, high = volume.default_window.bounds
            image.GetProperty().SetColorWindow(high - low)
            image.GetProperty().SetColorLevel((high + low) / 2)
            if layer:
                image.GetProperty().SetOpacity(0.5)
                image.GetProperty().SetLookupTable(_hot())
            stack.AddImage(image)
        renderer.AddViewProp(stack)
        renderer.GetActiveCamera().ParallelProjectionOn()
        window.AddRenderer(renderer)
        panes.append((name, rect, plane, renderer))
    number = count()

    def step() -> None:
        moved = state.with_cursor(np.add(ct.geometry.center, 0.3 + (next(number) % 37) - 18))
        for name, rect, plane, renderer in panes:
            place = pane_geometry(ct.geometry, moved, name, rect.size)
            middle = place.to_world((np.array(rect.size) - 1) / 2)
            normal = np.cross(place.plane.right, place.plane.down)
            plane.SetOrigin(*middle)
            plane.SetNormal(*normal)
            camera = renderer.GetActiveCamera()
            camera.SetFocalPoint(*middle)
            camera.SetPosition(*(middle - 1000 * normal))
            camera.SetViewUp(*np.negative(place.plane.down))
            camera.SetParallelScale(rect.height * place.mm_per_pixel / 2)
            renderer.ResetCameraClippingRange()
        window.Render()
        window.WaitForCompletion()

    return step


def _hot() -> vtkLookupTable:
    table = vtkLookupTable()
    table.SetNumberOfTableValues(256)
    for n, color in enumerate(palette("hot-iron")):
        table.SetTableValue(n, *(color / 255), 1.0)
    return table


def least(acts: dict[str, Act]) -> dict[str, float]:
    """CPU seconds of the quickest of each, taken in turn."""
    best = dict.fromkeys(acts, np.inf)
    for _ in range(ROUNDS):
        for name, act in acts.items():
            act()
            for _ in range(STEPS):
                start = time.process_time()
                act()
                best[name] = min(best[name], time.process_time() - start)
    return best


def main(ct_path: str, pet_path: str) -> None:
    """Print the seconds of each way, their shares and the limits, and all as JSON."""
    ct, pet = viewer3d.load(ct_path), viewer3d.load(pet_path)
    told = {}
    for title, view, axes in (
        ("axial", "axial", np.eye(3)),
        ("oblique", "axial", np.array(OBLIQUE)),
        ("three panes", "mpr", np.eye(3)),
    ):
        turned = tuple(tuple(row) for row in axes.tolist())
        acts = {**dict(scene_ways(ct, pet, view, turned)), "VTK, step": vtk_way(ct, pet, view, turned)}
        best = told[title] = least(acts)
        print(f"{title:28}{'cpu ms':>9}{'of CT':>8}{'limit':>8}{'of VTK':>8}{'limit':>8}")
        for name, seconds in best.items():
            of, _, what = name.partition(", ")
            is_step = what == "step"
            base = best["CT, step" if is_step else "CT, window of the CT"]
            limit = LIMITS[f"{title} step"] if is_step else LIMITS["change"]
            line = f"{name:28}{1000 * seconds:9.2f}{seconds / base:8.2f}"
            line += f"{limit:8.1f}" if of.startswith("CT +") else " " * 8
            print(line + (f"{seconds / best['VTK, step']:8.2f}{LIMITS['peer']:8.1f}" if is_step else ""))
    print(json.dumps(told))


if __name__ == "__main__":
    from dataclasses import replace

    import numpy as np
    import vtkmodules.vtkRenderingOpenGL2  # noqa: F401 (what draws)
    from vtkmodules.vtkCommonCore import vtkLookupTable
    from vtkmodules.vtkCommonDataModel import vtkPlane
    from vtkmodules.vtkRenderingCore import vtkImageSlice, vtkRenderer, vtkRenderWindow
    from vtkmodules.vtkRenderingImage import vtkImageResliceMapper, vtkImageStack

    import viewer3d
    from viewer3d.render.colors import palette
    from viewer3d.render.image_data import to_vtk
    from viewer3d.render.panes import layout, pane_geometry

    main(*sys.argv[1:])
