"""Captions from a vision model behind an OpenAI-compatible server, several at a time."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Unpack

from PIL import Image

from ..chat.calls import Calls
from ..chat.client import ChatClient
from ..chat.options import (
    MOST_AT_ONCE,
    MOST_PIXELS,
    ServerOptions,
    check_options,
    client_of,
    revealed,
)
from ..chat.prompts import CAPTION_PROMPT, caption_messages, caption_prompt
from ..chat.reply import ChatReply, RejectedError, SilentError, cut_off
from ..errors import ModelError, ServerError
from ..images import UNREADABLE, data_url, load_rgb, reason
from ..specs import public_spec
from ..stages import Missing, Usage
from .cleaning import clean_caption


class OpenAICaptioner:
    """Captions images with a vision model; images are sent smaller, as JPEG.

    Args:
        model ("gpt-4o-mini"): the model's name at the server
        prompt (None): what to ask about each image; None is `CAPTION_PROMPT`
        style (None): ``"short"``, ``"detailed"`` or ``"aspects"`` (what, where, style, mood,
            quality) instead of a prompt, see `CAPTION_STYLES`
        max_tokens (300): longest caption, in tokens
        concurrency (8): requests at a time, at most; up to 256
        image_side (512): longest side sent, in pixels, up to 16,384; smaller images stay as they
            are
        temperature (0): of sampling
        seed (0): of sampling, where the server honors it
        client (None): the caller's client; None makes one of the options below, on the first
            caption: where all captions are stored already no key is needed
        **server: ``base_url``, ``api_key_env``, ``api_key``, ``timeout`` (60) and ``max_retries``,
            as `ChatClient` takes them

    Attributes:
        usage: tokens and requests of all captions so far
        served: the model as the server named it last; empty before the first caption

    Raises:
        ValueError: if ``concurrency`` or ``image_side`` is out of range, the prompt is empty, or
            the style unknown
    """

    def __init__(
        self,
        model: str = "gpt-4o-mini",
        *,
        prompt: str | None = None,
        style: str | None = None,
        max_tokens: int | None = 300,
        concurrency: int = 8,
        image_side: int = 512,
        temperature: float | None = 0.0,
        seed: int | None = 0,
        client: ChatClient | None = None,
        **server: Unpack[ServerOptions],
    ) -> None:
        if not (1 <= concurrency <= MOST_AT_ONCE and 1 <= image_side <= MOST_PIXELS):
            raise ValueError(
                f"Expected concurrency of 1 to {MOST_AT_ONCE} and image_side of 1 to "
                f"{MOST_PIXELS:,}, got {concurrency!r} and {image_side!r}."
            )
        self._prompt = caption_prompt(prompt, style) or CAPTION_PROMPT
        self._style, self._concurrency, self._side = style, concurrency, image_side
        self._client, self._own = client, client is None
        self._options: dict[str, Any] = {"temperature": temperature, "seed": seed}
        self._options |= {"max_tokens": max_tokens}
        self._model, self._server = model, check_options(**server)
        # fixed here: they decide whether stored captions are still valid
        own = public_spec({**self._options, "base_url": server.get("base_url")})
        self._parameters = own if client is None else client.parameters
        self._lock = threading.Lock()
        self._takes_images = self._spoke = False
        self.usage = Usage()
        self.served = ""

    def __getstate__(self) -> dict[str, Any]:
        """Leaves out the lock, and a client that the receiver can make by itself."""
        return {
            **vars(self),
            "_lock": None,
            "_client": None if self._own else self._client,
            "_server": revealed(self._server),  # the receiver asks with the same key
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._server = check_options(**state["_server"])
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """The model's name at the server."""
        return self._model if self._client is None else self._client.model

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes captions, JSON-safe and without credentials."""
        style = {} if self._style is None else {"style": self._style}
        return {"prompt": self._prompt, **style, "image_side": self._side, **self._parameters}

    def caption(self, paths: Sequence[str]) -> list[str | Missing]:
        """Returns one caption, or `Missing` with the reason, for each image file.

        If an image can't be read or is rejected, only this image is skipped. When the server
        stops answering, or the model says nothing many times in a row, nothing more is asked: what
        was captioned is returned, the rest is missing, and where there is nothing to return the
        error is raised. So does a model that spends all its tokens on thinking.

        Raises:
            CredentialsError: if the server wants a key, or refuses the one it got
            ServerError: if the server answered for no image
            ModelError: if it does not know the model, or the model takes no images or says nothing
            DependencyError: if the ``openai`` package is not installed
        """
        if not len(paths):
            return []
        call = Calls(self._spoke)
        client = self._connected()
        with ThreadPoolExecutor(self._concurrency, thread_name_prefix="visdiff-caption") as pool:
            captions = list(pool.map(lambda path: self._one(client, path, call), paths))
        self._spoke = call.spoke
        call.check()
        return captions

    def _connected(self) -> ChatClient:
        with self._lock:
            if self._client is None:
                self._client = client_of(None, self._model, **self._options, **self._server)
            return self._client

    def _one(self, client: ChatClient, path: str, call: Calls) -> str | Missing:
        if why := call.stopped:
            return Missing(why)
        try:
            url = data_url(load_rgb(path, self._side), self._side)
        except UNREADABLE as error:
            return Missing(reason(error))
        try:
            reply = self._ask(client, url)
        except SilentError as error:
            call.hear_nothing(error)
            return Missing(str(error))
        except RejectedError as error:
            return self._rejected(client, error, call)
        except ServerError as error:
            call.fail(error)
            return Missing(str(error))
        except ModelError as error:
            call.stop(error)
            return Missing(str(error))
        return self._read(reply, call)

    def _read(self, reply: ChatReply, call: Calls) -> str | Missing:
        if reply.cut:  # a caption of one or two sentences ends by itself; this may be thinking
            error = cut_off(self.name, reply.text)
            call.hear_nothing(error)
            return Missing(str(error))
        caption = clean_caption(reply.text, self._prompt)
        if isinstance(caption, Missing):
            call.hear_nothing(SilentError(f"Expected captions of {self.name!r}, got none: "
                                          f"{caption.reason}."))  # fmt: skip
        else:
            call.hear()
        return caption

    def _ask(self, client: ChatClient, url: str) -> ChatReply:
        reply = client.complete(caption_messages(url, self._prompt))
        with self._lock:
            self.usage += reply.usage
            self.served = reply.model
            self._takes_images = True
        return reply

    def _rejected(self, client: ChatClient, error: RejectedError, call: Calls) -> Missing:
        """Tells an odd image from a model that takes no images: a plain square decides once."""
        with call.probing:
            if error.status is not None and not self._takes_images and not call.stopped:
                try:
                    self._ask(client, data_url(Image.new("RGB", (64, 64), "gray"), self._side))
                except RejectedError as refused:
                    # a refusal in words still shows that the image was taken
                    self._takes_images = refused.status is None
                    if refused.status is not None:
                        call.stop(_takes_none(client, refused))
                except ServerError as failure:
                    call.fail(failure)
                except ModelError as failure:
                    call.stop(failure)
        call.succeed()
        return Missing(str(error))


def _takes_none(client: ChatClient, error: RejectedError) -> ModelError:
    return ModelError(
        f"Expected model {client.model!r} to accept images, but it rejects even a plain one: "
        f"{error}",
        "Choose a vision model.",
    )
