"""What all sets share: finding files, choosing instances, comparing with the best known, summing up."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from benchmarks import published, summary
from benchmarks.sets import NOT_READ, SETS, Case, DataError, Judgement, base
from dispatch.model import MatrixTravel, Problem

NOTHING = Problem((), (), 0, travel=MatrixTravel(()))


def case(best: float | None, **more: object) -> Case:
    return Case("x", NOTHING, lambda routes: Judgement(0, 0), best, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("known", "judgement", "gap"),
    [
        (case(200.0), Judgement(205.0, 0), 2.5),
        (case(200.0, maximise=True), Judgement(190.0, 3), 5.0),
        (case(200.0, best_left_out=1), Judgement(205.0, 1), 2.5),
        (case(200.0, best_left_out=1), Judgement(205.0, 2), None),
        (case(200.0), Judgement(150.0, 4, ("4 left out",)), None),
        (case(None), Judgement(205.0, 0), None),
    ],
)
def test_a_gap_is_given_only_where_two_answers_can_be_compared(known: Case, judgement: Judgement, gap: float | None) -> None:
    assert known.gap(judgement) == gap


def test_files_are_found_packed_or_not(tmp_path: Path) -> None:
    (tmp_path / "C_10.txt").write_text("ten")
    (tmp_path / "C_2.txt.gz").write_bytes(gzip.compress(b"two"))
    (tmp_path / "bks.csv").write_text("instance,cost,convention\nC_2,7,dimacs: x\nC_2,8,sintef: y\n")
    assert base.names_in(tmp_path, ".txt") == ["C_2", "C_10"]
    assert [base.read_text(tmp_path / f"{name}.txt") for name in ("C_2", "C_10")] == ["two", "ten"]
    assert base.best_known(tmp_path, "C_2", "sintef")["cost"] == "8"
    assert base.best_known(tmp_path, "C_3") == {}
    with pytest.raises(DataError, match=r"No file .*C_3\.txt and no C_3\.txt\.gz beside it"):
        base.read_text(tmp_path / "C_3.txt")


def test_a_limit_spreads_over_all_instances() -> None:
    assert published.spread(list("abcdefghij"), 4) == ["a", "c", "f", "h"]
    assert published.spread(["a", "b"], 5) == ["a", "b"]
    assert published.spread(["a", "b"], None) == ["a", "b"]


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No set nonsense"):
        published.chosen("nonsense", tmp_path, None, "*")
    with pytest.raises(DataError, match="hhcrsp is not read: visits by two people at once"):
        published.chosen("hhcrsp", tmp_path, None, "*")
    with pytest.raises(DataError, match=r"No folder .*ftsp-damm"):
        published.chosen("ftsp-damm", tmp_path, None, "*")
    (tmp_path / "ftsp-damm").mkdir()
    with pytest.raises(DataError, match=r"No instance of ftsp-damm in .* fits R"):
        published.chosen("ftsp-damm", tmp_path, None, "R*")


def test_every_set_in_the_readme_is_read_or_not_with_a_reason() -> None:
    readme = (Path(published.__file__).parent / "README.md").read_text(encoding="utf-8")
    assert [name for name in (*SETS, *NOT_READ) if f"`{name.split()[0]}`" not in readme] == []


DOCUMENT = {
    "date": "2026-11-22T10:00:00+00:00",
    "commit": "abc1234",
    "versions": {"python": "3.11.2", "ortools": "9.15.6755", "numba": None},
    "machine": "a processor, 2 cores",
}


def row(name: str, value: float | None, gap: float | None, feasible: bool, also: dict[str, float]) -> dict[str, object]:
    return {"set": "ftsp-damm", "instance": name, "value": value, "gap": gap, "feasible": feasible, "seconds": 5.0, "also": also}


def test_results_are_summed_up_as_markdown() -> None:
    results = [row("a", 100, 0.0, True, {"brkga_A": 101.0}), row("b", 190, 5.0, True, {"brkga_A": 189.0}), row("c", 1000, None, False, {})]
    document = DOCUMENT | {"options": {"seconds": 5.0, "workers": 2, "engine": None}, "results": results}
    assert summary.markdown(document) == (
        "2026-11-22, commit abc1234, a processor, 2 cores; python 3.11.2, ortools 9.15.6755. Options: seconds 5.0, workers 2.\n"
        "\n"
        "| set | instances | feasible | compared | mean value | mean gap % | median | worst | seconds |\n"
        "|---|---|---|---|---|---|---|---|---|\n"
        "| `ftsp-damm` | 3 | 2 | 2 | 430.00 | 2.50 | 2.50 | 5.00 | 5.0 |\n"
        "\n"
        "- `ftsp-damm`: mean brkga_A 145.00, ours 145.00 (2 instances)"
    )


def test_figures_are_put_beside_their_limits() -> None:
    figures = [{"what": "import dispatch", "value": 0.4321, "limit": 0.5, "unit": "s"}]
    text = summary.markdown(DOCUMENT | {"options": {"runs": 5}, "figures": figures})
    assert text.splitlines()[2:] == ["| what | limit | figure |", "|---|---|---|", "| import dispatch | < 0.5 s | 0.432 s |"]
