"""CDC's published CDSi supporting data (XML) as a schedule of the engine (JSON).

The engine's shape is `Schedule` in `pwa/src/schedule/types.ts`. CDC's files are named
`AntigenSupportingData- <antigen>-508.xml` (one an antigen) and `ScheduleSupportingData.xml`.
Source of the meaning of each element: CDSi logic specification 4.6, chapters 3 to 9.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Json = dict[str, Any]

_NO_VALUE = {"", "n/a"}
_COUNT_LOGIC = {"greater than": "more", "equal to": "equal", "equal": "equal", "less than": "less"}
_SEXES = {"female": "F", "male": "M", "unknown": "U"}
_SERIES_TYPES = {"standard": "standard", "risk": "risk", "evaluation only": "evaluation"}


class CdsiImportError(Exception):
    """The folder does not hold supporting data that can be understood; the text says where."""


def import_cdsi(folder: Path) -> Json:
    """Return the schedule that the XML files in `folder` describe.

    Raises `CdsiImportError` when a file is missing, is no XML, or says something the engine
    has no notion of.
    """
    schedule_file = folder / "ScheduleSupportingData.xml"
    antigen_files = sorted(folder.glob("AntigenSupportingData*.xml"))
    if not schedule_file.is_file() or not antigen_files:
        raise CdsiImportError(
            f"{folder} holds no CDSi supporting data: expected ScheduleSupportingData.xml and "
            "AntigenSupportingData*.xml, as in the archive that CDC publishes"
        )
    root = _parse(schedule_file)
    antigens = [_antigen(_parse(path), path.name) for path in antigen_files]
    return {
        "name": "cdsi",
        "title": {"en": "CDC CDSi supporting data", "zh": "美国 CDC CDSi 程序数据"},
        "edition": _edition(folder),
        "effective": "1900-01-01",
        "codeSystem": "CVX",
        "monthArithmetic": "roll",
        # Table 5-4 forecasts nothing before an indication's begin age; CDC's own cases do.
        "indicationsAhead": "1 year",
        # The cases have no country of birth, and mean the country whose schedule it is.
        "country": "U.S.",
        "vaccines": {
            _text(row, "cvx"): _clean(
                {
                    "name": {"en": _text(row, "shortDescription")},
                    "antigens": [
                        _clean(
                            {
                                "antigen": _text(link, "antigen"),
                                "from": _text(link, "associationBeginAge"),
                                "to": _text(link, "associationEndAge"),
                            }
                        )
                        for link in row.iter("association")
                    ],
                }
            )
            for row in root.iter("cvxMap")
        },
        "groups": _groups(root),
        "antigens": antigens,
        "conflicts": _conflicts(root),
        "observations": {
            _text(row, "observationCode"): {"en": _text(row, "observationTitle")}
            for row in root.iter("observation")
        },
    }


def _parse(path: Path) -> ET.Element:
    """Read one XML file. A document type is refused: CDC's files have none, and a hostile one
    could name other files or grow without bound."""
    data = path.read_bytes()
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise CdsiImportError(f"{path.name} declares a document type, which CDC's files never do")
    try:
        return ET.fromstring(data)  # noqa: S314 - without a document type there are no entities
    except ET.ParseError as error:
        raise CdsiImportError(f"{path.name} is not well-formed XML: {error}") from error


def _edition(folder: Path) -> str:
    """The version stands only in the name of CDC's archive, so perhaps of the folder."""
    match = re.search(r"(\d+\.\d+)", folder.resolve().name)
    return match.group(1) if match else "CDSi"


def _text(parent: ET.Element, tag: str) -> str:
    """The text of a child element, without the blanks that CDC leaves; `n/a` counts as empty."""
    found = (parent.findtext(tag) or "").strip()
    return "" if found.lower() in _NO_VALUE else found


def _clean(row: Json) -> Json:
    """Drop what is empty: the engine's shape has absent fields where CDC's has empty elements."""
    return {key: value for key, value in row.items() if value not in ("", [], {}, None, False)}


def _valued(parent: ET.Element, tag: str) -> Iterator[ET.Element]:
    """The children of that name, without the empty placeholders that mean "no rule"."""
    return (child for child in parent.findall(tag) if len(child))


def _date(text: str, where: str) -> str:
    """`20211024` or `01/01/1957` as ISO."""
    if not text:
        return ""
    if match := re.fullmatch(r"(\d{4})-?(\d{2})-?(\d{2})", text):
        return "-".join(match.groups())
    if match := re.fullmatch(r"(\d{2})/(\d{2})/(\d{4})", text):
        month, day, year = match.groups()
        return f"{year}-{month}-{day}"
    raise CdsiImportError(f"{where}: {text!r} is not a date")


def _codes(text: str) -> list[str]:
    return [code.strip() for code in re.split(r"[;,]", text) if code.strip()]


def _yes(text: str) -> bool:
    return text.lower() in {"y", "yes"}


