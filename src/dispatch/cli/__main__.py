"""`python -m dispatch.cli`, where the command is not on the path."""

from dispatch.cli import main

main()
