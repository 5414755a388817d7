"""`python -m mynah`."""

from mynah.cli import main

main()
