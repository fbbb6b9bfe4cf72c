"""One way to fill a stage: its name, its class, and what it reads, finds, needs and costs."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from ..errors import SettingError
from ..stages import Need

#: where a choice does its work
Runs = Literal["", "here", "server"]

#: the words in a name that stand for something of the user's
_OPEN = ("MODEL/WEIGHTS", "MODEL", "NAME", "KEY", "A+B", "RANKER", "ADDRESS")


@dataclass(frozen=True, kw_only=True)
class Choice:
    """One row of the table: everything that code, forms, estimates and docs know about a choice.

    In ``formula`` n are images of both sets, k descriptions, r rounds (3) in each of two
    directions, s images of each set in a round (20); a pass is one image or text through a model
    here, a call one request to a server.

    Args:
        stage: a member of `visdiff_plugin.config.Config`, such as ``"proposer"``
        name: as the library takes it, with a word in capitals for what the user adds
        label: for a form
        path (""): ``"module:Class"`` that it is made with, loaded when it is; empty where nothing
            is made: it reads what a dataset holds, or stands for several
        takes (""): the option that what follows the name in a spec fills, such as ``"model"``
        preset (none): options that the name stands for
        members (()): options that hold further choices of the same stage
        aliases (()): further names, for specs of long ago
        optional (False): whether the name may stand without the word in capitals
        example (""): of what takes the place of that word
        default (False): taken where nothing is chosen, if what it reads is there
        reads (()): what it reads of an image
        runs (""): ``"server"`` where it asks one, ``"here"`` where a model runs on this machine;
            empty where no model does, or that of its members
        times (1): proposals a round, for each one that is asked for: more where they cost nothing
        key_env (""): environment variable of its server's key
        slashes (1): how many "/" a name of a public model may hold
        packages (()): modules that must be there
        finds: what it is good at
        needs: besides Python, in words
        cost: in words, in the default setting
        formula (""): passes and calls of models
        measured (""): how well it does, and where that was measured
    """

    stage: str
    name: str
    label: str
    path: str = ""
    takes: str = ""
    preset: Mapping[str, Any] = field(default_factory=dict)
    members: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    optional: bool = False
    example: str = ""
    default: bool = False
    reads: tuple[Need, ...] = ()
    runs: Runs = ""
    times: float = 1.0
    key_env: str = ""
    slashes: int = 1
    packages: tuple[str, ...] = ()
    finds: str
    needs: str
    cost: str
    formula: str = ""
    measured: str = ""

    @property
    def asks_for(self) -> str:
        """The word in the name that the user replaces; empty where there is none."""
        _, _, last = self.name.rpartition(":")
        return last if last in _OPEN else ""

    @property
    def kind(self) -> str:
        """The name without that word."""
        return self.name.removesuffix(self.asks_for).rstrip(":")

    @property
    def shown(self) -> str:
        """The name for messages: what may be left out stands in brackets."""
        if not self.asks_for:
            return f"{self.name}[:{self.takes.upper()}]" if self.takes else self.name
        return f"{self.kind}[:{self.asks_for}]" if self.optional else self.name

    @property
    def stored(self) -> bool:
        """Whether it reads what a dataset holds already, so that nothing is made."""
        return not self.path and not self.members

    @property
    def may_ask_server(self) -> bool:
        """Whether it asks a server, or may have members that do."""
        return self.runs == "server" or bool(self.members)

    def argument(self, name: str) -> str | None:
        """Returns what follows this choice's name in another; None where that names another."""
        takes_any = self.takes or self.asks_for
        for kind in (self.kind, *self.aliases):
            if name == kind:
                return ""
            if takes_any and name.startswith(f"{kind}:"):
                return name[len(kind) + 1 :].strip()
        return None

    def spec(self, argument: str = "") -> str:
        """Returns the name as the library takes it.

        Args:
            argument (""): what takes the place of the word in capitals

        Raises:
            SettingError: where it is missing
        """
        argument = argument.strip()
        if not self.asks_for:
            return self.name
        if not argument and not self.optional:
            raise self.incomplete()
        return f"{self.kind}:{argument}" if argument else self.kind

    def incomplete(self) -> SettingError:
        """Returns the error that the word in capitals was not replaced."""
        return SettingError(
            f"Expected {self.asks_for} for {self.name!r}, got none. Such as: {self.example}",
            about=self.stage,
        )

    def load(self) -> type[Any]:
        """Returns the class; its module is imported now."""
        module, _, name = self.path.partition(":")
        loaded: type[Any] = getattr(importlib.import_module(module), name)
        return loaded
