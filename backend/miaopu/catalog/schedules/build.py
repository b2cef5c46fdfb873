"""Writes the schedules' JSON from `source/*.toml`: `python -m miaopu.catalog.schedules.build`.

What the source leaves out is filled in here, so that a rule is written once and briefly:

- `age` is minimum and recommended age at once; the programme knows no grace period, so the
  absolute minimum is the minimum, unless `earliest` says otherwise (a label that begins earlier);
- `gap` is the minimum interval from the dose before, `gap_least` the shortest that still counts;
- `give` is what is named to the counter, `also` what does as well, `accept` what counts though it
  is not meant; `"0402 2 months..7 years"` is a vaccine with its ages, `"@name"` a list;
- a series `like` another has its doses, which count from the `earliest` ages of their numbers;
- `since` and `until` limit anything to some editions.
"""

import tomllib
from collections.abc import Iterator
from typing import Any

import orjson

from miaopu.catalog import Vaccine, vaccines
from miaopu.catalog.schedules import FOLDER
from miaopu.catalog.schedules.conditions import conditional_skip

Table = dict[str, Any]

SOURCE = FOLDER / "source"
PROGRAMME = ("hepb", "bcg", "polio", "dtap", "mpsv", "mmr", "je", "hepa", "hpv")
OTHERS = ("hib", "pcv13", "varicella", "rotavirus", "ev71", "influenza", "ppsv23", "rabies")


def build_all() -> dict[str, bytes]:
    """Every generated file: its name in the data folder and its content."""
    editions: list[Table] = _read("editions")["edition"]
    keys = [edition["key"] for edition in editions]
    files = {"editions/cn-nip.json": _json([_edition_row(edition) for edition in editions])}
    for edition in editions:
        schedule = Builder(keys, edition["key"]).schedule(edition, PROGRAMME, "rules")
        files[f"{edition['name']}.json"] = _json(schedule)
    extra = _read("non-programme")
    schedule = Builder(keys, keys[-1]).schedule(extra["edition"], OTHERS, "non-programme")
    files[f"{extra['edition']['name']}.json"] = _json(schedule)
    return files


def _read(name: str) -> Table:
    return tomllib.loads((SOURCE / f"{name}.toml").read_text(encoding="utf-8"))


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _edition_row(edition: Table) -> Table:
    kept = ("name", "effective", "superseded", "births", "change", "source")
    return {"title": _text(edition), **{key: edition[key] for key in kept if key in edition}}


def _text(table: Table) -> Table:
    return {"zh": table["zh"], "en": table["en"]}


