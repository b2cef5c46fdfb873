"""The validator of the clinics' databases itself, asked about what a write would come to."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from miaopu.accounts.actor import Actor
from miaopu.gate.answers import AnswerError
from miaopu.gate.judgement import Change
from miaopu.provision.catalog import constants
from miaopu.provision.designs import design_documents
from miaopu_db.documents import dumps
from miaopu_db.errors import CouchError
from miaopu_db.validation import Validation, Validator, pair

_DESIGNS = ("_design/authority", "_design/history", "_design/rules")


@dataclass(slots=True)
class Authority:
    """Says of changes what the databases say of writes.

    `designs`: the validators that are asked. Where the server's own account writes in somebody's
    name, the databases ask the others themselves.
    """

    designs: Sequence[str] = _DESIGNS
    _validator: Validator | None = None

    async def word(
        self, database: str, changes: Sequence[Change], actor: Actor
    ) -> list[str | None]:
        """Of each change why it is denied, or None. Raises AnswerError where it cannot be said."""
        context = {"db": database, "name": actor.name, "roles": list(actor.roles)}

        def judge() -> list[CouchError | None]:
            if self._validator is None:
                designs = design_documents("site", constants())
                self._validator = Validator(
                    {name: designs[name]["validate_doc_update"] for name in self.designs}
                )
            pairs = [pair(dumps(one.after), dumps(one.before)) for one in changes]
            return Validation([self._validator], context, {}).check(pairs)

        try:
            errors = await asyncio.get_running_loop().run_in_executor(None, judge)
        except CouchError as error:
            raise AnswerError(error.status, error.error, error.reason or "") from None
        undecided = next((one for one in errors if one is not None and one.status == 503), None)
        if undecided is not None:
            raise AnswerError(undecided.status, undecided.error, undecided.reason or "")
        return [one.reason if one is not None else None for one in errors]
