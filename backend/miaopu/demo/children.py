"""The children of one clinic, one document after the other, in the order of their births."""

import datetime as dt
from collections.abc import Iterator
from random import Random

from miaopu.demo import codes
from miaopu.demo.births import birth_days
from miaopu.demo.calendar import iso
from miaopu.demo.card import Person, draw_person, facts
from miaopu.demo.clinic import Clinic, Json, instant, new_ulid
from miaopu.demo.identity import generator, mix
from miaopu.demo.lots import Lot
from miaopu.demo.pin import demo_verifier
from miaopu.demo.places import Places
from miaopu.demo.programme import PRODUCTS, Choices, Target, plan
from miaopu.demo.visits import Visit, place

_MINUTE = 60_000
_PAID_SHARES = (("hib", 0.1), ("pcv", 0.1), ("rota", 0.1), ("ev71", 0.12), ("varicella", 0.4))
DETAILED_DAYS = 365
"""So long ago the county began to record pre-checks, consent and trace codes with its doses."""


def children(seed: int, clinic: Clinic, places: Places, count: int, today: int) -> Iterator[Json]:
    """The documents of a clinic's children; counts in `clinic` what stock and numbers need."""
    serials: dict[int, int] = {}
    on_day, previous = 0, 0
    for index, birth in enumerate(birth_days(seed, clinic.index, count, today)):
        on_day = on_day + 1 if birth == previous else 0
        previous = birth
        year = dt.date.fromordinal(birth).year
        serials[year] = serials.get(year, 0) + 1
        rng = generator(mix(seed, clinic.index, index + 1))
        person = draw_person(rng, birth, index, serials[year], on_day)
        yield _Child(rng, clinic, places, today, person).document()


