"""Pictures by matplotlib, which the extra `reports` installs."""

from __future__ import annotations

import io
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from dispatch.errors import DispatchError
from dispatch.simulation.fit import Fitted
from dispatch.simulation.kpis import ALL, FIGURES, of_scope
from dispatch.simulation.runs import Simulated

__all__ = ["as_png", "as_svg", "figure", "of_fit", "of_run", "save"]

INK, SOFT, ACCENT, LATE = "#18212b", "#56616f", "#0b5cad", "#b91622"


def figure(rows: int, columns: int, width: float, height: float) -> tuple[Any, Any]:
    """Return a figure and its axes, in the colours of the reports.

    Raises
    ------
    DispatchError
        matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise DispatchError("Pictures need matplotlib: install field-dispatch[reports].") from None
    style: Any = {"font.size": 9, "svg.hashsalt": "dispatch", "axes.spines.top": False, "axes.spines.right": False}
    style |= {"axes.edgecolor": SOFT, "axes.labelcolor": SOFT, "xtick.color": SOFT, "ytick.color": SOFT, "axes.titlelocation": "left"}
    with mpl.rc_context(style):
        drawn = Figure(figsize=(width, height), layout="constrained")
        return drawn, drawn.subplots(rows, columns, squeeze=False)


def as_png(drawn: Any) -> bytes:
    """Return a figure as PNG."""
    data = io.BytesIO()
    drawn.savefig(data, format="png", dpi=120, metadata={"Software": None})
    return data.getvalue()


def as_svg(drawn: Any) -> str:
    """Return a figure as an SVG element."""
    data = io.StringIO()
    drawn.savefig(data, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = data.getvalue()
    return text[text.index("<svg") :]


def save(drawn: Any, path: Path) -> bytes:
    """Return the bytes of a picture in the format that the name of its file asks for: SVG, else PNG."""
    return as_svg(drawn).encode() if path.suffix == ".svg" else as_png(drawn)


# ------------------------------------------------------------------------ fit


def of_fit(fitted: Fitted) -> Any:
    """Return four pictures of a fit: the week, the days, durations, places; what was held out in red."""
    drawn, axes = figure(2, 2, 11, 7)
    _week(axes[0, 0], fitted)
    _days(axes[0, 1], fitted)
    _durations(axes[1, 0], fitted)
    _places(axes[1, 1], fitted)
    return drawn


def _week(axis: Any, fitted: Fitted) -> None:
    if fitted.log.days_only:
        _weekdays(axis, fitted)
        return
    hours = np.arange(168)
    for start, end, colour, label in ((fitted.first, fitted.split, SOFT, "fitted part"), (fitted.split, fitted.last, LATE, "held out")):
        if end <= start:
            continue
        counts = fitted.counts(start, end).reshape(-1, 24)
        days = np.array([(d - 1) % 7 for d in range(start, end)])
        seen = np.concatenate([counts[days == w].mean(axis=0) if (days == w).any() else np.full(24, np.nan) for w in range(7)])
        axis.plot(hours, seen, color=colour, linewidth=0.8, alpha=0.6, label=label)
    axis.plot(hours, np.sum([s.by_hour for s in fitted.sorts], axis=0), color=ACCENT, linewidth=1.6, label="fit")
    axis.set_xticks(range(0, 168, 24), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    axis.set_title("Tickets per hour of the week")
    axis.legend(frameon=False)


def _weekdays(axis: Any, fitted: Fitted) -> None:
    """Draw a log of days: tickets per weekday."""
    for start, end, colour, label in ((fitted.first, fitted.split, SOFT, "fitted part"), (fitted.split, fitted.last, LATE, "held out")):
        if end > start:
            counts = fitted.counts(start, end).reshape(-1, 24).sum(axis=1)
            days = np.array([(d - 1) % 7 for d in range(start, end)])
            axis.plot(
                range(7), [counts[days == w].mean() if (days == w).any() else np.nan for w in range(7)], "o", color=colour, label=label
            )
    axis.plot(
        range(7), np.sum([s.by_hour for s in fitted.sorts], axis=0).reshape(7, 24).sum(axis=1), color=ACCENT, linewidth=1.6, label="fit"
    )
    axis.set_xticks(range(7), ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"])
    axis.set_ylim(bottom=0)
    axis.set_title("Tickets per weekday")
    axis.legend(frameon=False)


def _days(axis: Any, fitted: Fitted) -> None:
    seen = fitted.counts(fitted.first, fitted.last).reshape(-1, 24).sum(axis=1)
    rates = fitted.rates(fitted.first, fitted.last).reshape(-1, 24).sum(axis=1)
    step = 7 if len(seen) > 90 else 1
    weeks = len(seen) // step
    days = [date.fromordinal(fitted.first) + timedelta(days=i * step) for i in range(weeks)]
    colours = [LATE if fitted.first + i * step >= fitted.split else SOFT for i in range(weeks)]
    axis.scatter(days, seen[: weeks * step].reshape(-1, step).sum(axis=1), s=9, color=colours)
    axis.plot(days, rates[: weeks * step].reshape(-1, step).sum(axis=1), color=ACCENT, linewidth=1.4)
    axis.set_ylim(bottom=0)
    axis.set_title(f"Tickets per {'week' if step == 7 else 'day'}; held out in red, the fit as a line")
    axis.tick_params(axis="x", rotation=30)


def _durations(axis: Any, fitted: Fitted) -> None:
    seconds = np.array([e.service for e in fitted.log.entries if e.service is not None], np.float64)
    axis.set_title("Time on site")
    if not len(seconds):
        axis.text(0.5, 0.5, "The log has no durations.", ha="center", color=SOFT, transform=axis.transAxes)
        axis.set_axis_off()
        return
    minutes = seconds / 60
    edges = np.geomspace(max(0.9 * minutes.min(), 0.5), 1.1 * minutes.max() + 1, 40)
    axis.hist(minutes, bins=edges, color=SOFT, alpha=0.5, density=True)
    middle = np.sqrt(edges[1:] * edges[:-1])
    total = sum(s.tickets for s in fitted.sorts if s.known) or 1
    density = np.zeros(len(middle))
    for s in fitted.sorts:
        mean, sigma, law = s.service
        mean /= 60
        if not s.known:
            continue
        if law == "exponential":
            density += s.tickets / total * np.exp(-middle / mean) / mean
        else:
            mu = math.log(mean) - sigma**2 / 2
            density += (
                s.tickets / total * np.exp(-((np.log(middle) - mu) ** 2) / (2 * sigma**2)) / (middle * sigma * math.sqrt(2 * math.pi))
            )
    axis.plot(middle, density, color=ACCENT, linewidth=1.6)
    axis.set_xscale("log")
    axis.set_xlabel("minutes")
    axis.set_yticks([])


def _places(axis: Any, fitted: Fitted) -> None:
    points = np.array([p for s in fitted.sorts for p in s.points], np.float64).reshape(-1, 2)
    axis.set_title("Places kept")
    if not len(points):
        axis.text(0.5, 0.5, "The log has no positions.", ha="center", color=SOFT, transform=axis.transAxes)
        axis.set_axis_off()
        return
    axis.scatter(points[:, 1], points[:, 0], s=6, color=ACCENT, alpha=0.4, linewidths=0)
    axis.set_aspect(1 / math.cos(math.radians(float(points[:, 0].mean()))))


# ------------------------------------------------------------------------ run


def of_run(result: Simulated) -> Any:
    """Return promises kept and the response, by kind, class and region, with 95 % intervals; bounds of targets as red ticks."""
    scopes = [s for s in result.scopes() if result.estimate("sla", s).mean is not None]
    drawn, axes = figure(1, 2, 11, 1.2 + 0.36 * max(3, len(scopes)))
    for axis, name, factor in ((axes[0, 0], "sla", 100.0), (axes[0, 1], "response_p90_minutes", 1.0)):
        for row, scope in enumerate(reversed(scopes)):
            e = result.estimate(name, scope)
            if e.mean is None:
                continue
            reach = [[0.0], [0.0]] if e.low is None or e.high is None else [[factor * (e.mean - e.low)], [factor * (e.high - e.mean)]]
            axis.errorbar(factor * e.mean, row, xerr=reach, fmt="o", color=ACCENT, markersize=5, capsize=3, linewidth=1.2)
            for t in result.targets():
                bound = t.at_least if t.at_least is not None else t.at_most
                if t.figure == name and t.scope == scope and bound is not None:
                    axis.plot([factor * bound] * 2, [row - 0.35, row + 0.35], color=LATE, linewidth=2)
        axis.set_yticks(range(len(scopes)), [of_scope(s) if s != ALL else "all" for s in reversed(scopes)])
        axis.set_ylim(-0.6, len(scopes) - 0.4)
        axis.grid(axis="x", color="#e6eaef")
        unit = "%" if FIGURES[name] == "share" else FIGURES[name]
        axis.set_title({"sla": f"Promises kept, {unit}"}.get(name, f"90 % are answered within, {unit}"))
    return drawn
