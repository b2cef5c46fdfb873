"""What of the catalog is set up."""

from miaopu.models import Region, Site
from miaopu.provision import Plan
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
