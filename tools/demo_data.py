"""The demo's photographs: crops of pictures that scikit-image and scikit-learn ship."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

#: class -> scikit-image's name for the photograph; two come from scikit-learn
PHOTOGRAPHS = {
    "astronaut": "astronaut",
    "cat": "chelsea",
    "coffee": "coffee",
    "motorcycle": "motorcycle_left",
    "rocket": "rocket",
    "flower": "flower.jpg",
    "temple": "china.jpg",
}
#: what goes wrong with some of the crops
FAULTS = ("dusk", "blur", "noise", "gray", "frame")
SIDE = 192
N_TRAIN, N_TEST = 60, 60
SEED = 7


@dataclass(frozen=True)
class Shot:
    """One test image: its file, what it shows, what was done to it, and what the model says."""

    path: Path
    label: str
    faults: tuple[str, ...]
    prediction: str


def photograph(name: str) -> Pixels:
    """Returns a photograph as ``(h, w, 3)`` bytes."""
    if name.endswith(".jpg"):
        from sklearn.datasets import load_sample_image

        return np.asarray(load_sample_image(name), np.uint8)
    import skimage.data
    from skimage.io import imread

    folder = Path(skimage.data.__file__).parent
    file = next(
        folder / f"{name}{end}" for end in (".png", ".jpg") if (folder / f"{name}{end}").exists()
    )
    return np.asarray(imread(file)[..., :3], np.uint8)


def crop(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Returns a random square of a photograph, sometimes mirrored."""
    import cv2

    side = int(rng.integers(150, 240))
    top = int(rng.integers(0, pixels.shape[0] - side + 1))
    left = int(rng.integers(0, pixels.shape[1] - side + 1))
    square = pixels[top : top + side, left : left + side]
    square = square[:, ::-1] if rng.random() < 0.5 else square
    method = cv2.INTER_AREA if side > SIDE else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (SIDE, SIDE), interpolation=method), np.uint8)


def spoil(pixels: Pixels, faults: Collection[str], rng: np.random.Generator) -> Pixels:
    """Returns a crop as a careless photographer would have taken it, in the order of a camera."""
    import cv2

    image = pixels.astype(np.float32)
    if "blur" in faults:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(2.5, 4.5)))
    if "dusk" in faults:
        image = 255 * (image / 255) ** 1.4 * 0.33
    if "noise" in faults:
        image = image + rng.normal(0, rng.uniform(18, 30), image.shape).astype(np.float32)
    if "gray" in faults:
        image = np.repeat(image.mean(axis=2, keepdims=True), 3, axis=2)
    if "frame" in faults:
        width = int(rng.integers(16, 30))
        inner = cv2.resize(image, (SIDE - 2 * width,) * 2, interpolation=cv2.INTER_AREA)
        image = np.full_like(image, 250.0)
        image[width:-width, width:-width] = inner
    return np.clip(image, 0, 255).astype(np.uint8)


def features(pixels: Pixels) -> NDArray[np.float32]:
    """Returns what the classifier sees: tints, and how much fine detail there is, by place."""
    import cv2

    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)[..., 1:].astype(np.float32)
    tint = cv2.resize(lab, (4, 4), interpolation=cv2.INTER_AREA).reshape(-1)
    gray = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY).astype(np.float32)
    detail = []
    for _ in range(2):
        smooth = cv2.GaussianBlur(gray, (0, 0), 1.0)
        cells = cv2.resize(np.abs(gray - smooth), (6, 6), interpolation=cv2.INTER_AREA)
        detail.append(np.log(cells + 0.2).reshape(-1))
        gray = cv2.resize(smooth, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    return np.concatenate([tint, *detail]).astype(np.float32)


def train(photographs: dict[str, Pixels], rng: np.random.Generator) -> Any:
    """Returns a small classifier, trained on good crops alone."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    labels = [label for label in photographs for _ in range(N_TRAIN)]
    seen = [features(crop(photographs[label], rng)) for label in labels]
    model = make_pipeline(StandardScaler(), SVC(C=10))
    return model.fit(np.stack(seen), labels)


def make_shots(folder: Path) -> list[Shot]:
    """Writes the test images and returns them with the classifier's predictions.

    The same pixels every time: an image that is there with the same content is not written again,
    so that what is stored for it stays valid.
    """
    from PIL import Image

    rng = np.random.default_rng(SEED)
    photographs = {label: photograph(name) for label, name in PHOTOGRAPHS.items()}
    model = train(photographs, rng)
    folder.mkdir(parents=True, exist_ok=True)
    drawn: list[tuple[str, list[str], Pixels]] = []
    for label, pixels in photographs.items():
        for number in range(N_TEST):
            bad = number < N_TEST // 2
            # a bad shot is bad in two or three ways, as those taken at dusk are
            faults = rng.permutation(FAULTS)[: rng.integers(2, 4)].tolist() if bad else []
            drawn.append((label, faults, spoil(crop(pixels, rng), faults, rng)))
    predictions = model.predict(np.stack([features(pixels) for *_, pixels in drawn]))
    shots = []
    for (label, faults, pixels), prediction in zip(drawn, predictions, strict=True):
        # neither its name nor, uncompressed, its size gives away what is wrong with it
        path = folder / f"{hashlib.blake2b(pixels.tobytes(), digest_size=6).hexdigest()}.bmp"
        if not path.exists():
            Image.fromarray(pixels).save(path)
        shots.append(Shot(path, label, tuple(faults), str(prediction)))
    return shots