class Builder:
    """Builds the schedule of one edition."""

    def __init__(self, editions: list[str], edition: str) -> None:
        self._order = {key: place for place, key in enumerate(editions)}
        self._edition = self._order[edition]
        self._lists: dict[str, list[str]] = {}
        self._before: str | None = None

    def schedule(self, edition: Table, files: tuple[str, ...], rules: str) -> Table:
        """The whole schedule, in the engine's shape."""
        general = self._current(_read(rules))
        self._before = general.get("defaults", {}).get("before")
        self._lists = general.get("lists", {})
        groups: list[Table] = []
        antigens: list[Table] = []
        observations = dict(general.get("observations", {}))
        for name in files:
            source = self._current(_read(name))
            if not source:
                continue
            group = source["group"]
            self._lists = general.get("lists", {}) | source.get("lists", {})
            groups.append(self._group(group))
            antigens.extend(self._antigens(source, general.get("contraindication", [])))
            for kind, zh, en in (
                ("anaphylaxis", "对{}或其成分严重过敏", "Severe allergic reaction to {}"),
                ("contraindicated", "{}禁忌（预检）", "Contraindication to {} (pre-check)"),
            ):
                observations[f"{kind}-{group['name']}"] = {
                    "zh": zh.format(group["zh"]),
                    "en": en.format(group["en"]),
                }
        self._lists = general.get("lists", {})
        conflicts = [self._conflict(row) for row in general.get("conflict", [])]
        labels = general.get("labels", {})
        return {
            "name": edition["name"],
            "title": _text(edition),
            "edition": edition["key"],
            "effective": edition["effective"],
            **({"superseded": edition["superseded"]} if "superseded" in edition else {}),
            "codeSystem": "CN",
            "monthArithmetic": "clamp",
            "parameters": {
                name: {"value": row["value"], "title": _text(row), "source": row["source"]}
                for name, row in general.get("parameters", {}).items()
            },
            "vaccines": _vaccines(antigens, labels),
            "groups": groups,
            "antigens": antigens,
            "conflicts": conflicts,
            "observations": observations,
            "sources": _read("sources"),
        }

    def _current(self, value: Any) -> Any:
        """The part of a source that holds in this edition; an empty table if none does."""
        if isinstance(value, dict):
            if not self._holds(value):
                return {}
            kept = {key: item for key, item in value.items() if key not in ("since", "until")}
            pairs = {key: self._current(item) for key, item in kept.items()}
            return {key: item for key, item in pairs.items() if item != {} or kept[key] == {}}
        if isinstance(value, list):
            held = [item for item in value if not isinstance(item, dict) or self._holds(item)]
            return [self._current(item) for item in held]
        return value

    def _holds(self, table: Table) -> bool:
        since, until = table.get("since"), table.get("until")
        return (since is None or self._order[since] <= self._edition) and (
            until is None or self._edition <= self._order[until]
        )

    def _group(self, group: Table) -> Table:
        built: Table = {
            "name": group["name"],
            "title": _text(group),
            "antigens": group.get("antigens", [group["name"]]),
            "rank": group["rank"],
        }
        if group.get("administer_full"):
            built["administerFull"] = True
        return built

    def _antigens(self, source: Table, general: list[Table]) -> Iterator[Table]:
        group = source["group"]
        own = [
            {"observation": f"{kind}-{group['name']}", "source": "2021 text"}
            for kind in ("anaphylaxis", "contraindicated")
        ]
        rows = [*source.get("contraindication", []), *general, *own]
        for antigen in group.get("antigens", [group["name"]]):
            yield {
                "name": antigen,
                "contraindications": [self._contraindication(row) for row in rows],
                "series": [
                    self._series(series, source)
                    for series in source["series"]
                    if series.get("antigen", antigen) == antigen
                ],
            }

    def _contraindication(self, row: Table) -> Table:
        if "vaccines" not in row:
            return row
        return row | {"vaccines": [dict(each) for each in self._products(row["vaccines"])]}

    def _series(self, series: Table, source: Table) -> Table:
        built: Table = {
            "name": series["name"],
            "title": _text(series),
            "vaccineGroup": source["group"]["name"],
            "type": series.get("type", "standard"),
            "seriesGroup": series.get("group", "routine"),
        }
        names = {
            "enabled": "enabled",
            "sexes": "sexes",
            "unknown_sex": "unknownSex",
            "births": "births",
            "equals": "equivalentGroups",
            "default": "default",
            "product": "productPath",
            "preference": "preference",
            "min_start": "minAgeToStart",
            "max_start": "maxAgeToStart",
            "source": "source",
        }
        built |= {names[key]: series[key] for key in names if key in series}
        if "for" in series:
            built["indications"] = [{"observation": code} for code in series["for"]]
        built["doses"] = list(self._doses(series, source))
        return built

    def _doses(self, series: Table, source: Table) -> Iterator[Table]:
        if "like" in series:
            other = next(each for each in source["series"] if each["name"] == series["like"])
            for place, dose in enumerate(self._doses(other, source), 1):
                earliest = series["earliest"].get(str(dose.get("number", place)))
                yield dose if earliest is None else _sooner(dose, earliest)
            return
        doses = series["dose"]
        if isinstance(doses, str):
            doses = source["doses"][doses.removeprefix("@")]
        yield from map(self._dose, doses)

    def _dose(self, dose: Table) -> Table:
        built: Table = {"number": dose["number"]} if "number" in dose else {}
        age = self._age(dose)
        if age:
            built["ages"] = [age]
        intervals = list(self._intervals(dose))
        if intervals:
            built["intervals"] = intervals
        built["preferable"] = [
            *({**each, "forecast": True} for each in self._products(dose["give"])),
            *self._products(dose.get("also", [])),
        ]
        if "accept" in dose:
            built["allowable"] = list(self._products(dose["accept"]))
        if "skip_if" in dose:
            built["skips"] = [conditional_skip(text) for text in dose["skip_if"]]
        for key in ("recurring", "season", "source"):
            if key in dose:
                built[key] = dose[key]
        return built

    def _age(self, dose: Table) -> Table:
        least = dose.get("age", dose.get("min"))
        rule = {
            "absMin": dose.get("earliest", least),
            "min": least,
            "recommended": dose.get("recommended", dose.get("age")),
            "by": dose.get("by"),
            "max": dose.get("before", self._before),
        }
        return {key: value for key, value in rule.items() if value is not None}

    def _intervals(self, dose: Table) -> Iterator[Table]:
        if "gap" in dose:
            row = {
                "from": "previous",
                "absMin": dose.get("gap_least", dose["gap"]),
                "min": dose["gap"],
                "recommended": dose.get("gap_recommended"),
                "by": dose.get("gap_by"),
            }
            yield {key: value for key, value in row.items() if value is not None}
        for row in dose.get("interval", []):
            yield ({"absMin": row["min"]} if "min" in row else {}) | row
        waits = dose.get("immunoglobulin", [])
        for wait in [{"length": waits}] if isinstance(waits, str) else waits:
            yield {
                "from": {"observation": "immunoglobulin", "beforeDose": True},
                "absMin": wait["length"],
                "min": wait["length"],
                "source": "2021 text",
            }

    def _products(self, texts: list[str]) -> Iterator[Table]:
        for text in texts:
            if text.startswith("@"):
                yield from self._products(self._lists[text.removeprefix("@")])
                continue
            code, _, ages = text.partition(" ")
            first, _, last = ages.partition("..")
            yield (
                {"code": code} | ({"from": first} if first else {}) | ({"to": last} if last else {})
            )

    def _conflict(self, row: Table) -> Table:
        codes = {
            side: [each["code"] for each in self._products(row[side])]
            for side in ("previous", "current")
        }
        kept = {key: value for key, value in row.items() if key != "same_day"}
        same_day = {"sameDay": True} if row.get("same_day") else {}
        return kept | codes | {"minEnd": row["end"]} | same_day


