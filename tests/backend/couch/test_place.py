"""A place and its database."""

import pytest

from miaopu.couch.place import Place, clinic_database, place_of


@pytest.mark.parametrize(
    ("place", "database"),
    [
        (Place("clinic", "3301020001"), "site-3301020001"),
        (Place("depot", "330102"), "depot-330102"),
        (Place("region", "330000"), "region-330000"),
    ],
)
def test_a_place_has_one_database(place: Place, database: str) -> None:
    assert place.database == database
    assert place_of(database) == place


@pytest.mark.parametrize(
    "database", ["catalog", "site-330102", "depot-3301020001", "region-33010", "site-3301020001x"]
)
def test_any_other_database_is_no_place_s(database: str) -> None:
    assert place_of(database) is None


def test_a_clinic_is_the_place_that_most_speak_of() -> None:
    assert clinic_database("3301020001") == "site-3301020001"
