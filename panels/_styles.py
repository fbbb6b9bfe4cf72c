"""The panel's one style sheet; colors come from the App's theme, so both themes work.

Set once on the panel's root: parts carry a class name, which keeps what is sent small.
"""

from __future__ import annotations

from typing import Any

#: of A and of B in plots, which know no theme: between the two of the reports
COLOR_A, COLOR_B = "#e27323", "#3f88f2"

_TEXT = "var(--fo-palette-text-primary)"
_SECOND = "var(--fo-palette-text-secondary)"
_THIRD = "var(--fo-palette-text-tertiary)"
_LINE = "var(--fo-palette-divider)"
_HOVER = "var(--fo-palette-action-hover)"
_CARD = "var(--fo-palette-background-level1)"

_LAYOUT: dict[str, Any] = {
    # a row's parts stand side by side and wrap where there is no room
    "& .vd-row": {
        "display": "flex", "flexWrap": "wrap", "alignItems": "center", "gap": "4px 10px",
        "justifyContent": "flex-start", "width": "100%", "padding": 0,
    },
    "& .vd-row > div": {"width": "auto", "minWidth": 0},
    "& .vd-row > .vd-most": {"maxWidth": "100%"},
    "& .vd-row > .vd-grow": {"flex": "1 1 0"},
    "& .vd-row > .vd-fill": {"flex": "1 1 180px"},
    "& .vd-row > .vd-short": {"flex": "0 1 110px"},
    # a letter and its set: the letter stays beside the first line
    "& .vd-set": {"display": "flex", "flexWrap": "nowrap", "gap": "8px", "alignItems": "baseline",
                  "justifyContent": "flex-start", "padding": 0},
    "& .vd-set > div": {"width": "auto", "flex": "none"},
    "& .vd-set > .vd-shrink": {"flex": "0 1 auto", "minWidth": 0},
    "& .vd-end": {"justifyContent": "flex-end"},
    "& .vd-stack": {"display": "flex", "flexDirection": "column", "gap": "6px", "padding": 0},
    "& .vd-stack > div": {"width": "100%"},
    "& .vd-loose": {"gap": "20px"},
    "& .vd-tight": {"gap": "2px"},
    "& .vd-two": {
        "display": "grid", "gridTemplateColumns": "minmax(0, 1fr) minmax(0, 1fr)",
        "gap": "24px", "alignItems": "start", "gridAutoFlow": "row",
    },
    "& .vd-two.vd-snug": {"rowGap": "6px"},
    "& .vd-body-grid": {
        "display": "grid", "gridTemplateColumns": "minmax(0, 5fr) minmax(0, 4fr)",
        "gap": "20px 28px", "alignItems": "start", "gridAutoFlow": "row",
        "gridTemplateRows": "auto auto 1fr",
    },
    "& .vd-beside": {"gridColumn": 2, "gridRow": "1 / span 3"},
}  # fmt: skip

_TYPE: dict[str, Any] = {
    "& .vd-title": {"fontSize": "19px", "fontWeight": 600, "lineHeight": 1.3},
    "& .vd-title.vd-lengthy": {"fontSize": "15px"},
    "& .vd-head": {"fontSize": "13px", "fontWeight": 600, "lineHeight": 1.4},
    "& .vd-body": {"fontSize": "14px", "lineHeight": 1.5},
    "& .vd-second": {"fontSize": "13px", "lineHeight": 1.45, "color": _SECOND},
    "& .vd-small": {"fontSize": "12px", "lineHeight": 1.45, "color": _SECOND},
    "& .vd-faint": {"color": _SECOND, "opacity": 0.85},
    "& .vd-num": {"fontVariantNumeric": "tabular-nums", "whiteSpace": "nowrap"},
    "& .vd-text": {"overflowWrap": "anywhere", "whiteSpace": "pre-wrap", "color": _TEXT},
    "& .vd-text.vd-second, & .vd-text.vd-small": {"color": _SECOND},
    "& .vd-quote": {
        "borderLeft": f"2px solid {_LINE}", "paddingLeft": "10px", "maxHeight": "220px",
        "overflowY": "auto",
    },
}  # fmt: skip

