"""The dictionaries that come with the program are whole and agree with each other."""

import orjson

from miaopu.catalog import code_tables, dictionary_documents, leaflets, vaccines
from miaopu.models.catalog import Dictionary

PROGRAMME_GROUPS = {"HepB", "BCG", "Polio", "DTaP", "MPSV", "MMR", "JE", "HepA", "HPV"}


def test_every_vaccine_names_a_route_and_a_body_site_of_the_tables() -> None:
    tables = code_tables()
    for code, vaccine in vaccines().items():
        assert vaccine.route in tables["route"], code
        assert vaccine.site in tables["body-site"], code
        assert (vaccine.route == "oral") == (vaccine.site == "mouth"), code


def test_every_programme_vaccine_in_use_counts_for_a_group_and_has_a_leaflet() -> None:
    given = {
        code: vaccine
        for code, vaccine in vaccines().items()
        if vaccine.programme and vaccine.in_use and set(vaccine.groups) & PROGRAMME_GROUPS
    }
    # 0901 麻疹 is given in an emergency only; the notice for 1201 does not fit it.
    without = {code for code, vaccine in given.items() if vaccine.leaflet not in leaflets()}
    assert without == {"0901"}
    covered = {group for vaccine in given.values() for group in vaccine.groups}
    assert covered >= PROGRAMME_GROUPS


def test_the_mouth_and_the_oral_route_have_their_national_numbers() -> None:
    tables = code_tables()
    assert tables["body-site"]["mouth"].national == "9"
    assert tables["route"]["oral"].national == "4"


def test_the_register_status_is_the_platforms() -> None:
    assert list(code_tables()["register-status"]) == [str(number) for number in range(1, 11)]


def test_leaflets_say_as_much_in_both_languages() -> None:
    for name, leaflet in leaflets().items():
        for part in ("contraindications", "reactions", "notes"):
            zh, en = getattr(leaflet.zh, part), getattr(leaflet.en, part)
            assert len(zh) == len(en) > 0, (name, part)
        assert leaflet.zh.prevents, name
        assert leaflet.en.prevents, name


def test_the_dictionaries_are_documents_of_the_catalog() -> None:
    documents = {
        row.pop("_id"): Dictionary.model_validate_json(orjson.dumps(row))
        for row in dictionary_documents()
    }
    assert documents["dictionary:vaccine"].entries["1201"].zh == "麻腮风联合减毒活疫苗"
    assert documents["dictionary:vaccine"].entries["1201"].more["groups"] == ["MMR"]
    assert documents["dictionary:register-status"].entries["10"].zh == "外地转来"
    assert "immunoglobulin" in documents["dictionary:observation"].entries
    leaflet = documents["dictionary:leaflet"].entries["mmr"]
    assert leaflet.en == "Measles, mumps and rubella vaccine"
    assert leaflet.more["en"]["prevents"].startswith("Protects from measles")
