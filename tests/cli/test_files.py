"""Files are written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from dispatch.cli import files


def test_a_file_is_replaced_as_a_whole_and_a_link_stays_a_link(tmp_path: Path) -> None:
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.write(link, b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link", "target"]


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        files.check_writable(pipe)
        files.write(pipe, b"plan")
        assert os.read(reader, 10) == b"plan"
        assert pipe.is_fifo()
    finally:
        os.close(reader)


def test_calendars_have_names_that_every_file_system_takes() -> None:
    assert files.calendar_names(["ann", "Ann", "a/b", "a b", "..", "张伟", "x" * 99]) == {
        "ann": "ann.ics",
        "Ann": "Ann_2.ics",
        "a/b": "a_b.ics",
        "a b": "a_b_2.ics",
        "..": "_.ics",
        "张伟": "张伟.ics",
        "x" * 99: f"{'x' * 60}.ics",
    }