class _Child:
    """Makes one child's document. Its methods draw from `rng` in a fixed order."""

    def __init__(
        self, rng: Random, clinic: Clinic, places: Places, today: int, person: Person
    ) -> None:
        self.rng = rng
        self.clinic = clinic
        self.places = places
        self.person = person
        self.until = today - 1
        self.events: Json = {}
        self.has_pin = False
        # The device that holds the block of numbers registers the child.
        self.station = person.serial // 100 % 2
        self.offset: int | None = int(rng.random() * 4000) - 1500

    def document(self) -> Json:
        rng, person = self.rng, self.person
        birth = person.birth
        moved_in = self._day_within(0.07, 100)
        moved_out = self._day_within(0.04, 300)
        until = min(self.until, moved_out or self.until)
        if moved_in and moved_in > until:
            moved_in = None
        # One family in fifty stops coming.
        stopped = self._day_within(0.02, 150)
        visits = self._visits(min(until, stopped or until))
        later = [visit.day for visit in visits if visit.day > birth + 2]
        local = self.clinic.opening.on_or_after(birth + 2 + int(rng.expovariate(0.08)))
        registered = moved_in or min([local, *later[:1], until])
        registered = max(registered, birth)
        noon = (10 + int(rng.random() * 190)) * _MINUTE + int(rng.random() * _MINUTE)

        ulid = new_ulid(rng, registered, noon)
        entered = facts(
            rng,
            person,
            self.clinic,
            self.places,
            (registered, noon),
            self.until,
            moved_in=moved_in is not None,
            moved_out=moved_out is not None,
        )
        self._note_block(registered, noon)
        if moved_in:
            self._add(
                registered, noon,
                {"kind": "move", "date": iso(moved_in), "step": "received",
                 "from_site": self.places.foreign_site(rng), "reason": "随父母迁入"},
            )  # fmt: skip
        self._card(registered, noon + 40_000)
        before = [visit for visit in visits if visit.day < registered or visit.day <= birth + 2]
        self._copied(before, registered, noon + 90_000, moved_in is not None)
        for visit in visits[len(before) :]:
            self._visit(visit)
        if not moved_out:
            self._appointed(visits, stopped)
        if moved_out:
            self._add(
                moved_out, noon,
                {"kind": "move", "date": iso(moved_out), "step": "released",
                 "to_site": self.places.foreign_site(rng), "reason": "随父母迁出"},
            )  # fmt: skip
        return {"_id": f"child:{ulid}", "type": "child", "facts": entered, "events": self.events}

    # ------------------------------------------------------------------------------- the history

    def _visits(self, until: int) -> list[Visit]:
        rng, person = self.rng, self.person
        positive = person.hbsag == codes.HBSAG_POSITIVE
        choices = Choices(
            penta=rng.random() < 0.08,
            paid=tuple(name for name, share in _PAID_SHARES if rng.random() < share),
            influenza=rng.random() < 0.07,
            mother_hbsag_positive=positive,
            small=positive and person.weight < 2000,
        )
        self.choices = choices
        due = plan(person.birth, choices, until)
        drawn = rng.random()
        if drawn < 0.012:
            due = self._refused(due)
        hasty = (
            3 + int(rng.random() * (len(due) - 3)) if 0.5 < drawn < 0.506 and len(due) > 4 else None
        )
        slack = 0.6 if drawn < 0.55 else 1.1 if drawn < 0.9 else 2.5
        slack *= self.clinic.lateness
        return place(rng, due, person.birth, until, self.clinic.opening, slack, hasty)

    def _refused(self, due: list[tuple[int, Target]]) -> list[tuple[int, Target]]:
        """The family refuses one vaccine for good (拒种)."""
        series = ("mmr", "je", "polio", "dtap")[int(self.rng.random() * 4)]
        first = next((item for item in due if item[1].series == series), None)
        if first is not None:
            self._add(
                self.clinic.opening.on_or_after(first[0]), 95 * _MINUTE,
                {"kind": "refusal", "date": iso(self.clinic.opening.on_or_after(first[0])),
                 "vaccine": first[1].vaccine, "reason": codes.REFUSAL_WORRIED},
                by=self.clinic.senior,
            )  # fmt: skip
        return [item for item in due if item[1].series != series]

    def _copied(self, visits: list[Visit], day: int, ms: int, moved: bool) -> None:
        """Doses of the hospital and of other clinics, copied from the certificate (补录)."""
        rng = self.rng
        hospital = self.places.hospital(self.person.index)
        elsewhere = self.places.elsewhere(rng) if moved else hospital
        for visit in visits:
            at_birth = visit.day <= self.person.birth + 2
            for target in visit.targets:
                lots = self.clinic.lots
                lot = lots.get(target.vaccine, lots.period(target.vaccine, visit.day))
                # A certificate filled in by hand lacks a lot now and then.
                known = rng.random() < (0.97 if at_birth else 0.8)
                dose = self._dose(visit.day, target, lot if known else None, "history")
                dose["place"] = hospital if at_birth else elsewhere
                self._add(day, ms, dose)
                ms += 21_000

    def _visit(self, visit: Visit) -> None:
        """A visit to this clinic: pre-check, consent to what is paid for, doses."""
        rng, clinic = self.rng, self.clinic
        drawn = rng.random()
        self.station = int(drawn * 2)
        self.offset = int(drawn * 4000) - 1500 if drawn > 0.01 else None
        ms = (10 + int(rng.random() * 200)) * _MINUTE + int(drawn * _MINUTE)
        day = visit.day
        if drawn > 0.988:
            self._fever(day, ms)
        detailed = day > self.until - DETAILED_DAYS
        if detailed:
            self._add(
                day, ms,
                {"kind": "precheck", "date": iso(day), "temperature": (362 + int(drawn * 8)) / 10,
                 "passed": True},
            )  # fmt: skip
        ms += 70_000
        informed = {
            "relation": codes.RELATIONS[int(drawn * 97) % len(codes.RELATIONS)],
            "method": "pin" if self.has_pin and drawn < 0.8 else "signature",
            "at": instant(day, ms),
        }
        for target in visit.targets:
            if detailed and PRODUCTS[target.vaccine].self_paid:
                self._add(
                    day, ms,
                    {"kind": "consent", "date": iso(day), "vaccines": [target.vaccine],
                     "agreed": True, "informed": informed},
                )  # fmt: skip
            ms += 55_000 + int(rng.random() * 40_000)
            chance = rng.random()
            dose = self._dose(day, target, clinic.take(target.vaccine, day), "given")
            if detailed:
                dose["informed"] = informed
            if chance > 0.996:
                self._voided(day, ms, dose)
            key = self._add(day, ms, dose)
            if 0.5 < chance < 0.501:
                self._twice(day, ms, dose)
            elif 0.6 < chance < (0.66 if day > self.until - 5 else 0.6025):
                self._reaction(day, ms, key)
        if detailed:
            self._stay(day, ms)

    def _dose(self, day: int, target: Target, lot: Lot | None, origin: str) -> Json:
        product = PRODUCTS[target.vaccine]
        dose: Json = {
            "kind": "dose",
            "date": iso(day),
            "vaccine": target.vaccine,
            "origin": origin,
            "number": target.number,
        }
        if lot is not None:
            dose["lot"] = lot.lot
            dose["expiry"] = lot.expiry
            dose["maker"] = lot.maker
            if origin == "given" and day > self.until - DETAILED_DAYS:
                dose["trace_code"] = f"{lot.drug}{self.rng.getrandbits(43):013d}"[:20]
        dose["route"] = codes.ROUTES[product.route]
        dose["body_site"] = codes.body_site(product.route, target.number)
        if product.self_paid:
            dose["self_paid"] = True
        return dose

    # ---------------------------------------------------------------------- appointments and calls

    def _appointed(self, visits: list[Visit], stopped: int | None) -> None:
        """The next visit is booked at the last (预约); who stopped coming is called (催种)."""
        if not visits:
            return
        last, opening = visits[-1].day, self.clinic.opening
        ms = 250 * _MINUTE + self.person.index % 50 * _MINUTE
        part = ("am", "pm")[self.person.index % 2]
        if stopped is not None and self.until - 120 < last < self.until - 40:
            on = opening.on_or_after(last + 30)
            self._add(last, ms, {"kind": "appointment", "state": "booked", "on": iso(on),
                                 "part": part})  # fmt: skip
        if stopped is not None and last < self.until - 40:
            outcome = codes.CONTACT_OUTCOMES[self.person.index % len(codes.CONTACT_OUTCOMES)]
            called = opening.on_or_after(self.until - 10)
            if outcome and called < self.until:
                self._add(called, ms, {"kind": "contact", "date": iso(called), "means": "phone",
                                       "outcome": outcome})  # fmt: skip
            return
        if last < self.until - 60:
            return
        due = plan(self.person.birth, self.choices, self.until + 60)
        coming = [(day, target) for day, target in due if day > self.until]
        if not coming:
            return
        on = opening.on_or_after(coming[0][0])
        vaccines = sorted({target.vaccine for day, target in coming if day <= on})
        self._add(last, ms, {"kind": "appointment", "state": "booked", "on": iso(on),
                             "part": part, "vaccines": vaccines})  # fmt: skip

    # ---------------------------------------------------------------- what goes wrong in a clinic

    def _voided(self, day: int, ms: int, dose: Json) -> None:
        """The same dose, first entered for the wrong day, and voided (作废)."""
        wrong = dose | {"date": iso(day - 1)}
        key = self._add(day, ms - 40_000, wrong)
        void = {"kind": "void", "target": key, "reason": codes.VOID_WRONG_ENTRY}
        self._add(day, ms - 20_000, void, by=self.clinic.senior)

    def _twice(self, day: int, ms: int, dose: Json) -> None:
        """Another clinic of the county copies the dose from the certificate too (疑似重复)."""
        other = self.places.other_site(self.clinic.index)
        if other is None:
            return
        again = {key: value for key, value in dose.items() if key != "trace_code"}
        # A copy is not from that clinic's fridge, so its ledger knows nothing of it.
        again["origin"] = "history"
        key = self._add(day, ms + 5 * 3_600_000, again)
        self.events[key] |= {
            "by": other.nurse, "station": other.stations[0], "site": other.code,
        }  # fmt: skip

    def _stay(self, day: int, ms: int) -> None:
        """Half an hour under observation; one family in a hundred leaves early."""
        early = self.rng.random() < 0.01
        left = ms + (18 if early else 30 + int(self.rng.random() * 8)) * _MINUTE
        stay = {
            "kind": "stay", "date": iso(day), "since": instant(day, ms),
            "until": instant(day, left), "minutes": 30, "reaction": False,
        }  # fmt: skip
        if early:
            stay["reason"] = "家长有急事，已告知注意事项"
        self._add(day, left, stay)

    def _reaction(self, day: int, ms: int, key: str) -> None:
        """A reaction that the family reports the next day, with its card (个案报告卡).

        Reported an hour later; lately the county has not answered yet, and its clock still runs.
        """
        drawn = self.rng.random()
        symptom = codes.SYMPTOMS[int(drawn * len(codes.SYMPTOMS))]
        found = min(day + 1, self.until)
        noted = ms + 3_600_000 * 2
        size = "3" if symptom == "fever" else "2"
        common = drawn < 0.8
        target = self._add(
            found, noted,
            {"kind": "aefi", "date": iso(day), "dose": key, "symptoms": [symptom],
             "outcome": codes.OUTCOME_RECOVERED if day < self.until - 3 else codes.OUTCOME_IMPROVED,
             "card": {"found": iso(found), "doses": [key], "course": codes.COURSES[symptom],
                      "fever": size if symptom == "fever" else "4",
                      "redness": size if symptom == "redness" else "4",
                      "induration": size if symptom == "induration" else "4",
                      "hospitalised": False, "initial_class": "1" if common else "2",
                      "channel": "1"}},
            by=self.clinic.senior,
        )  # fmt: skip
        if found >= self.until - 1:
            return
        self._aefi_step(found, noted + 3_600_000, target, "reported")
        if common:
            return
        for step, days in (("investigation", 1), ("case_form", 3), ("first_report", 6)):
            if found + days <= self.until:
                self._aefi_step(found + days, noted, target, step)
        if found + 20 <= self.until:
            self._aefi_step(
                found + 20, noted, target, "conclusion", final_class="1", diagnosis="一般反应"
            )

    def _aefi_step(self, day: int, ms: int, target: str, step: str, **more: str) -> None:
        event = {"kind": "aefi_step", "date": iso(day), "target": target, "step": step} | more
        self._add(day, ms, event, by=self.clinic.senior)

    def _fever(self, day: int, ms: int) -> None:
        """A fever found at the pre-check, some days before the visit that then took place."""
        earlier = day - 7
        if earlier <= self.person.birth + 45:
            return
        self._add(
            earlier, ms,
            {"kind": "precheck", "date": iso(earlier), "temperature": 38.1, "passed": False},
        )  # fmt: skip
        self._add(
            earlier, ms + 30_000,
            {"kind": "contraindication", "code": codes.CONTRAINDICATION_FEVER,
             "date": iso(earlier), "until": iso(day - 1)},
        )  # fmt: skip

    def _card(self, day: int, ms: int) -> None:
        """The certificate's card; a few are lost and replaced."""
        drawn = self.rng.random()
        if drawn > 0.93:
            return
        number = f"{self.places.county}{self.clinic.index + 1:04d}{self.person.index:06d}"
        self._add(day, ms, {"kind": "card", "number": f"{number}0", "state": "issued"})
        self.has_pin = int(number) % 3 == 0
        if self.has_pin:
            self._add(
                day, ms + 20_000,
                {"kind": "pin", "date": iso(day), "step": "set", "verifier": demo_verifier()},
            )  # fmt: skip
        later = self.clinic.opening.on_or_after(day + 200)
        if drawn < 0.015 and later < self.until:
            self._add(later, ms, {"kind": "card", "number": f"{number}0", "state": "lost"})
            self._add(
                later, ms + 60_000, {"kind": "card", "number": f"{number}1", "state": "issued"}
            )

    # ---------------------------------------------------------------------------------- helpers

    def _add(self, day: int, ms: int, event: Json, by: str | None = None) -> str:
        key = new_ulid(self.rng, day, ms)
        provenance = self.clinic.provenance(day, ms, self.station, self.offset, by)
        self.events[key] = event | provenance
        return key

    def _note_block(self, day: int, ms: int) -> None:
        key = (self.person.year, self.person.serial // 100)
        first = self.clinic.blocks.get(key)
        if first is None or (day, ms) < first:
            self.clinic.blocks[key] = (day, ms)

    def _day_within(self, share: float, from_age: int) -> int | None:
        """For some children a clinic day after that age in days, at most yesterday; else None."""
        drawn, where = self.rng.random(), self.rng.random()
        first = self.person.birth + from_age
        if drawn >= share or first >= self.until:
            return None
        return min(
            self.clinic.opening.on_or_after(first + int(where * (self.until - first))), self.until
        )