def _groups(root: ET.Element) -> list[Json]:
    full = {
        _text(row, "name"): _yes(_text(row, "administerFullVaccineGroup"))
        for row in root.iter("vaccineGroup")
    }
    return [
        _clean(
            {
                "name": _text(row, "name"),
                "antigens": [(antigen.text or "").strip() for antigen in row.findall("antigen")],
                "administerFull": full.get(_text(row, "name"), False),
            }
        )
        for row in root.iter("vaccineGroupMap")
    ]


def _conflicts(root: ET.Element) -> list[Json]:
    """CDC lists pairs; pairs with the same window and previous vaccine become one row."""
    rows: dict[tuple[str, str, str, str], list[str]] = {}
    for row in root.iter("liveVirusConflict"):
        key = (
            _text(row, "previous/cvx"),
            _text(row, "conflictBeginInterval"),
            _text(row, "minConflictEndInterval"),
            _text(row, "conflictEndInterval"),
        )
        rows.setdefault(key, []).append(_text(row, "current/cvx"))
    return [
        {"previous": [previous], "current": current, "begin": begin, "minEnd": low, "end": end}
        for (previous, begin, low, end), current in rows.items()
    ]


def _antigen(root: ET.Element, file: str) -> Json:
    series = list(root.iter("series"))
    names = {_text(row, "targetDisease") for row in series}
    if len(names) != 1:
        raise CdsiImportError(f"{file}: expected series of one target disease, found {len(names)}")
    name = names.pop()
    return _clean(
        {
            "name": name,
            "immunity": _immunity(root.find("immunity"), file),
            "contraindications": _contraindications(root.find("contraindications")),
            "series": [_series(row, file) for row in series],
        }
    )


def _immunity(root: ET.Element | None, file: str) -> Json:
    if root is None:
        return {}
    return _clean(
        {
            "observations": [
                {"code": _text(row, "guidelineCode"), "title": _text(row, "guidelineTitle")}
                for row in _valued(root, "clinicalHistory")
            ],
            "bornBefore": [
                _clean(
                    {
                        "date": _date(_text(row, "immunityBirthDate"), file),
                        "country": _text(row, "birthCountry"),
                        "unless": [_text(out, "exclusionCode") for out in row.findall("exclusion")],
                    }
                )
                for row in _valued(root, "dateOfBirth")
                if _text(row, "immunityBirthDate")
            ],
        }
    )


def _contraindications(root: ET.Element | None) -> list[Json]:
    if root is None:
        return []
    return [
        _clean(
            {
                "observation": _text(row, "observationCode"),
                "from": _text(row, "beginAge"),
                "to": _text(row, "endAge"),
                "vaccines": [
                    _clean(
                        {
                            "code": _text(vaccine, "cvx"),
                            "from": _text(vaccine, "beginAge"),
                            "to": _text(vaccine, "endAge"),
                        }
                    )
                    for vaccine in _valued(row, "contraindicatedVaccine")
                ],
                "text": _text(row, "contraindicationText"),
            }
        )
        for row in root.iter("contraindication")
        if _text(row, "observationCode")
    ]


def _series(row: ET.Element, file: str) -> Json:
    name = _text(row, "seriesName")
    where = f"{file}, series {name!r}"
    select = row.find("selectSeries")
    if select is None:
        raise CdsiImportError(f"{where}: selectSeries is missing")
    series_type = _SERIES_TYPES.get(_text(row, "seriesType").lower())
    if series_type is None:
        raise CdsiImportError(f"{where}: series type {_text(row, 'seriesType')!r} is unknown")
    sexes = [(sex.text or "").strip().lower() for sex in row.findall("requiredGender")]
    preference = _text(select, "seriesPreference")
    return _clean(
        {
            "name": name,
            "vaccineGroup": _text(row, "vaccineGroup"),
            "type": series_type,
            "sexes": [_SEXES[sex] for sex in sexes if sex],
            "indications": [
                _clean(
                    {
                        "observation": _text(item, "observationCode/code"),
                        "from": _text(item, "beginAge"),
                        "to": _text(item, "endAge"),
                        "text": _text(item, "description"),
                    }
                )
                for item in _valued(row, "indication")
            ],
            "seriesGroup": _text(select, "seriesGroup"),
            "seriesGroupName": _text(select, "seriesGroupName"),
            "equivalentGroups": _codes(_text(row, "equivalentSeriesGroups")),
            "default": _yes(_text(select, "defaultSeries")),
            "productPath": _yes(_text(select, "productPath")),
            "priority": _text(select, "seriesPriority"),
            "preference": int(preference) if preference else None,
            "minAgeToStart": _text(select, "minAgeToStart"),
            "maxAgeToStart": _text(select, "maxAgeToStart"),
            "doses": [_dose(dose, where) for dose in row.findall("seriesDose")],
        }
    )


