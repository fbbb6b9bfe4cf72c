"""How near embeddings of JPEGs decoded at a reduced size are to those of whole ones.

Run: ``.venv/bin/python benchmarks/reduced.py [--n N] [--models ...] [--json F]``. No weights can be
assumed here, so the models have random ones, whose embeddings of different images are all much
alike: cosines are given of the vectors as they are, and of what is left of them without the mean
over the images, which is the harder question; and differences of the pixels that a model gets.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]
_MODELS = ("ViT-B-32", "RN50", "convnext_base_w", "ViT-B-16-SigLIP")
#: decoded at a half, a quarter, a quarter: to just over twice a model input of 224, or three times
_SIZES = ((1200, 900), (2400, 1800), (4000, 3000))


def cosines(a: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    """Returns the cosine of each row of ``(n, d)`` with the row of the other."""
    lengths = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    return np.einsum("ij,ij->i", a, b) / lengths


def compare(model: str, paths: list[str]) -> dict[str, float]:
    """Returns how near the two ways are for one model."""
    from visdiff_plugin.encoders.open_clip_encoder import OpenCLIPEncoder
    from visdiff_plugin.images import load_rgb

    encoder = OpenCLIPEncoder(model, None, device="cpu")
    part = encoder.loaded()
    inputs = [
        [part.preprocess(load_rgb(path, least)) for path in paths]
        for least in (None, 2 * part.size)
    ]
    deviation = np.asarray(part.model.visual.preprocess_cfg["std"])[:, None, None] * 255
    pixels = [
        float(np.abs((whole - small).numpy() * deviation).mean())
        for whole, small in zip(*inputs, strict=True)
    ]
    whole = encoder._vectors(part.model.encode_image, _stack(inputs[0]))  # no run decodes so
    small = np.asarray(encoder.encode_images(paths))
    mean = whole.mean(0)
    plain, centered = cosines(whole, small), cosines(whole - mean, small - mean)
    others = (whole @ whole.T)[~np.eye(len(whole), dtype=bool)]
    return {
        "cosine_min": float(plain.min()),
        "cosine_median": float(np.median(plain)),
        "centered_min": float(centered.min()),
        "centered_median": float(np.median(centered)),
        "between_different_images_median": float(np.median(others)),
        "pixels_mean_difference_max": max(pixels),
        "pixels_mean_difference_median": float(np.median(pixels)),
    }


def _stack(tensors: list[Any]) -> Any:
    import torch

    return torch.stack(tensors)


def main() -> int:
    """Prints one line for each model and size of image."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=24, help="images of each size")
    parser.add_argument("--models", nargs="+", default=list(_MODELS))
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    from embedding import mosaic, photographs

    rng, photos, found = np.random.default_rng(7), photographs(), {}
    print("| model, images | cosine min, median | centered | other images | pixels max, median |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="visdiff-reduced-") as folder:
        for size in _SIZES:
            paths = [os.path.join(folder, f"{size[0]}-{row}.jpg") for row in range(options.n)]
            for path in paths:
                mosaic(photos, size, rng).save(path, quality=90)
            for model in options.models:
                one = compare(model, paths)
                found[f"{model}, {size[0]} x {size[1]}"] = one
                print(
                    f"| {model}, {size[0]} x {size[1]} | {one['cosine_min']:.5f}, "
                    f"{one['cosine_median']:.5f} | {one['centered_min']:.4f}, "
                    f"{one['centered_median']:.4f} | "
                    f"{one['between_different_images_median']:.3f} | "
                    f"{one['pixels_mean_difference_max']:.2f}, "
                    f"{one['pixels_mean_difference_median']:.2f} |",
                    flush=True,
                )
    if options.json:
        options.json.write_text(json.dumps(found, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
