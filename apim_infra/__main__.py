"""`python -m apim_infra` is the `apim` command."""

from apim_infra.cli import main

main()
