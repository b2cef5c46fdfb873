"""What of the catalog is set up."""

from miaopu.models import Region, Site
from miaopu.provision import Plan
from miaopu.provision.plan import Above
from miaopu.serve.setup import joined


def region(code: str, parent: str | None = None) -> Region:
    return Region(type="region", code=code, name=code, level="county", parent=parent)


def site(code: str) -> Site:
    return Site(type="site", code=code, name=code, region=code[:6])


def test_a_slip_in_the_catalog_leaves_the_other_places() -> None:
    regions = (region("110101"), region("110102", "110199"), region("110103", "110103"))
    sites = (site("1101010001"), site("1101020001"), site("1201010001"))
    whole = joined(Plan(), regions, sites)
    assert [place.code for place in whole.regions] == ["110101"]
    assert [place.code for place in whole.sites] == ["1101010001"]


def test_the_plan_comes_before_the_catalog() -> None:
    planned = region("110101").model_copy(update={"name": "planned"})
    whole = joined(Plan(regions=(planned,)), (region("110101"),), (site("1101010001"),))
    assert [place.name for place in whole.regions] == ["planned"]
    assert [place.code for place in whole.sites] == ["1101010001"]


REGIONS = (
    region("110000"),
    region("110100", "110000"),
    region("110101", "110100"),
    region("110102", "110100"),
)
SITES = (site("1101010001"), site("1101010002"), site("1101020001"))


def set_up(plan: Plan, parent_region: str | None) -> tuple[list[str], list[str]]:
    above = Above("https://above.example/db", "link", "secret", parent_region)
    whole = joined(plan, REGIONS, SITES, above)
    return [one.code for one in whole.regions], [one.code for one in whole.sites]


def test_a_hub_sets_up_its_own_clinic_alone() -> None:
    plan = Plan(regions=(region("110101"),), sites=SITES[:1])
    assert set_up(plan, None) == (["110101"], ["1101010001"])


def test_a_county_sets_up_what_is_below_it() -> None:
    assert set_up(Plan(regions=(region("110101"),)), "110100") == (
        ["110101"],
        ["1101010001", "1101010002"],
    )


def test_a_city_sets_up_its_counties() -> None:
    everything_below = (["110100", "110101", "110102"], [one.code for one in SITES])
    assert set_up(Plan(regions=(region("110100"),)), "110000") == everything_below


def test_without_a_plan_the_catalog_is_all_there_is() -> None:
    everything = ([one.code for one in REGIONS], [one.code for one in SITES])
    assert set_up(Plan(), "110000") == everything
