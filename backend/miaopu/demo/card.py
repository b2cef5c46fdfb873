"""The facts of a child's card (基本资料): the family, the birth, the numbers."""

import datetime as dt
from dataclasses import dataclass
from random import Random

from miaopu.demo import codes, names
from miaopu.demo.calendar import iso
from miaopu.demo.clinic import Clinic, Json, instant
from miaopu.demo.identity import id_number, phone
from miaopu.demo.places import Places

_BIRTH_PROVINCES = ("992301", "993102", "994527")
"""Codes of other counties that do not exist: where floating families are registered."""


@dataclass(slots=True)
class Person:
    """Who the child is; drawn before the history, which depends on it."""

    birth: int
    year: int
    index: int
    serial: int
    """Of the child's code, 1–9999 within the year of birth."""
    on_day: int
    """How many of the clinic's children were born before on that day."""
    sex: str
    surname: str
    preterm: bool
    gestation: int
    weight: int
    hbsag: str
    floating: bool


def draw_person(rng: Random, birth: int, index: int, serial: int, on_day: int) -> Person:
    preterm = rng.random() < 0.07
    if preterm:
        gestation = 36 - int(rng.expovariate(0.45))
        gestation = max(gestation, 28)
        weight = int(rng.gauss(2450 - (36 - gestation) * 190, 260))
    else:
        gestation = 37 + int(rng.random() * 5)
        weight = int(rng.gauss(3060 + (gestation - 37) * 110, 360))
    drawn = rng.random()
    return Person(
        birth=birth,
        year=dt.date.fromordinal(birth).year,
        index=index,
        serial=serial,
        on_day=on_day,
        sex="M" if rng.random() < 0.525 else "F",
        surname=names.surname(rng),
        preterm=preterm,
        gestation=gestation,
        weight=min(max(weight, 900), 5200) // 10 * 10,
        hbsag=codes.HBSAG_POSITIVE if drawn < 0.05
        else codes.HBSAG_UNKNOWN if drawn < 0.06
        else codes.HBSAG_NEGATIVE,
        floating=rng.random() < 0.13,
    )  # fmt: skip


def facts(
    rng: Random,
    person: Person,
    clinic: Clinic,
    places: Places,
    registered: tuple[int, int],
    until: int,
    *,
    moved_in: bool,
    moved_out: bool,
) -> Json:
    """The card's facts as entered on the day and ms of `registered`, a few edited up to `until`."""
    day, ms = registered
    at, by = instant(day, ms), clinic.nurse
    birth = iso(person.birth)
    values: Json = {
        "site": clinic.code,
        "child_code": f"{clinic.code}{person.year}{person.serial:04d}",
        "name": person.surname + names.given_name(rng, person.year, person.sex),
        "sex": person.sex,
        "birth_date": birth,
        "birth_weight_g": person.weight,
        "gestation_weeks": person.gestation,
    }
    # A household registers the child within about a month of the birth.
    if until - person.birth > 35 and rng.random() > 0.01:
        slot = person.on_day * places.sites + clinic.index
        home = _BIRTH_PROVINCES[person.index % 3] if person.floating else places.county
        region = str(int(home) + slot // 500)
        serial = slot % 500 * 2 + (person.sex == "M")
        values["id_number"] = id_number(region, birth, serial)
    values["birth_certificate"] = f"Z99{rng.getrandbits(23):07d}"
    values["ethnic_group"] = names.ethnic_group(rng)
    mother_year = person.year - 21 - int(rng.random() * 15)
    mother_birth = (
        f"{mother_year}-{1 + int(rng.random() * 12):02d}-{1 + int(rng.random() * 28):02d}"
    )
    values["mother_name"] = names.surname(rng) + names.given_name(rng, mother_year, "F")
    values["mother_id_number"] = id_number(places.county, mother_birth, int(rng.random() * 500) * 2)
    if rng.random() < 0.97:
        values["father_name"] = person.surname + names.given_name(rng, mother_year - 2, "M")
    if rng.random() < 0.99:
        values["phone"] = phone(rng.getrandbits(27))
    if rng.random() < 0.55:
        values["phone_2"] = phone(rng.getrandbits(27))
    committee = clinic.committees[int(rng.random() * len(clinic.committees))]
    address = f"{places.county_name}{clinic.town}{committee}{1 + int(rng.random() * 180)}号"
    values["address"] = address
    values["household_address"] = places.far_address(rng) if person.floating else address
    values["committee"] = committee
    values["residence"] = codes.RESIDENCE_FLOATING if person.floating else codes.RESIDENCE_LOCAL
    age = until - person.birth
    at_nursery = age > 1200 and rng.random() < 0.8
    values["register_status"] = (
        codes.STATUS_MOVED_OUT if moved_out
        else codes.STATUS_NURSERY if at_nursery
        else codes.STATUS_MOVED_IN if moved_in
        else codes.STATUS_LOCAL
    )  # fmt: skip
    values["mother_hbsag"] = person.hbsag
    values["birth_hospital"] = places.hospital(person.index)
    if at_nursery:
        values["school"] = f"{clinic.town}中心幼儿园"
    entered: Json = {key: {"value": value, "at": at, "by": by} for key, value in values.items()}
    if "phone" in entered and rng.random() < 0.06:
        # The family has a new number since.
        later = clinic.opening.on_or_after(day + int(rng.random() * 900))
        if later < until:
            number = phone(rng.getrandbits(27))
            entered["phone"] = {"value": number, "at": instant(later, ms), "by": clinic.senior}
    return entered
