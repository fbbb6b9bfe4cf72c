"""How well `words` and `caption_similarity:minilm` find what people wrote, in any words.

Run: ``PYTHONPATH=. .venv/bin/python benchmarks/caption_similarity.py FOLDER``, where FOLDER holds
``data/flickr8k`` (not part of the project). The rankers read the first caption of each image; an
image shows a thing if at least two of its four other captions name it, and not if none does. Then
it counts the phrases of the bank that separate the two at least as well as the plain word does.
"""

from __future__ import annotations

import csv
import re
import sys
import time
from pathlib import Path

import numpy as np

from visdiff_plugin.evidence.columns import two_sample_columns
from visdiff_plugin.proposers.bank_phrases import built_in
from visdiff_plugin.rankers import make_ranker
from visdiff_plugin.stages import Images, Scored

#: a thing: what says it, the plain word for it, other words
THINGS = {
    "dogs": (r"dogs?|pupp\w+", "a dog", ("canines", "man's best friend")),
    "snow": (r"snow\w*", "snow", ("a wintry landscape", "frozen white ground")),
    "bicycles": (r"bik\w+|bicycl\w+|cyclists?", "a bicycle", ("cycling", "two-wheelers")),
    "beach": (r"beach|shore", "a beach", ("the seaside", "sandy coastline")),
    "children": (r"child|children|kids?|boys?|girls?", "a child", ("youngsters", "minors")),
    "climbing": (r"climb\w*", "climbing", ("scaling a cliff", "mountaineers")),
}  # fmt: skip


def main() -> None:
    with open(Path(sys.argv[1]) / "data" / "flickr8k" / "samples.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    ids = [line["path"] for line in lines]
    images = Images(ids, ids, [line["caption_1"] for line in lines])
    similarity = make_ranker("caption_similarity:minilm", None)
    rankers = {"words": make_ranker("words", None), "caption_similarity": similarity}
    texts = [text for _, plain, others in THINGS.values() for text in (plain, *others)]
    scores = {}
    for name, ranker in rankers.items():
        begin = time.perf_counter()
        made = ranker.score(images, texts)
        scores[name] = made.scores if isinstance(made, Scored) else made
        print(f"{name}: {time.perf_counter() - begin:.1f} s for {len(ids)} captions")
    phrases, column = built_in(), 0
    bank = similarity.score(images, phrases)
    for thing, (pattern, plain, others) in THINGS.items():
        said = re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)
        counts = np.array(
            [sum(bool(said.search(line[f"caption_{k}"])) for k in range(2, 6)) for line in lines]
        )
        sides = np.flatnonzero(counts >= 2), np.flatnonzero(counts == 0)
        first = 1.0
        for text in (plain, *others):
            found = []
            for made in scores.values():
                (sample,) = two_sample_columns(made, *sides, [column])
                if text == plain and sample is not None:
                    first = sample.auroc  # of the last ranker: caption_similarity
                found.append("  -  " if sample is None else f"{sample.auroc:.3f}")
            print(f"{thing:<9} {len(sides[0]):>4} {len(sides[1]):>4}  {text:<22}", *found)
            column += 1
        of_bank = two_sample_columns(bank, *sides)
        aurocs = np.array([0.0 if sample is None else sample.auroc for sample in of_bank])
        best = [phrases[k] for k in np.argsort(-aurocs)[:5]]
        higher = int((aurocs >= first).sum())
        print(f"{thing:<9} {higher} phrases of {len(phrases)} at least as high: {best}")


if __name__ == "__main__":
    main()
