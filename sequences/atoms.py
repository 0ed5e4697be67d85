"""Figures of the images of atoms-scan: what is in them beyond the light."""

from shotlane.results import ShotData


def cloud(shot: ShotData) -> float:
    """How much brighter the image is than that without atoms, over all pixels."""
    image, background = shot.arrays("camera.image")
    return float((image - background).sum())