def _sooner(dose: Table, earliest: str) -> Table:
    """The dose, counting from an earlier age, by whatever vaccine did from its own least age."""
    rule = dose["ages"][0]
    vaccines = {
        kind: [
            row | {"from": earliest}
            if "from" in row and _months(row["from"]) <= _months(rule["min"])
            else row
            for row in dose[kind]
        ]
        for kind in ("preferable", "allowable")
        if kind in dose
    }
    return dose | {"ages": [rule | {"absMin": earliest}]} | vaccines


def _months(age: str) -> float:
    """An age of the sources in months, to compare ages by; a parameter counts as none."""
    number, _, unit = age.partition(" ")
    return 0 if age.startswith("$") else int(number) * (12 if unit.startswith("year") else 1)


def _vaccines(antigens: list[Table], labels: Table) -> Table:
    """The vaccines of the catalog, each with the antigens whose rules name it, and its label."""
    counts: dict[str, list[str]] = {}
    for antigen in antigens:
        for code in dict.fromkeys(_named(antigen)):
            counts.setdefault(code, []).append(antigen["name"])
    catalog = vaccines()
    unknown = counts.keys() - catalog.keys()
    if unknown:
        raise ValueError(f"vaccines not in the catalog: {', '.join(sorted(unknown))}")
    return {
        code: _vaccine(entry, counts.get(code, []))
        | ({"label": labels[code]} if code in labels else {})
        for code, entry in catalog.items()
    }


def _named(antigen: Table) -> Iterator[str]:
    """The vaccines that the rules of an antigen name."""
    for dose in (dose for series in antigen["series"] for dose in series["doses"]):
        yield from (each["code"] for each in [*dose["preferable"], *dose.get("allowable", [])])


def _vaccine(entry: Vaccine, antigens: list[str]) -> Table:
    return {
        "name": {"zh": entry.short.zh, "en": entry.short.en},
        "antigens": [{"antigen": name} for name in antigens],
        "live": entry.kind == "live",
        "route": "oral" if entry.route == "oral" else "injection",
    }


def main() -> None:
    """Writes the files."""
    for name, content in build_all().items():
        (FOLDER / name).write_bytes(content)


if __name__ == "__main__":
    main()