def _dose(row: ET.Element, where: str) -> Json:
    where = f"{where}, {_text(row, 'doseNumber')}"
    season = row.find("seasonalRecommendation")
    ages = [
        _clean(
            {
                "absMin": _text(age, "absMinAge"),
                "min": _text(age, "minAge"),
                "recommended": _text(age, "earliestRecAge"),
                "by": _text(age, "latestRecAge"),
                "max": _text(age, "maxAge"),
                **_dated(age, where),
            }
        )
        for age in _valued(row, "age")
    ]
    dose = {
        "ages": [age for age in ages if age],
        "intervals": [_interval(item, where) for item in _valued(row, "interval")],
        "allowableIntervals": [
            {
                "from": _previous_or_target(item, where),
                "absMin": _text(item, "absMinInt"),
                **_clean(_dated(item, where)),
            }
            for item in _valued(row, "allowableInterval")
        ],
        "allowable": [
            _clean(
                {
                    "code": _text(item, "cvx"),
                    "from": _text(item, "beginAge"),
                    "to": _text(item, "endAge"),
                }
            )
            for item in _valued(row, "allowableVaccine")
        ],
        "inadvertent": [_text(item, "cvx") for item in _valued(row, "inadvertentVaccine")],
        "skips": [_skip(item, where) for item in _valued(row, "conditionalSkip")],
        "recurring": _yes(_text(row, "recurringDose")),
        "season": {}
        if season is None
        else _clean(
            {
                "start": _date(_text(season, "startDate"), where),
                "end": _date(_text(season, "endDate"), where),
                # CDC publishes the newest season only; it came in earlier years too.
                "recurred": bool(_text(season, "startDate") and _text(season, "endDate")),
            }
        ),
    }
    return {
        **_clean(dose),
        "preferable": [
            _clean(
                {
                    "code": _text(item, "cvx"),
                    "from": _text(item, "beginAge"),
                    "to": _text(item, "endAge"),
                    "tradeName": _text(item, "tradeName"),
                    "mvx": _text(item, "mvx"),
                    "volume": float(_text(item, "volume")) if _text(item, "volume") else None,
                    "forecast": _yes(_text(item, "forecastVaccineType")),
                }
            )
            for item in _valued(row, "preferableVaccine")
        ],
    }


def _dated(row: ET.Element, where: str) -> Json:
    return {
        "effective": _date(_text(row, "effectiveDate"), where),
        "cessation": _date(_text(row, "cessationDate"), where),
    }


def _previous_or_target(row: ET.Element, where: str) -> Any:
    if _yes(_text(row, "fromPrevious")):
        return "previous"
    if target := _text(row, "fromTargetDose"):
        return {"target": int(target)}
    raise CdsiImportError(f"{where}: an interval runs from nothing")


def _interval(row: ET.Element, where: str) -> Json:
    if _yes(_text(row, "fromPrevious")) or _text(row, "fromTargetDose"):
        since: Any = _previous_or_target(row, where)
    elif codes := _codes(_text(row, "fromMostRecent")):
        since = {"vaccines": codes}
    elif observation := _text(row, "fromRelevantObs/code"):
        since = {"observation": observation}
    else:
        raise CdsiImportError(f"{where}: an interval runs from nothing")
    return {
        "from": since,
        **_clean(
            {
                "absMin": _text(row, "absMinInt"),
                "min": _text(row, "minInt"),
                "recommended": _text(row, "earliestRecInt"),
                "by": _text(row, "latestRecInt"),
                # The specification says 'Y', the data says "override".
                "priority": _text(row, "intervalPriority").lower() in {"y", "override"},
                **_dated(row, where),
            }
        ),
    }


def _skip(row: ET.Element, where: str) -> Json:
    return _clean(
        {
            "context": _text(row, "context").lower(),
            "logic": _text(row, "setLogic").lower(),
            "sets": [
                _clean(
                    {
                        "logic": _text(part, "conditionLogic").lower(),
                        "conditions": [
                            _condition(condition, where) for condition in _valued(part, "condition")
                        ],
                        "text": _text(part, "setDescription"),
                        **_dated(part, where),
                    }
                )
                for part in _valued(row, "set")
            ],
        }
    )


def _condition(row: ET.Element, where: str) -> Json:
    kind = _text(row, "conditionType").lower()
    ages = {"from": _text(row, "beginAge"), "to": _text(row, "endAge")}
    if kind == "age":
        return _clean({"type": "age", **ages})
    if kind == "completed series":
        return {"type": "completedSeries", "groups": _codes(_text(row, "seriesGroups"))}
    if kind == "interval":
        return {"type": "interval", "interval": _text(row, "interval")}
    if not kind.startswith("vaccine count"):
        raise CdsiImportError(f"{where}: a skip condition of type {kind!r} is unknown")
    logic = _COUNT_LOGIC.get(_text(row, "doseCountLogic").lower())
    counting = _text(row, "doseType").lower()
    if logic is None or counting not in {"valid", "total"}:
        raise CdsiImportError(f"{where}: a vaccine count has no logic or no dose type")
    return {
        "doses": int(_text(row, "doseCount")),
        **_clean(
            {
                "type": "count",
                "is": logic,
                "counting": counting,
                "vaccines": _codes(_text(row, "vaccineTypes")),
                **ages,
                "start": _date(_text(row, "startDate"), where),
                "end": _date(_text(row, "endDate"), where),
            }
        ),
    }
