"""What a user can type or see is in the documentation, and what the documentation says exists and works."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from dispatch import check, travel
from dispatch.answers import CODES
from dispatch.cli import app, edge
from dispatch.errors import DispatchError, InfeasibleError, InputError, TravelError
from dispatch.explain import ACTIONS, REASON_CODES
from dispatch.model import POLICIES, RULES, Plan, Problem
from dispatch.simulation.kpis import FIGURES

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PAGES = sorted(p for p in (*ROOT.glob("*.md"), *DOCS.glob("*.md"), *ROOT.glob("scenarios/**/*.md"), *ROOT.glob("benchmarks/*.md")))


def page(name: str) -> str:
    return (DOCS / name).read_text("utf-8")


def first_cells(text: str) -> set[str]:
    """Return all names in backquotes in the first cells of the tables of a page."""
    return {name for line in text.splitlines() if line.startswith("| `") for name in re.findall(r"`([^`]+)`", line.split(" | ")[0])}


# ---------------------------------------------------------- the command line


def commands() -> Iterator[tuple[str, object]]:
    """Yield every command by its full name."""
    waiting = [("dispatch", typer.main.get_command(app))]
    while waiting:
        name, command = waiting.pop()
        inner = getattr(command, "commands", None)
        if inner is None:
            yield name, command
        else:
            waiting += [(f"{name} {n}", c) for n, c in inner.items()]


COMMANDS = dict(commands())
OPTIONS = sorted({o for c in COMMANDS.values() for p in c.params for o in p.opts if o.startswith("--")} - {"--help"})  # type: ignore[attr-defined]


def test_every_command_is_listed_and_no_other_is() -> None:
    listed = re.findall(
        r"^(dispatch [a-z]+(?: run| create| list| revoke| info| matrix| route| fit| sweep| staff| promise| marginal| backtest)?)",
        page("cli.md").split("```")[1],
        re.MULTILINE,
    )
    assert sorted(listed) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_option_of_a_command_is_on_the_page_and_has_help(name: str) -> None:
    for parameter in COMMANDS[name].params:  # type: ignore[attr-defined]
        assert parameter.help, f"{name} {parameter.name}"
        for option in parameter.opts:
            if option.startswith("--") and option != "--help":
                assert f"`{option}" in page("cli.md"), f"{name} {option}"


def test_every_option_on_the_page_exists() -> None:
    named = set(re.findall(r"--[a-z][a-z-]+", page("cli.md")))
    assert named == {*OPTIONS, "--help", "--version", "--debug"}


def test_every_exit_code_is_on_the_page() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", page("cli.md"), re.MULTILINE)}
    of_errors = {error.exit_code for error in (DispatchError, InputError, TravelError, InfeasibleError)}
    assert codes == {0, *of_errors, edge.FAILED, edge.STOPPED, edge.BROKEN_PIPE, edge.UNEXPECTED}


def test_every_code_that_only_the_command_line_gives_is_on_its_page() -> None:
    source = "".join(p.read_text("utf-8") for p in (ROOT / "src" / "dispatch" / "cli").glob("*.py"))
    given = set(re.findall(r'"([A-Z]+_FILE)"', source)) | {code for code, _ in CODES.values()} | {"UNEXPECTED", "OTHER_PROBLEM"}
    assert {code for code in given if f"`{code}`" not in page("cli.md")} == set()


# ------------------------------------------------------------- all that is named


def test_every_figure_is_documented_and_no_other_is() -> None:
    nothing = Problem(engineers=(), tickets=(), now=0)
    of_plans, of_simulations = page("kpis.md").split("# Figures of a simulation")
    assert first_cells(of_plans) == set(check.verify(nothing, travel.matrix(nothing), Plan(())).kpis)
    assert first_cells(of_simulations) == set(FIGURES)


def test_every_reason_is_documented_with_what_to_do_and_no_other_is() -> None:
    assert {name for name in first_cells(page("reasons.md")) if name.isupper()} == set(REASON_CODES)
    assert [code for code, action in ACTIONS.items() if action not in page("reasons.md")] == []


def test_every_rule_is_documented_and_no_other_is() -> None:
    assert first_cells(page("rules.md")) == {*check.HARD_RULES, *RULES}
    assert "`agreement`" in page("rules.md")
    assert first_cells(page("policies.md")) == set(RULES)
    for policy in POLICIES:
        assert f"**`{policy}`**" in page("policies.md")


# ------------------------------------------------------------------ the pages


@pytest.mark.parametrize("path", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text("utf-8")):
        if target.startswith("http"):
            continue
        file, _, anchor = target.partition("#")
        linked = path.parent / file if file else path
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}, target


@pytest.mark.parametrize("path", sorted(DOCS.glob("*.md")), ids=lambda p: p.name)
def test_every_page_is_found_from_the_readme(path: Path) -> None:
    assert f"(docs/{path.name})" in (ROOT / "README.md").read_text("utf-8")


def test_the_picture_is_small_enough_to_load() -> None:
    assert (DOCS / "report.png").stat().st_size < 300_000


# ----------------------------------------------------------------- the readme


def shell_lines() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line]


def test_the_commands_of_the_readme_run(tmp_path: Path) -> None:
    for folder in ("docs/examples", "scenarios"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    lines = [line for line in shell_lines() if not line.startswith("make ")]
    assert len(lines) == 3
    for line in lines:
        assert line.startswith(".venv/bin/dispatch ")
        command = [sys.executable, "-m", "dispatch.cli", *shlex.split(line.replace("--seconds 5", "--iterations 50"))[1:]]
        ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert (ended.returncode, bool(ended.stdout)) == (0, True), f"{line}: {ended.stderr}"


def test_what_is_made_in_the_readme_is_a_target_that_plans_the_day_it_names() -> None:
    (made,) = (line for line in shell_lines() if line.startswith("make "))
    dry = subprocess.run([*shlex.split(made), "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=60)
    assert "dispatch plan scenarios/changsha-tuesday.json" in dry.stdout
    for output in ("--report out/report.html", "--output out/plan.json", "--export out"):
        assert output in dry.stdout


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "CONTRIBUTING.md"], ids=lambda p: p.name)
def test_every_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"`make ([a-z]+)`", path.read_text("utf-8"))) | set(
        re.findall(r"^make ([a-z]+)$", path.read_text("utf-8"), re.MULTILINE)
    )
    assert named
    assert named <= targets
