"""Stills of a CT in 3D, alone or with PET: one way in one process. ``python two_volumes.py WAY CT PET``."""

from __future__ import annotations

import json
import os
import sys
import time

os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

SIZE = (512, 512)
STILLS = 4


def request_of(ct, pet, *, has_pet: bool) -> RenderRequest:
    """What a still of the CT is drawn from, its couch hidden, with or without the PET."""
    state = first_state(ct, "3d", "auto", "ct-bone")
    look = VolumeLook("ct-bone", couch_hidden=state.layers[0].couch_hidden)
    others = (OtherVolume(pet, VolumeLook("pet-uptake")),) if has_pet else ()
    return RenderRequest(state.camera, look, SIZE, others=others)


def own(ct, pet, request) -> float:
    """As the 3D pane draws them."""
    renderer = OffscreenRenderer(find_opengl(), ct, STILL, tuple(other.volume for other in request.others))
    return least(lambda: renderer.draw(request))


def vtk_alone(ct, pet, request) -> float:
    """Two volumes by the shader that VTK has for several, of the same voxels, looks and samples."""
    mapper, prop = still_mapper(), vtkMultiVolume()
    prop.SetMapper(mapper)
    for port, (volume, look) in enumerate(((ct, request.look), (pet, request.others[0].look))):
        shown, transfer = look.shown_volume(volume), look.transfer(volume)
        part = extract_block(shown, visible_block(shown, transfer), transfer)
        one = vtkVolume()
        one.SetProperty(volume_property(transfer))
        one.SetUserMatrix(grid_to_world(part.geometry))
        mapper.SetInputDataObject(port, cell_grid(part))
        prop.SetVolume(one, port)
    mapper.SetSampleDistance(min(ct.spacing))
    renderer, window = vtkRenderer(), offscreen_window(find_opengl(), SIZE)
    renderer.AddVolume(prop)
    window.AddRenderer(renderer)
    aim_camera(renderer, request.camera, SIZE)
    return least(window.Render, 1)


def least(draw, stills=STILLS) -> float:
    """CPU seconds of the quickest still, the first one apart."""
    draw()
    times = []
    for _ in range(stills):
        start = time.process_time()
        draw()
        times.append(time.process_time() - start)
    return min(times)


WAYS = {
    "viewer3d, CT alone": (own, False),
    "viewer3d, CT and PET": (own, True),
    "vtkMultiVolume as it is": (vtk_alone, True),
}


def main(way: str, ct_path: str, pet_path: str) -> None:
    """Time one way, and print its seconds as JSON."""
    ct, pet = viewer3d.load(ct_path), viewer3d.load(pet_path)
    draw, has_pet = WAYS[way]
    request = request_of(ct, pet, has_pet=has_pet)
    cpu = draw(ct, pet, request)
    print(json.dumps({"wall": cpu, "cpu": cpu}))


if __name__ == "__main__":
    from vtkmodules.vtkRenderingCore import vtkRenderer, vtkVolume
    from vtkmodules.vtkRenderingVolume import vtkMultiVolume

    import viewer3d
    from viewer3d.render.first_state import first_state
    from viewer3d.render.gl import find_opengl, offscreen_window
    from viewer3d.render.image_data import cell_grid
    from viewer3d.render.volume.actor import STILL, grid_to_world, still_mapper, volume_property
    from viewer3d.render.volume.loaded_block import extract_block, visible_block
    from viewer3d.render.volume.renderer import OffscreenRenderer, aim_camera
    from viewer3d.render.volume.request import OtherVolume, RenderRequest
    from viewer3d.render.volume.volume_look import VolumeLook

    main(*sys.argv[1:])
