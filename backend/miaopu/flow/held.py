"""Which sites are handed which cases: pure.

A site is handed a case to which the protocol entitles it (`miaopu.case.moving.entitled`). One that
has had a part in it without being entitled, such as one whose server's seal is not known here, is
kept up to date with what its own database has already: that came in through a gate. What a site
writes about a case, and says of the cases that it joins, gives the site itself nothing.
"""

from collections.abc import Callable, Mapping
from typing import Any

from miaopu.case.joined import groups
from miaopu.case.moving import entitled, holders

Json = dict[str, Any]
IsSealed = Callable[[str, str, Json], bool]
"""Whether this server vouches for an event: the case, the ULID, the event."""


def doubtful(documents: Mapping[str, Json], is_sealed: IsSealed) -> dict[str, set[str]]:
    """By site, the cases in which it has had a part to which nothing entitles it."""
    found: dict[str, set[str]] = {}
    for doc_id, document in documents.items():
        for site in holders(document) - _entitled(doc_id, document, is_sealed):
            found.setdefault(site, set()).add(doc_id)
    return found


def held(
    documents: Mapping[str, Json], is_sealed: IsSealed, there: Mapping[str, set[str]]
) -> dict[str, set[str]]:
    """By case, the sites that are handed it. `there`: of the `doubtful`, what a site has."""
    own = {
        doc_id: _entitled(doc_id, document, is_sealed)
        | {site for site, cases in there.items() if doc_id in cases}
        for doc_id, document in documents.items()
    }
    linked = {
        doc_id: {
            event["target"]
            for ulid, event in document["events"].items()
            if event["kind"] == "same_as"
            and (event["site"] in own.get(event["target"], ()) or is_sealed(doc_id, ulid, event))
        }
        & documents.keys() - {doc_id}
        for doc_id, document in documents.items()
    }
    found = dict(own)
    for group in groups(linked):
        together = set().union(*(own[doc_id] for doc_id in group))
        found.update(dict.fromkeys(group, together))
    return found


def on_whose_word(group: Mapping[str, Json], site: str) -> str | None:
    """The account by whose act a site is handed a case of a group: who opened its provisional case
    or asked for it, else who released it to the site. None: nobody's, a server's own."""
    named = [
        (event["kind"] == "visit", event["at"], event["by"])
        for document in group.values()
        for event in document["events"].values()
        if (event["kind"] == "visit" and event["site"] == site)
        or (event["kind"] == "move" and event.get("to_site") == site)
    ]
    return str(max(named)[2]) if named else None


def _entitled(doc_id: str, document: Json, is_sealed: IsSealed) -> set[str]:
    return entitled(document, lambda ulid, event: is_sealed(doc_id, ulid, event))
