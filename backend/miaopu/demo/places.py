"""The invented province, city and county, and its towns."""

from collections.abc import Sequence
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from miaopu.demo.clinic import Clinic

PROVINCE, PROVINCE_NAME = "990000", "华禾省"
CITY, CITY_NAME = "990100", "禾川市"
COUNTY, COUNTY_NAME = "990121", "青禾县"
"""Codes in the shape of GB/T 2260 which that standard gives to nobody."""
_FIRST = "柳枫竹桃梅松荷槐杏桐兰桂"
_SECOND = "溪林桥塘坡湾岭洲泉台"
_COMMITTEES = ("东", "西", "南", "北", "新", "长", "和", "安")
_COMMITTEE_ENDS = ("兴村", "平村", "园社区", "庄村")
_HOSPITALS = ("青禾县人民医院", "青禾县妇幼保健院", "禾川市第一医院")
_ELSEWHERE = ("云川市河东区", "岚山市岚北县", "禾川市上禾区")


def town(index: int) -> str:
    """The name of a clinic's town, all different for the first 120."""
    if index == 0:
        return "城关镇"
    first, second = _FIRST[index % 12], _SECOND[index // 12 % 10]
    more = index // 120
    return f"{first}{second}{'上下东西南北'[(more - 1) % 6] if more else ''}镇"


def clinic_name(index: int) -> str:
    """Name of a clinic (接种单位)."""
    if index == 0:
        return f"{COUNTY_NAME}城关镇社区卫生服务中心"
    return f"{COUNTY_NAME}{town(index)}卫生院"


def committees(rng: Random) -> tuple[str, ...]:
    """Villages and neighbourhoods (村/居委) of a town."""
    found = [first + end for first in _COMMITTEES for end in _COMMITTEE_ENDS]
    rng.shuffle(found)
    return tuple(found[:8])


class Places:
    """What a child's document names beside its own clinic."""

    county = COUNTY
    county_name = COUNTY_NAME

    def __init__(self, clinics: "Sequence[Clinic]") -> None:
        self._clinics = clinics
        self.sites = len(clinics)

    def hospital(self, index: int) -> str:
        """Where the child of that number was born."""
        return _HOSPITALS[index * 7 % 10 % 3]

    def elsewhere(self, rng: Random) -> str:
        """A clinic outside of the county."""
        return f"{_ELSEWHERE[int(rng.random() * 3)]}中心卫生院"

    def foreign_site(self, rng: Random) -> str:
        """The code of a clinic outside of the county."""
        county = f"99{31 + int(rng.random() * 8)}{1 + int(rng.random() * 9):02d}"
        return f"{county}{1 + int(rng.random() * 30):04d}"

    def far_address(self, rng: Random) -> str:
        """A household's address in another county."""
        return f"{_ELSEWHERE[int(rng.random() * 3)]}{1 + int(rng.random() * 90)}号"

    def other_site(self, index: int) -> "Clinic | None":
        """The next clinic of the county, if there is one."""
        return self._clinics[(index + 1) % self.sites] if self.sites > 1 else None
