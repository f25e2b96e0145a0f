"""Cost against time, a panel per group: the mean over its instances of the best answer each engine had by then."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from textwrap import fill
from typing import Any

from benchmarks.peers.engines import ENGINES, OURS
from benchmarks.peers.table import Record, lines

COLOURS = ("#c1121f", "#1d4e89", "#5fa8d3", "#2a9d8f", "#e9a03b", "#8d6a9f", "#6b705c")
"""Of the engines, in their order."""
HEADROOM = 1.25
"""The highest cost shown, by the dearest final answer."""
EARLIEST = 0.003
"""The earliest moment shown, by the longest run."""


def available() -> bool:
    """Whether charts can be drawn."""
    return find_spec("matplotlib") is not None


def curve(runs: Sequence[Record]) -> list[tuple[float, float]]:
    """Return seconds and mean cost, from the moment when the engine has an answer to every instance."""
    steps = [sorted(map(tuple, run["points"])) for run in runs if run["points"]]
    if not steps or len(steps) < len(runs):
        return []
    first = max(points[0][0] for points in steps)
    times = sorted({at for points in steps for at, _ in points if at >= first})
    return [(at, fmean(_by(points, at) for points in steps)) for at in times]


def _by(points: Sequence[tuple[float, float]], at: float) -> float:
    """Return the least cost of the points up to a moment."""
    return min(cost for _, cost in points[: bisect_right(points, (at, float("inf")))])


def draw(document: Mapping[str, Any], path: Path) -> None:
    """Draw the runs of a document and write the picture."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    runs = [run for run in document["runs"] if run["cost"] is not None]
    groups = list(dict.fromkeys(run["group"] for run in runs))
    figure, panels = plt.subplots(1, len(groups), figsize=(1.5 + 4.6 * len(groups), 5.4), squeeze=False, layout="constrained")
    for panel, group in zip(panels[0], groups, strict=True):
        _panel(panel, group, [run for run in runs if run["group"] == group])
    handles = {label: handle for panel in panels[0] for handle, label in zip(*panel.get_legend_handles_labels(), strict=True)}
    figure.legend(handles.values(), handles.keys(), loc="outside upper center", ncols=min(4, 2 * len(groups)), frameon=False, fontsize=9)
    figure.supxlabel(fill(caption(document), 60 * len(groups) + 20), fontsize=7, color="#555555")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    plt.close(figure)


def caption(document: Mapping[str, Any]) -> str:
    """Return where and when it was measured, with what."""
    used = ", ".join(f"{name} {release}" for name, release in document["versions"].items() if release)
    return f"{document['date'][:10]}, commit {document['commit']}, {document['machine']}, one thread each; {used}"


def _panel(panel: Any, group: str, runs: Sequence[Record]) -> None:
    of = [line for line in lines(runs) if line.cost is not None]
    for line in of:
        mine = [run for run in runs if (run["engine"], run["budget"]) == (line.engine, line.budget)]
        longest = max(other.budget for other in of if other.engine == line.engine)
        colour = COLOURS[list(ENGINES).index(line.engine)]
        width, dashes = 2.2 if line.engine == OURS.name else 1.3, "-" if line.budget == longest else "--"
        along = curve(mine)
        if not along or along[-1][0] < line.seconds:
            along.append((line.seconds, line.cost or 0.0))
        panel.plot(*zip(*along, strict=True), drawstyle="steps-post", color=colour, linewidth=width, linestyle=dashes, label=line.title)
        panel.plot([line.seconds], [line.cost], marker="o", markersize=4, color=colour)
    finals = [line.cost for line in of if line.cost is not None]
    panel.set_ylim(0.97 * min(finals), HEADROOM * max(finals))
    panel.set_xscale("log")
    panel.set_xlim(left=EARLIEST * max(line.seconds for line in of))
    panel.yaxis.set_major_formatter("{x:,.0f}")
    panel.set_xlabel("seconds")
    panel.set_ylabel("mean cost, seconds of travel")
    panel.set_title(f"{group} ({len({run['instance'] for run in runs})} instances)", fontsize=10)
    panel.grid(alpha=0.25)
