"""HTML and SVG elements from plain values: whatever is not markup already is escaped."""

from __future__ import annotations

from html import escape

__all__ = ["Markup", "el", "join"]

_EMPTY = frozenset({"br", "circle", "col", "line", "path", "polyline", "rect", "use"})


class Markup(str):
    """Text that is HTML as it stands, and is not escaped again."""

    __slots__ = ()


def _value(value: str | int | float) -> str:
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else escape(str(value))


def el(name: str, *children: str | None, **attributes: str | int | float | None) -> Markup:
    """Return one element.

    Parameters
    ----------
    children
        Text, escaped; `Markup`, as it stands; None, left out.
    attributes
        A trailing underscore is dropped and others become hyphens (`class_`, `stroke_width`); None is left out.
    """
    text = "".join(f' {k.removesuffix("_").replace("_", "-")}="{_value(v)}"' for k, v in attributes.items() if v is not None)
    if name in _EMPTY:
        return Markup(f"<{name}{text}/>")
    return Markup(f"<{name}{text}>{join(*children)}</{name}>")


def join(*children: str | None) -> Markup:
    """Return children one after the other, escaped where they are not markup."""
    return Markup("".join(c if isinstance(c, Markup) else escape(c) for c in children if c is not None))
