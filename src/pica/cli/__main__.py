"""`python -m pica.cli`: the `pica` command where its script is not on the PATH."""

from pica.cli import main

main()
