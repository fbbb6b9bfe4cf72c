"""What pages are built from: boxes, text, buttons, pictures. All text stays text, never markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fiftyone.operators import types

from ._styles import SHEET

#: the color of what is drawn for no set
_NO_SIDE = "var(--fo-palette-text-secondary)"
#: members that the App takes to be false or empty anyway, or that the style sheet overrides
_NOISE = ("required", "invalid", "error_message", "prompt", "disabled", "gap", "align_x", "align_y")


class Page(types.Property):
    """A page as it is sent: without the many members that hold nothing."""

    def to_json(self) -> dict[str, Any]:
        """Returns the page without members that the App takes to be so anyway."""
        return _slim(super().to_json())


class Box:
    """Some parts in a row, a stack, or a grid, as their class says.

    Args:
        parts: FiftyOne's object that holds them
        path: where the box stands in the page, as in the panel's state
    """

    def __init__(self, parts: types.Object, path: str = "") -> None:
        self.parts, self.path = parts, path

    def at(self, name: str) -> str:
        """Returns the path of a part in the panel's state."""
        return f"{self.path}.{name}" if self.path else name

    def box(self, name: str, classes: str, *, item: str = "") -> Box:
        """Adds a box; ``item`` is the class of its place in this one."""
        inner = types.Object()
        view = types.GridView(componentsProps=_props(name, "grid", classes, item))
        self.parts.define_property(name, inner, view=view)
        return Box(inner, self.at(name))

    def fold(self, name: str, label: str, *, is_open: bool = False) -> Box:
        """Adds a part that is folded until it is clicked on."""
        inner = types.Object()
        view = types.ObjectView(
            collapsible=True,
            default_expanded=is_open,
            componentsProps={
                "container": {"data-cy": f"visdiff-{name}"},
                "gridContainer": {"className": "vd-folded", "spacing": 0},
            },
        )
        self.parts.define_property(name, inner, view=view, label=label)
        return Box(inner, self.at(name)).box("in", "vd-stack")

    def text(
        self,
        name: str,
        text: str,
        classes: str = "vd-body",
        *,
        tag: str = "div",
        hint: str | None = None,
        item: str = "",
    ) -> None:
        """Adds text; whatever it holds is shown as it stands."""
        inner = {"className": classes, "component": tag}
        if hint:
            inner["title"] = hint
        view = types.TextView(
            title=text,
            padding=0,
            color="inherit",
            componentsProps=_props(name, "text", "", item) | {"text": inner},
        )
        self.parts.view(name, view)

    def letter(self, name: str, side: str) -> None:
        """Adds the letter of a set in its color."""
        self.text(name, side.upper(), f"vd-{side}", tag="span")

    def drawn(self, name: str, kind: str, side: str, said: str, places: Mapping[str, float],
              *, item: str = "", weak: bool = False) -> None:  # fmt: skip
        """Adds a drawn number.

        Args:
            name: of the part
            kind: ``"interval"`` or ``"bar"``
            side: whose color it has
            said: the same in words, for readers who can't see it
            places: ``at``, and for intervals ``low`` and ``high``; shares of the width in [0, 1]
            item (""): class of its place
            weak (False): draw it paler
        """
        style = {f"--{key}": f"{value:.1%}" for key, value in places.items()}
        style["--ink"] = f"var(--vd-{side})" if side else _NO_SIDE
        inner = {
            "className": f"vd-{kind}" + (" vd-weak" if weak else ""), "role": "img",
            "aria-label": said, "title": said, "style": style,
        }  # fmt: skip
        props = _props(name, "text", "", item) | {"text": inner}
        self.parts.view(name, types.TextView(title="", padding=0, componentsProps=props))

    def button(
        self,
        name: str,
        label: str,
        on_click: Any,
        params: Mapping[str, Any] | None = None,
        *,
        kind: str = "plain",
        icon: str | None = None,
        hint: str | None = None,
        item: str = "",
        disabled: bool = False,
        first: bool = False,
    ) -> None:
        """Adds a button.

        Args:
            name: of the part
            label: its text; may be empty with an icon
            on_click: the event
            params (None): of the event
            kind ("plain"): ``"main"``, ``"plain"``, ``"quiet"``, or ``"link"``: it opens the whole
                row that it is in
            icon (None): the name of a Material icon
            hint (None): what it does, where its label does not say
            item (""): class of its place
            disabled (False): whether it can't be used now
            first (False): a new page begins here: the reader is taken to it
        """
        props = _props(name, "button", f"vd-{kind}", item)
        if first:
            props["button"]["autoFocus"] = True
        props["button"]["aria-label"] = hint or label
        self.parts.btn(
            name,
            label or None,
            icon=icon,
            variant="contained",
            color="primary" if kind == "main" else None,
            on_click=on_click,
            params=dict(params or {}),
            title=hint,
            disabled=disabled,
            componentsProps=props,
        )

    def image(
        self,
        name: str,
        url: str,
        said: str,
        on_click: Any = None,
        params: Mapping[str, Any] | None = None,
        *,
        href: str | None = None,
    ) -> None:
        """Adds a picture; a click calls an event, or opens an address in a window of its own."""
        props = _props(name, "image", "vd-thumb", "")
        props["image"] |= {"loading": "lazy", "title": said, "draggable": False}
        view = types.ImageView(
            operator=on_click, params=dict(params or {}), href=href, alt=said,
            componentsProps=props,
        )  # fmt: skip
        self.parts.define_property(name, types.String(), default=url, view=view)

    def field(self, name: str, placeholder: str, *, number: bool = False, item: str = "",
              lines: int = 1) -> None:  # fmt: skip
        """Adds a text field; what is typed is the panel's state at its path."""
        props = _props(name, "field", "vd-field", item)
        # the App puts the cursor into a page's first field, and scrolls to it
        props["field"]["autoFocus"] = False
        props["field"]["inputProps"] = {"aria-label": placeholder, "data-cy": f"visdiff-{name}"}
        if number:
            props["field"]["inputProps"] |= {"step": "any"}
        view = types.TextFieldView(
            placeholder=placeholder,
            componentsProps=props,
            **({"multiline": True, "rows": lines} if lines > 1 else {}),
        )
        (self.parts.float if number else self.parts.str)(name, view=view)


def root(name: str) -> tuple[Page, Box]:
    """Returns an empty page and the box to fill."""
    outer, inner = types.Object(), types.Object()
    props = {"grid": {"className": f"vd-page vd-{name}", "sx": SHEET},
             "container": {"data-cy": f"visdiff-page-{name}"}}  # fmt: skip
    outer.define_property("page", inner, view=types.GridView(componentsProps=props))
    return Page(outer, view=types.View()), Box(inner, "page")


def _props(name: str, part: str, classes: str, item: str) -> dict[str, Any]:
    """Props of a component: a stable name for tests, a class, and the class of its place."""
    props: dict[str, Any] = {
        "container": {"data-cy": f"visdiff-{name}"},
        part: {"className": classes},
    }
    return {**props, "item": {"className": item}} if item else props


def _slim(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: inner if key == "componentsProps" else _slim(inner)
            for key, inner in value.items()
            if inner is not None and not (key in _NOISE and inner in (False, "", 1, "left", "top"))
        }
    if isinstance(value, list):
        return [_slim(inner) for inner in value]
    return value
