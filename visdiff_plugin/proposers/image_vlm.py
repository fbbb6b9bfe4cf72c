"""Shows a vision model the images of both sets and asks what one shows more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Unpack, get_args

from PIL import Image

from ..chat.client import ChatClient
from ..chat.options import MOST_PIXELS, ServerOptions, client_of
from ..chat.prompts import PROPOSAL_SCHEMA, grid_messages, image_messages, tried_text
from ..errors import ProposerError
from ..images import UNREADABLE, data_url, load_rgb
from ..stages import Attempt, Images, Need, ProposerReply
from .answered import read_reply
from .sheet import sheet

Layout = Literal["separate", "grid"]


class ImageProposer:
    """Proposes with any OpenAI-compatible vision model; one call is one request, no captions.

    Args:
        model ("gpt-4o-mini"): the model's name at the server
        n (10): proposals to ask for; a model that gives more is cut there
        context (""): what the user says about the sets
        layout ("separate"): each image by itself with a label; or ``"grid"``, as in the paper:
            one picture of rows of ten, A above B, for models that take one image
        max_images (40): most images shown in a request, half of each set; what the model takes
        image_side (512): longest side of a separate image, in pixels
        tile (256): side of a tile of the grid, in pixels
        client (None): the caller's client; None makes one of the options below
        temperature (.7): of sampling
        seed (0): of sampling, where the server honors it
        max_tokens (4096): longest reply, in tokens
        **server: ``base_url``, ``api_key_env``, ``api_key``, ``timeout`` (120) and ``max_retries``,
            as `ChatClient` takes them

    Attributes:
        most_images: of each set that it is shown

    Raises:
        CredentialsError: if the server wants a key and there is none
        ValueError: on a number out of range or an unknown layout, or as `ChatClient`
    """

    name = "images"
    needs: Need = "paths"

    def __init__(
        self,
        model: str = "gpt-4o-mini",
        *,
        n: int = 10,
        context: str = "",
        layout: Layout = "separate",
        max_images: int = 40,
        image_side: int = 512,
        tile: int = 256,
        client: ChatClient | None = None,
        temperature: float | None = 0.7,
        seed: int | None = 0,
        max_tokens: int | None = 4096,
        **server: Unpack[ServerOptions],
    ) -> None:
        if (
            min(n, image_side, tile) < 1
            or not 4 <= max_images <= 2_000
            or (max(image_side, tile) > MOST_PIXELS or n > 1_000)
        ):
            raise ValueError(
                "Expected n, image_side and tile >= 1 and max_images >= 4, n up to 1,000, images "
                f"up to 2,000 and {MOST_PIXELS:,} pixels, got "
                f"{n!r}, {image_side!r}, {tile!r} and {max_images!r}."
            )
        if layout not in get_args(Layout):
            raise ValueError(f"Expected layout out of {get_args(Layout)}, got {layout!r}.")
        self.n, self.context, self.layout = n, context, layout
        self.most_images = max_images // 2
        self._side, self._tile = image_side, tile
        server.setdefault("timeout", 120.0)  # many images take long
        self._client = client_of(client, model, temperature, seed, max_tokens, **server)

    @property
    def parameters(self) -> dict[str, Any]:
        """What changes proposals, JSON-safe and without credentials."""
        size = {"tile": self._tile} if self.layout == "grid" else {"image_side": self._side}
        return {
            **self._client.parameters,
            "n": self.n,
            "context": self.context,
            "layout": self.layout,
            "max_images": 2 * self.most_images,
            **size,
        }

    def propose(self, a: Images, b: Images) -> ProposerReply:
        """Returns what the model says is truer of ``a`` than of ``b``, best first.

        Files that are no images are left out, of pairs with their partners; of more than
        `most_images` a side the first are shown.

        Raises:
            ProposerError: if a side has under two images, or the reply holds no proposal
            ModelError: if the server does not answer, or takes no such images; see
                `ChatClient.complete`
        """
        return self._ask(a, b, ())

    def refine(self, a: Images, b: Images, attempts: Sequence[Attempt]) -> ProposerReply:
        """Returns sharper or complementary descriptions than those that were tried.

        The model sees the images again, with the numbers of those that each attempt gets
        wrong.

        Raises:
            ProposerError: as `propose`, like the following
            ModelError: if the server does not answer, or takes no such images
        """
        return self._ask(a, b, attempts)

    def _ask(self, a: Images, b: Images, attempts: Sequence[Attempt]) -> ProposerReply:
        reply = self._client.complete(self._messages(a, b, attempts), schema=PROPOSAL_SCHEMA)
        return read_reply(reply, self.n)

    def _messages(self, a: Images, b: Images, attempts: Sequence[Attempt]) -> list[dict[str, Any]]:
        grid = self.layout == "grid"
        shown_a, shown_b = self._read(a, b, self._tile if grid else self._side)
        asked: dict[str, Any] = {"n": self.n, "context": self.context}
        asked["paired"] = a.pairs is not None and b.pairs is not None
        if attempts:
            asked["tried"] = tried_text(
                [
                    (
                        attempt.description,
                        _numbers(shown_a, attempt.missed),
                        _numbers(shown_b, attempt.mistaken),
                    )
                    for attempt in attempts
                ]
            )
        pictures = list(shown_a.values()), list(shown_b.values())
        if grid:
            picture, rows_a, rows_b = sheet(*pictures, self._tile)
            return grid_messages(data_url(picture), rows_a, rows_b, **asked)
        urls_a, urls_b = ([data_url(picture, self._side) for picture in own] for own in pictures)
        return image_messages(urls_a, urls_b, **asked)

    def _read(
        self, a: Images, b: Images, pixels: int
    ) -> tuple[dict[int, Image.Image], dict[int, Image.Image]]:
        """Returns place -> image of what can be read; where they come in pairs, of whole pairs."""
        readable = [_readable(side.paths[: self.most_images], pixels) for side in (a, b)]
        if a.pairs is not None and b.pairs is not None:
            whole = readable[0].keys() & readable[1].keys()
            readable = [{place: own[place] for place in own if place in whole} for own in readable]
        for side, own in zip("AB", readable, strict=True):
            if len(own) < 2:
                raise ProposerError(
                    f"Expected at least 2 images of set {side} that can be read, got {len(own)}.",
                    "Choose larger sets, or a larger subset_size.",
                )
        return readable[0], readable[1]


def _numbers(shown: Mapping[int, Image.Image], rows: Sequence[int]) -> list[str]:
    """Returns the labels under which images were shown, of those that were."""
    places = {place: number for number, place in enumerate(shown, 1)}
    return [f"image {places[row]}" for row in rows if row in places]


def _readable(paths: Sequence[str], pixels: int) -> dict[int, Image.Image]:
    """Returns place -> image of the files that are images."""
    pictures = {}
    for place, path in enumerate(paths):
        try:
            pictures[place] = load_rgb(path, pixels)
        except UNREADABLE:
            continue  # whether files can be read is counted where the sets are read
    return pictures