_CHIPS: dict[str, Any] = {
    "& .vd-chip": {
        "fontSize": "12px", "lineHeight": "18px", "padding": "1px 8px", "borderRadius": "10px",
        "background": _HOVER, "color": _SECOND, "whiteSpace": "nowrap", "display": "inline-block",
    },
    "& .vd-found": {"color": _TEXT, "fontWeight": 600, "background": "rgba(46, 160, 105, .22)"},
    "& .vd-yes": {"color": _TEXT, "background": "rgba(46, 160, 105, .22)"},
    "& .vd-no": {"color": _TEXT, "background": "rgba(229, 57, 53, .18)"},
    # the letter of a set, in its color
    "& .vd-a, & .vd-b": {
        "fontSize": "11px", "fontWeight": 700, "width": "18px", "height": "18px",
        "lineHeight": "18px", "textAlign": "center", "borderRadius": "4px", "flex": "none",
    },
    "& .vd-a": {"background": "var(--vd-a)", "color": "var(--vd-on)"},
    "& .vd-b": {"background": "var(--vd-b)", "color": "var(--vd-on)"},
}  # fmt: skip

_BUTTONS: dict[str, Any] = {
    "& .MuiButton-root": {"lineHeight": 1.4, "minWidth": 0},
    "& .MuiButton-root .MuiTypography-root": {"fontSize": "13px", "fontWeight": 500},
    "& .vd-main": {"padding": "5px 14px", "borderRadius": "6px"},
    "& .vd-plain": {
        "padding": "4px 10px", "borderRadius": "6px", "background": _HOVER, "color": _TEXT,
        "boxShadow": "none",
        "&:hover": {"background": "var(--fo-palette-action-selected)", "boxShadow": "none"},
        "& .MuiTypography-root, & .material-icons": {"color": _TEXT},
        "& .material-icons": {"fontSize": "16px"},
    },
    "& .vd-on": {"outline": "2px solid var(--fo-palette-primary-main)"},
    "& .vd-quiet": {
        "padding": "3px 6px", "background": "transparent", "color": _SECOND, "boxShadow": "none",
        "&:hover": {"background": _HOVER, "boxShadow": "none"},
        "& .MuiTypography-root, & .material-icons": {"color": _SECOND},
        "& .material-icons": {"fontSize": "17px"},
    },
    # a name that opens its row: its button covers the whole row, actions lie above it
    "& .vd-link": {
        "padding": 0, "background": "transparent", "boxShadow": "none", "textAlign": "left",
        "justifyContent": "flex-start", "width": "100%", "position": "static",
        "&:hover": {"background": "transparent", "boxShadow": "none"},
        "&::after": {"content": '""', "position": "absolute", "inset": 0, "borderRadius": "8px"},
        "&:focus-visible::after": {"outline": "2px solid var(--fo-palette-primary-main)"},
        "& .MuiTypography-root": {
            "fontSize": "14px", "fontWeight": 500, "color": _TEXT, "overflowWrap": "anywhere",
            "whiteSpace": "pre-wrap",
        },
        "& .MuiTouchRipple-root": {"display": "none"},
    },
}  # fmt: skip

_CARDS: dict[str, Any] = {
    "& .vd-card": {
        "position": "relative", "padding": "10px 12px", "borderRadius": "8px",
        "border": f"1px solid {_LINE}", "background": _CARD,
    },
    "& .vd-opens:hover": {"borderColor": _THIRD, "background": _HOVER},
    "& .vd-above": {"position": "relative", "zIndex": 1},
    "& .vd-list": {"gap": 0},
    # one difference: words, then what is drawn, then numbers
    "& .vd-item": {
        "position": "relative", "display": "grid", "alignItems": "center", "gap": "2px 12px",
        "gridAutoFlow": "row", "padding": "9px 8px",
        "gridTemplateColumns": "minmax(0, 1fr) 132px 44px", "borderTop": f"1px solid {_LINE}",
    },
    "& .vd-item > div": {"width": "auto"},
    "& .vd-item > .vd-wide": {"gridColumn": "1 / -1"},
    "& .vd-item:hover": {"background": _HOVER, "borderRadius": "6px"},
    "& .vd-legend": {"borderTop": "none", "paddingBottom": "3px"},
    "& .vd-legend:hover": {"background": "none"},
    "& .vd-apart": {"justifyContent": "space-between"},
}  # fmt: skip

