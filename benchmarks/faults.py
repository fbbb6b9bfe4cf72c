"""A campaign of faults: kills, outages, hostile replies and hostile files; what is left of each.

Run: ``make faults``, or ``.venv/bin/python tools/with_mongo.py -- env PYTHONPATH=.
.venv/bin/python benchmarks/faults.py``. It takes a few minutes and prints what docs/reliability.md
shows. Anything but 0 in the column "wrong" is a defect, and makes it fail.

- Kills: a process compares, over and over, with ``overwrite=True``; it gets SIGKILL, half of the
  times while it writes. Afterwards the run of the key must be whole, old or new, and no field or
  run may be left that nobody explains.
- Outages: MongoDB is stopped for seconds while images are captioned and while scores are written.
- Replies: lists as models write them, mutated: cut, doubled, nested, with bytes and marks between.
  Each must be read or refused with a `ProposerError` within a second.
- Files: pictures of many kinds, broken in many ways; each must be read or left out with a reason.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

KEY, N = "run", 200

#: compares one set of words, and prints when it begins to write
CHILD = """
import sys
import fiftyone as fo
sys.path.insert(0, sys.argv[4])
from faults import compared
compared(fo.load_dataset(sys.argv[1]), sys.argv[2], lambda share, label: print(label, flush=True))
"""


class Captions:
    """Says what color a picture has."""

    name = "colors"

    def __init__(self, before: Callable[[], None] | None = None) -> None:
        self._before = before

    def caption(self, paths: list[str]) -> list[str]:
        """Returns a caption a picture."""
        if self._before is not None:
            self._before()
            self._before = None
        return [
            f"a {'red' if 'red' in os.path.basename(path) else 'blue'} picture" for path in paths
        ]


class Words:
    """Proposes one description."""

    name = "one"
    needs = "captions"

    def __init__(self, words: str) -> None:
        self.words = words

    def propose(self, a: Any, b: Any) -> Any:
        """Returns it."""
        from visdiff_plugin.stages import ProposerReply

        return ProposerReply([self.words])


def compared(
    dataset: Any, words: str, progress: Any = None, captioner: Any = None, key: str = KEY
) -> Any:
    """Compares the red pictures with the blue ones."""
    import visdiff_plugin as visdiff

    return visdiff.compare(
        dataset, "tag:red", "tag:blue", key, preset="offline", properties=False, overwrite=True,
        captioner=captioner or Captions(), proposer=Words(words), ranker="words", label_fields=(),
        progress=progress,
    )  # fmt: skip


def made(folder: Path) -> Any:
    """Returns a dataset of red and blue pictures."""
    import fiftyone as fo

    dataset = fo.Dataset(f"faults-{os.getpid()}")
    dataset.persistent = True  # processes that die would take it along
    samples = []
    for number in range(N):
        color = ("red", "blue")[number % 2]
        path = folder / f"{color}-{number}.png"
        Image.fromarray(np.full((8, 8, 3), number, np.uint8)).save(path)
        samples.append(fo.Sample(filepath=str(path), tags=[color]))
    dataset.add_samples(samples, progress=False)
    return dataset


def wrong_with(dataset: Any) -> str:
    """Returns what is not as it must be after a fault; empty where all is."""
    import visdiff_plugin as visdiff

    dataset.reload()
    try:
        visdiff.list_runs(dataset)  # whoever looks next ends what was half done
        run = visdiff.load(dataset, KEY)
    except Exception as error:  # noqa: BLE001  whatever it is, it is what is wrong
        return f"{type(error).__name__}: {error}"
    for field in run.fields:
        if dataset.count(field) != N:
            return f"{field} has {dataset.count(field)} of {N} scores"
    keys = [key for key in dataset.list_runs() if key != KEY]
    fields = [name for name in dataset.get_field_schema() if name.startswith("visdiff_new_")]
    return f"left: {keys + fields}" if keys or fields else ""


def kills(dataset: Any, times: int, rng: random.Random) -> tuple[int, Counter[str], list[str]]:
    """Kills a process that compares, and returns how often, what was left, and what was wrong."""
    import visdiff_plugin as visdiff

    left: Counter[str] = Counter()
    wrong = []
    started = time.monotonic()
    compared(dataset, "red picture 0")
    whole = time.monotonic() - started
    for number in range(1, times + 1):
        old, new = f"red picture {number - 1}", f"red picture {number}"
        before = visdiff.load(dataset, KEY).proposals
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD, dataset.name, new, "", str(Path(__file__).parent)],
            stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": os.getcwd()},
        )  # fmt: skip
        assert child.stdout is not None
        in_writing = number % 2 == 0
        for line in child.stdout:
            if not in_writing or line.startswith("Writing"):
                break
        time.sleep(rng.random() ** 3 * whole)  # most of the work is at the beginning
        child.send_signal(signal.SIGKILL)
        child.wait()
        said = wrong_with(dataset)
        if said:
            wrong.append(f"kill {number} ({old}): {said}")
            continue
        after = visdiff.load(dataset, KEY).proposals
        left["the old run" if after == before else "the new run"] += 1
    return times, left, wrong


def outages(dataset: Any, seconds: float) -> tuple[int, Counter[str], list[str]]:
    """Stops MongoDB while images are captioned, and while scores are written."""
    from fiftyone.core.odm import get_db_conn

    server = get_db_conn().client.admin.command("serverStatus")["pid"]

    def pause() -> None:
        os.kill(server, signal.SIGSTOP)
        resume = (
            f"import os, signal, time; time.sleep({seconds}); os.kill({server}, signal.SIGCONT)"
        )
        subprocess.Popen([sys.executable, "-c", resume])
        time.sleep(0.2)

    left: Counter[str] = Counter()
    wrong = []
    dataset.delete_sample_field("visdiff_caption_colors", error_level=2)
    for name, captioner, progress in (
        ("while captions are made", Captions(pause), None),
        ("while scores are written", None, _at("Writing", pause)),
    ):
        run = compared(dataset, f"red picture {name}", progress, captioner)
        if (said := wrong_with(dataset)) or run.proposals != (f"red picture {name}",):
            wrong.append(f"{name}: {said or run.proposals}")
        else:
            left["the new run"] += 1
    return 2, left, wrong


def _at(begins: str, act: Callable[[], None]) -> Callable[[float, str], None]:
    done: list[str] = []

    def progress(share: float, label: str) -> None:
        if label.startswith(begins) and not done:
            done.append(label)
            act()

    return progress


_ITEMS = ("dogs in snow", "a man on a beach", "street signs at night", "people at tables")
_BITS = (
    "<think>", "</think>", "[THINK]", "◁think▷", "\ud83d", "\x00", "\u202e", "```", "```json\n",
    "{",
    "[", "]", "}", '"', "\\", '\\"', ",", "(", "**", "_", "* ", "1. ", "\n", "\t", " than Group B",
    "<|im_end|>", "</answer>", "<html>", "Group A ", "é́", "　", "- ", "#", ":", "`", "'", "null",
)  # fmt: skip


def mutated(rng: random.Random) -> str:
    """Returns a reply as a model might write it, with faults."""
    items = [rng.choice(_ITEMS) for _ in range(rng.randint(1, 12))]
    text = rng.choice((
        "\n".join(f"* {item}" for item in items),
        "\n".join(f"{place}. {item}" for place, item in enumerate(items)),
        '["' + '", "'.join(items) + '"]', '{"differences": ["' + '", "'.join(items) + '"]}',
        "Here are the differences:\n\n" + "\n".join(f'- "{item}"' for item in items),
    ))  # fmt: skip
    for _ in range(rng.randint(1, 6)):
        place, bit = rng.randint(0, len(text)), rng.choice(_BITS)
        kind = rng.random()
        if kind < 0.5:
            text = text[:place] + bit + text[place:]
        elif kind < 0.7:
            text = text[:place]
        elif kind < 0.9:
            text = text[:place] + bit * rng.choice((10, 450, 5_000)) + text[place:]
        else:
            text += text[place:]
    return text


def replies(times: int, rng: random.Random) -> tuple[int, Counter[str], list[str], float]:
    """Feeds mutated replies to the reader; also returns the longest time of one."""
    from visdiff_plugin.chat.parsing import parse_proposals
    from visdiff_plugin.errors import ProposerError

    left: Counter[str] = Counter()
    wrong, longest = [], 0.0
    for number in range(times):
        text = mutated(rng)
        started = time.perf_counter()
        try:
            proposals = parse_proposals(text)
            "".join(proposals).encode()  # what can't be stored fails here
            left["read"] += 1
        except ProposerError:
            left["refused"] += 1
        except Exception as error:  # noqa: BLE001  whatever it is, it is what is wrong
            wrong.append(f"reply {number}: {type(error).__name__}: {text[:60]!r}")
        took = time.perf_counter() - started
        longest = max(longest, took)
        if took > 1:
            wrong.append(f"reply {number}: {took:.1f} s")
    return times, left, wrong, longest


def broken(folder: Path, rng: random.Random) -> Iterator[tuple[str, Path]]:
    """Makes files of many kinds, and yields what each is."""
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    picture = Image.fromarray(noise)
    for kind, options in (
        ("png", {}), ("jpg", {}), ("webp", {}), ("bmp", {}), ("gif", {}), ("tif", {}), ("ppm", {}),
        ("jp2", {}),
    ):  # fmt: skip
        path = folder / f"good.{kind}"
        picture.save(path, **options)
        yield f"good {kind}", path
        body = path.read_bytes()
        for name, cut in (
            ("empty", b""),
            ("head only", body[:20]),
            ("half", body[: len(body) // 2]),
        ):
            damaged = folder / f"{name.replace(' ', '-')}.{kind}"
            damaged.write_bytes(cut)
            yield f"{name} {kind}", damaged
        for number in range(4):
            changed = bytearray(body)
            for _ in range(20):
                changed[rng.randrange(len(changed))] = rng.randrange(256)
            damaged = folder / f"noise-{number}.{kind}"
            damaged.write_bytes(changed)
            yield f"noise {kind}", damaged
    for mode in ("1", "L", "LA", "P", "RGBA", "CMYK", "I;16", "I", "F"):
        path = folder / f"mode-{mode.replace(';', '-')}.tif"
        (
            Image.fromarray(noise[..., 0].astype(np.uint16) * 16)
            if mode == "I;16"
            else picture.convert("L").convert(mode)
            if mode in ("I", "F")
            else picture.convert(mode)
        ).save(path)
        yield f"mode {mode}", path
    for name, body in (("text", b"hello"), ("html", b"<html></html>"), ("zip", b"PK\x03\x04" * 9)):
        path = folder / f"{name}.png"
        path.write_bytes(body)
        yield name, path
    os.mkfifo(folder / "fifo.png")
    yield "fifo", folder / "fifo.png"
    (folder / "folder.png").mkdir()
    yield "folder", folder / "folder.png"
    (folder / "nowhere.png").symlink_to(folder / "gone")
    yield "dangling link", folder / "nowhere.png"
    yield "missing", folder / "missing.png"


def files(folder: Path, rng: random.Random) -> tuple[int, Counter[str], list[str]]:
    """Compares pictures among which many are broken, by their measured properties."""
    import fiftyone as fo

    import visdiff_plugin as visdiff

    folder.mkdir()
    kinds = list(broken(folder, rng))
    dataset = fo.Dataset()
    dataset.add_samples(
        [fo.Sample(filepath=str(path), tags=["ab"[place % 2]])
         for place, (_, path) in enumerate(kinds)], progress=False,
    )  # fmt: skip
    run = visdiff.compare(dataset, "tag:a", "tag:b", KEY, preset="offline", captioner=None,
                          proposer=None, properties=True, copies="each")  # fmt: skip
    left: Counter[str] = Counter({"read": run.n_a + run.n_b})
    left["left out with a reason"] = len(kinds) - run.n_a - run.n_b
    counted = sum(skipped.count for skipped in run.skipped if skipped.what == "sample")
    wrong = []
    if counted != left["left out with a reason"]:
        wrong.append(f"{left['left out with a reason']} left out, {counted} counted")
    fo.delete_dataset(dataset.name)
    return len(kinds), left, wrong


def main() -> int:
    """Prints the table; fails where something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--replies", type=int, default=3_000)
    parser.add_argument("--only", nargs="+", default=["replies", "files", "kills", "outages"])
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    import fiftyone as fo

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dataset = made(folder)
        try:
            rows = []
            if "replies" in options.only:
                *row, longest = replies(options.replies, rng)
                rows.append((f"mutated replies (longest {longest * 1000:.0f} ms)", *row))
            if "files" in options.only:
                rows.append(("hostile files", *files(folder / "files", rng)))
            if "kills" in options.only:
                rows.append(("processes killed", *kills(dataset, options.kills, rng)))
            if "outages" in options.only:
                rows.append(("MongoDB stopped for 5 s", *outages(dataset, 5.0)))
        finally:
            fo.delete_dataset(dataset.name)
    print("| what | times | outcome | wrong |\n|---|---|---|---|")
    for what, times, found, wrong in rows:
        said = ", ".join(f"{count} {outcome}" for outcome, count in found.most_common())
        print(f"| {what} | {times} | {said} | {len(wrong)} |")
    for *_, wrong in rows:
        for line in wrong:
            print(line)
    return int(any(wrong for *_, wrong in rows))


if __name__ == "__main__":
    sys.exit(main())
