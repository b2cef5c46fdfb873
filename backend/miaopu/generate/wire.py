"""From what `/api` takes and answers to the TypeScript types of the PWA."""

from miaopu.accounts import api as accounts
from miaopu.audit import api as audit
from miaopu.duplicates import api as duplicates
from miaopu.generate.shapes import interfaces
from miaopu.generate.typescript import HEADER
from miaopu.imports import api as imports
from miaopu.lookup import api as lookup
from miaopu.reports import api as reports

ANSWERS = (
    accounts.ManagedAccounts,
    accounts.Made,
    accounts.OwnAccount,
    accounts.Closed,
    lookup.CasesFound,
    lookup.Fetched,
    duplicates.Pairs,
    reports.Corrections,
    imports.JobShown,
    imports.RowPage,
    imports.Batches,
    audit.TrailPage,
)
QUESTIONS = (
    accounts.NewAccount,
    accounts.AccountChange,
    accounts.NewPassword,
    accounts.Standings,
    audit.AskedTrail,
    imports.AskedPreview,
    imports.AskedRows,
    imports.AskedCommit,
    imports.AskedUndo,
)


def api_typescript() -> str:
    """The text of `pwa/src/models/api.ts`."""
    answered = interfaces(ANSWERS, "received")
    asked = interfaces(QUESTIONS, "sent")
    return f"{HEADER}\n{answered}\n{asked}"
