"""The command line: parsing, reading, printing, and nothing else. What it prints is in ``docs/cli.md``."""

from dispatch.cli.commands import app

__all__ = ["app", "main"]


def main() -> None:
    """Run the command `dispatch`."""
    app(prog_name="dispatch")
