"""From `pwa/src/case/rules` to the script of the databases' validators."""

import subprocess
from functools import cache
from pathlib import Path

_PWA = Path(__file__).resolve().parents[3] / "pwa"


@cache
def rules_script() -> str:
    """The text of `design-docs/lib/rules.js`. RuntimeError: the rules do not compile."""
    run = subprocess.run(
        ["node", "scripts/build-rules.mjs"],  # noqa: S607  # node is where the developer has it
        cwd=_PWA,
        capture_output=True,
        encoding="utf-8",
    )
    if run.returncode != 0:
        raise RuntimeError(f"the rules do not compile:\n{run.stderr}")
    return run.stdout
