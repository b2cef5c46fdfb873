"""`python -m miaopu_db`."""

import typer

from .command import embedded_command

if __name__ == "__main__":
    typer.run(embedded_command)
