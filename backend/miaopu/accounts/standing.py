"""Whether an account still stands as it did when it logged in on a device (账号是否仍有效).

A device works on without the server for days, and its cookie may have run out when it is back. By a
ticket from the login it asks for each of its accounts, without a password, whether the account was
disabled, removed, moved or given another password since: then it is out.
"""

import hashlib
import hmac
from typing import Any

from miaopu.accounts.rules import place_in

Json = dict[str, Any]


def ticket(secret: str, record: Json) -> str:
    """The ticket of an account's document: another one in another place, and after a new password,
    which has a new salt.

    `secret` is the server's own. Says nothing of the password, and lets nobody in.
    """
    parts = ("standing", record["name"], place_in(record), record.get("salt"))
    said = "\0".join(str(part) for part in parts)
    return hmac.new(secret.encode(), said.encode(), hashlib.sha256).hexdigest()


def stands(secret: str, record: Json | None, given: str) -> bool:
    """Is `given` the ticket of an account that is neither gone nor disabled?"""
    if record is None or "disabled" in record or not record.get("roles"):
        return False
    return hmac.compare_digest(ticket(secret, record), given)
