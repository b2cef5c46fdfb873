"""From the list of denials to TypeScript and to a page of the manual."""

from miaopu.generate.typescript import HEADER
from miaopu.models.denials import DENIALS


def _key(code: str) -> str:
    return f"'{code}'" if "-" in code else code


def denials_typescript() -> str:
    """The text of `pwa/src/models/denials.ts`."""
    codes = "".join(f"  {_key(code)}: '{meaning.cause}',\n" for code, meaning in DENIALS.items())
    return (
        f"{HEADER}\n"
        "/** Why a write is refused (拒收代码): code → what is to be done about it. */\n"
        f"export const DENIALS = {{\n{codes}}} as const;\n\n"
        "export type DenialCode = keyof typeof DENIALS;\n"
    )


def denials_page() -> str:
    """The text of `docs/denials.md`."""
    rows = "".join(
        f"| `{code}` | {meaning.cause} | {meaning.text} |\n" for code, meaning in DENIALS.items()
    )
    return (
        "# Why a write is refused\n\n"
        "<!-- Generated from backend/miaopu/models/denials.py by `miaopu generate`. -->\n\n"
        "A database and the gate before it say `[code] part`, where part is `event <ULID>`,\n"
        "`fact <field>`, `field <path>` or `document`, and never a value. The cause tells what to\n"
        "do: `senior`, log in a 高级用户; `place`, it is another place's; `form`, update\n"
        "the program; `rule`, it cannot have happened so, or needs a reason; `other`, ask an\n"
        "administrator. Sentences stand in `pwa/src/status/words.*.json`, under `denied`.\n\n"
        "| code | cause | what it says |\n|---|---|---|\n" + rows
    )