_DRAWN: dict[str, Any] = {
    # an interval between 0 (truer of B) and 1 (truer of A)
    "& .vd-interval": {
        "position": "relative", "height": "16px", "width": "100%", "padding": 0,
        # the scale, and its middle: no difference
        "background": f"linear-gradient({_THIRD}, {_THIRD}) 50% 50% / 1px 100% no-repeat, "
        f"linear-gradient({_LINE}, {_LINE}) 0 50% / 100% 1px no-repeat",
        "&::before": {
            "content": '""', "position": "absolute", "top": "4px", "height": "8px",
            "left": "var(--low)", "width": "calc(var(--high) - var(--low))", "minWidth": "2px",
            "borderRadius": "2px", "background": "var(--ink)", "opacity": 0.38,
        },
        "&::after": {
            "content": '""', "position": "absolute", "top": "2px",
            "left": "calc(var(--at) - 1.5px)", "width": "3px", "height": "12px",
            "borderRadius": "1.5px", "background": "var(--ink)",
        },
    },
    "& .vd-weak": {"opacity": 0.55},
    "& .vd-bar": {
        "position": "relative", "height": "6px", "width": "100%", "padding": 0,
        "borderRadius": "3px", "background": "var(--fo-palette-action-selected)",
        "overflow": "hidden",
        "&::before": {
            "content": '""', "position": "absolute", "inset": 0, "width": "var(--at)",
            "background": "var(--ink)",
        },
    },
    "& .vd-thumbs": {
        "display": "grid", "gridTemplateColumns": "repeat(4, minmax(0, 1fr))",
        "gap": "6px", "gridAutoFlow": "row",
    },
    "& .vd-thumb": {
        "width": "100%", "aspectRatio": "1", "objectFit": "cover", "borderRadius": "5px",
        "display": "block", "background": _HOVER, "cursor": "pointer",
        "&:hover": {"outline": "2px solid var(--fo-palette-primary-main)"},
    },
    "& .vd-plot": {"height": "220px", "width": "100%"},
}  # fmt: skip

_FIELDS: dict[str, Any] = {
    "& .MuiInputBase-input": {"fontSize": "13px", "padding": "7px 10px"},
    "& .vd-field": {"width": "100%"},
    # a folded part: its heading is the App's own
    "& [role=button][aria-expanded]": {"cursor": "pointer", "padding": "4px 0"},
    "& .vd-folded": {"marginTop": "4px", "marginLeft": 0, "width": "100%", "paddingLeft": 0},
    "& .vd-folded > .MuiGrid-item": {"paddingLeft": 0, "paddingTop": 0},
}

#: last: they override what stands above
_NARROW: dict[str, Any] = {
    "@container (max-width: 760px)": {
        "& .vd-two, & .vd-body-grid": {"gridTemplateColumns": "minmax(0, 1fr)"},
        "& .vd-beside": {"gridColumn": "auto", "gridRow": "auto"},
        "& .vd-thumbs": {"gridTemplateColumns": "repeat(8, minmax(0, 1fr))"},
    },
    "@container (max-width: 460px)": {
        "& .vd-item": {"gridTemplateColumns": "minmax(0, 1fr) 44px"},
        "& .vd-item > .vd-words": {"gridColumn": "1 / -1"},
        "& .vd-thumbs": {"gridTemplateColumns": "repeat(4, minmax(0, 1fr))"},
    },
}

#: for the root
SHEET: dict[str, Any] = {
    "containerType": "inline-size",
    "display": "flex",
    "flexDirection": "column",
    "gap": "18px",
    "padding": "16px 18px 40px",
    "maxWidth": "1240px",
    "width": "100%",
    "color": _TEXT,
    # as in the reports
    "--vd-a": "#ff9a52", "--vd-b": "#6ea8fe", "--vd-on": "#16181c",
    "[data-mui-color-scheme=light] &": {
        "--vd-a": "#c2570c", "--vd-b": "#1f6feb", "--vd-on": "#fff",
    },
    **_LAYOUT, **_TYPE, **_CHIPS, **_BUTTONS, **_CARDS, **_DRAWN, **_FIELDS, **_NARROW,
}  # fmt: skip
