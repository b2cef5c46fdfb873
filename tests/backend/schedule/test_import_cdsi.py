"""CDC's XML as a schedule: what its elements become, and what is refused."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from miaopu.schedule.import_cdsi import CdsiImportError, import_cdsi

SCHEDULE = """<scheduleSupportingData>
<liveVirusConflicts><liveVirusConflict>
<previous><cvx>03</cvx></previous><current><cvx>21</cvx></current>
<conflictBeginInterval>1 day</conflictBeginInterval>
<minConflictEndInterval>24 days</minConflictEndInterval>
<conflictEndInterval>28 days</conflictEndInterval>
</liveVirusConflict></liveVirusConflicts>
<vaccineGroups><vaccineGroup><name>Zoster </name>
<administerFullVaccineGroup>Yes</administerFullVaccineGroup></vaccineGroup></vaccineGroups>
<vaccineGroupToAntigenMap><vaccineGroupMap><name>Zoster </name><antigen>Zoster</antigen>
</vaccineGroupMap></vaccineGroupToAntigenMap>
<cvxToAntigenMap><cvxMap><cvx>121</cvx><shortDescription>Zoster live</shortDescription>
<association><antigen>Zoster</antigen><associationBeginAge>50 years</associationBeginAge>
<associationEndAge/></association></cvxMap></cvxToAntigenMap>
<observations><observation><observationCode>007</observationCode>
<observationTitle>Pregnant</observationTitle></observation></observations>
</scheduleSupportingData>"""

ANTIGEN = """<antigenSupportingData><immunity/><contraindications/>
<series><seriesName>One</seriesName><targetDisease>Zoster</targetDisease>
<vaccineGroup>Zoster </vaccineGroup><seriesType>{type}</seriesType><equivalentSeriesGroups/>
<requiredGender>Female</requiredGender>
<selectSeries><defaultSeries>Yes</defaultSeries><productPath>n/a</productPath>
<seriesGroup>1</seriesGroup><seriesPriority>A</seriesPriority><seriesPreference/>
<minAgeToStart/><maxAgeToStart>15 years</maxAgeToStart></selectSeries>
<indication/>
<seriesDose><doseNumber>Dose 1</doseNumber>
<age><absMinAge>9 years - 4 days</absMinAge><minAge>n/a</minAge><effectiveDate/>
<cessationDate>{date}</cessationDate></age>
<interval/>
<interval><fromPrevious>{previous}</fromPrevious><fromTargetDose/><fromMostRecent>21; 94;121
</fromMostRecent><fromRelevantObs/><minInt>8 weeks</minInt>
<intervalPriority>override</intervalPriority></interval>
<allowableInterval/>
<preferableVaccine><cvx>121</cvx><volume>0.5</volume>
<forecastVaccineType>N</forecastVaccineType></preferableVaccine>
<allowableVaccine/><inadvertentVaccine/>
<conditionalSkip><context>Both</context><setLogic>n/a</setLogic><set><conditionLogic/>
<condition><conditionType>Vaccine Count By Age</conditionType><beginAge>6 weeks</beginAge>
<doseCount>0</doseCount><doseType>Total</doseType>
<doseCountLogic>Greater Than</doseCountLogic><vaccineTypes>133;215</vaccineTypes>
</condition></set></conditionalSkip>
<recurringDose>No</recurringDose>
<seasonalRecommendation><startDate>20250701</startDate><endDate>20260630</endDate>
</seasonalRecommendation></seriesDose></series></antigenSupportingData>"""


def _write(folder: Path, antigen: str, schedule: str = SCHEDULE) -> Path:
    (folder / "ScheduleSupportingData.xml").write_text(schedule, encoding="utf-8")
    name = "AntigenSupportingData- Zoster-508.xml"
    (folder / name).write_text(antigen, encoding="utf-8")
    return folder


def _antigen(**values: str) -> str:
    return ANTIGEN.format(**{"type": "Standard", "date": "20211024", "previous": "N", **values})


def test_each_element_becomes_a_field_and_placeholders_nothing(tmp_path: Path) -> None:
    schedule = import_cdsi(_write(tmp_path, _antigen()))
    assert schedule["codeSystem"] == "CVX"
    assert schedule["monthArithmetic"] == "roll"
    assert schedule["groups"] == [
        {"name": "Zoster", "antigens": ["Zoster"], "administerFull": True}
    ]
    assert schedule["vaccines"]["121"]["antigens"] == [{"antigen": "Zoster", "from": "50 years"}]
    assert schedule["conflicts"] == [
        {"previous": ["03"], "current": ["21"], "begin": "1 day", "minEnd": "24 days",
         "end": "28 days"}
    ]  # fmt: skip
    (series,) = schedule["antigens"][0]["series"]
    doses = series.pop("doses")
    assert series == {
        "name": "One",
        "vaccineGroup": "Zoster",
        "type": "standard",
        "sexes": ["F"],
        "seriesGroup": "1",
        "default": True,
        "priority": "A",
        "maxAgeToStart": "15 years",
    }
    assert doses == [
        {
            "ages": [{"absMin": "9 years - 4 days", "cessation": "2021-10-24"}],
            "intervals": [
                {"from": {"vaccines": ["21", "94", "121"]}, "min": "8 weeks", "priority": True}
            ],
            "skips": [
                {
                    "context": "both",
                    "sets": [
                        {
                            "conditions": [
                                {
                                    "type": "count",
                                    "is": "more",
                                    "doses": 0,
                                    "counting": "total",
                                    "vaccines": ["133", "215"],
                                    "from": "6 weeks",
                                }
                            ]
                        }
                    ],
                }
            ],
            "season": {"start": "2025-07-01", "end": "2026-06-30", "recurred": True},
            "preferable": [{"code": "121", "volume": 0.5}],
        }
    ]


@pytest.mark.parametrize(
    ("antigen", "said"),
    [
        (_antigen(type="Odd"), "series type 'Odd' is unknown"),
        (_antigen(date="soon"), "Dose 1: 'soon' is not a date"),
        (_antigen().replace("21; 94;121\n", ""), "Dose 1: an interval runs from nothing"),
        (_antigen().replace("Vaccine Count By Age", "Moon"), "type 'moon' is unknown"),
        (_antigen()[:-30], "not well-formed"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>" + _antigen(), "declares a document type"),
        ("<antigenSupportingData/>", "found 0"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path: Path, antigen: str, said: str) -> None:
    with pytest.raises(CdsiImportError, match=said):
        import_cdsi(_write(tmp_path, antigen))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CdsiImportError, match="ScheduleSupportingData"):
        import_cdsi(tmp_path)


def test_all_of_cdc_s_data_comes_over(cdsi_schedule: str) -> None:
    schedule: dict[str, Any] = json.loads(cdsi_schedule)
    series = [one for antigen in schedule["antigens"] for one in antigen["series"]]
    assert Counter(one["type"] for one in series) == {"standard": 59, "risk": 83, "evaluation": 1}
    assert sum(len(one["doses"]) for one in series) == 484
    assert len(schedule["antigens"]) == 30
    assert len(schedule["vaccines"]) == 218
    assert len(schedule["groups"]) == 26
    assert sum(len(row["current"]) for row in schedule["conflicts"]) == 625
    assert len(schedule["observations"]) == 277
