"""What an import would write: every row has one outcome, nothing comes twice, all can be undone."""

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from miaopu.case.events import standing
from miaopu.case.rules import Rules
from miaopu.catalog import vaccines
from miaopu.demo.old_records import as_csv, as_xlsx, dose_table, wide_table
from miaopu.imports.columns import Mapping
from miaopu.imports.faults import WORDS
from miaopu.imports.matching import Index, known_of
from miaopu.imports.plan import Author, Plan, document, judge, make_plan
from miaopu.imports.tables import Table, read_table
from miaopu.imports.undo import take_back
from miaopu.models import Child

Json = dict[str, Any]

TODAY = "2026-11-29"
SITE = "9901210001"
BATCH = "01K9A3Q6Z0000000000000000B"
PROVENANCE: Json = {
    "at": "2026-11-29T04:00:00.000Z",
    "by": "senior1",
    "station": "01K9A3Q6Z0000000000000000S",
    "site": SITE,
    "offset_ms": 0,
    "app": "0.1.0",
    "batch": BATCH,
}
AUTHOR = Author(PROVENANCE, SITE)
WIDE = ["姓名", "性别", "出生日期", "母亲姓名", "身份证号", "卡介苗", "乙肝1", "乙肝2", "百白破1"]
LINE = ["张三", "男", "2024-01-05", "李四", None, "2024-01-05", "2024-01-05", "2024-02-10", None]


def table_of(*rows: Sequence[Any]) -> Table:
    return Table([list(row) for row in rows], "csv", "utf-8")


def planned(table: Table, *children: Json, **more: Any) -> Plan:
    mapping = more.pop("mapping", Mapping())
    return make_plan(table, mapping, Index(known_of(it) for it in children), TODAY, **more)


def written(plan: Plan, *children: Json) -> list[Json]:
    """The clinic's cases after the plan."""
    there = {it["_id"]: it for it in children}
    for write in plan.writes:
        before = None if write.target is None else there[write.target.id]
        after, _ = document(write, before, AUTHOR)
        there[after["_id"]] = {**after, "_rev": f"{int(after.get('_rev', '0-')[0]) + 1}-a"}
    return list(there.values())


def outcomes(plan: Plan) -> list[str]:
    return [one.outcome for one in plan.results]


def codes(plan: Plan) -> list[str]:
    return [it.code for one in plan.results for it in one.problems]


def brought(*rows: Sequence[Any]) -> list[Json]:
    return written(planned(table_of(*rows)))


@pytest.mark.parametrize(
    "table",
    [
        read_table(as_xlsx(wide_table(SITE, 120, 3, dt.date(2026, 11, 29)))),
        read_table(as_csv(dose_table(SITE, 60, 4, dt.date(2026, 11, 29)))),
    ],
    ids=["a row a child", "a row a dose"],
)
def test_a_table_twice_adds_nothing(table: Table) -> None:
    first = planned(table)
    assert set(outcomes(first)) == {"new"}
    children = written(first)
    for child in children:
        Child.model_validate({k: v for k, v in child.items() if k[0] != "_"})
    again = planned(table, *children)
    assert set(outcomes(again)) == {"matched"}
    assert again.writes == []


def test_a_new_child_has_its_facts_and_its_doses_as_history() -> None:
    (child,) = brought(WIDE, LINE)
    facts = {name: fact["value"] for name, fact in child["facts"].items()}
    assert facts == {
        "site": SITE,
        "name": "张三",
        "sex": "M",
        "birth_date": "2024-01-05",
        "mother_name": "李四",
    }
    doses = sorted((e["vaccine"], e["date"], e["origin"]) for e in child["events"].values())
    assert doses == [
        ("0101", "2024-01-05", "history"),
        ("0202", "2024-01-05", "history"),
        ("0202", "2024-02-10", "history"),
    ]
    assert {e["batch"] for e in child["events"].values()} == {BATCH}


@pytest.mark.parametrize(
    ("year", "reason"),
    [
        ("1980", "equivalent"),
        ("1981", "unknown"),
        ("1982", "refused"),
        ("1983", "contraindicated"),
        ("1984", "too_late"),
        ("1985", "date_unknown"),
        ("1986", "had_disease"),
    ],
)
def test_a_platforms_fake_date_is_a_reason_and_no_dose(year: str, reason: str) -> None:
    line = [*LINE[:8], f"{year}-01-01"]
    (child,) = brought(WIDE, line)
    found = [e for e in child["events"].values() if e["kind"] == "not_given"]
    assert [(e["vaccine"], e["number"], e["reason"], e["date"]) for e in found] == [
        ("0402", 1, reason, TODAY)
    ]
    assert all(e["date"] > "2024" for e in child["events"].values())
    assert planned(table_of(WIDE, line), child | {"_rev": "1-a"}).writes == []


def test_another_day_before_the_birth_is_refused() -> None:
    plan = planned(table_of(WIDE, [*LINE[:8], "1985-03-05"]))
    assert (outcomes(plan), codes(plan), plan.writes) == (["error"], ["before-birth"], [])


def test_an_adult_who_was_born_before_has_a_real_dose() -> None:
    (child,) = brought(WIDE, ["张三", "男", "1979-05-05", "李四", None, "1985-01-01", None])
    assert [e["kind"] for e in child["events"].values()] == ["dose"]


def test_words_for_what_was_not_given_are_reasons() -> None:
    (child,) = brought(WIDE, [*LINE[:8], "禁忌"])
    assert "contraindicated" in [e.get("reason") for e in child["events"].values()]


def test_one_bad_cell_refuses_its_row_alone() -> None:
    other = ["王五", "女", "24-3-1", "赵六", None, None, None, None, None]
    plan = planned(table_of(WIDE, LINE, other))
    assert outcomes(plan) == ["new", "error"]
    (problem,) = plan.results[1].problems
    assert (problem.code, problem.column) == ("two-digit-year", "出生日期")


def test_what_a_rule_refuses_is_an_error_of_its_row() -> None:
    late = ["王五", "女", "2024-03-01", "赵六", None, "2068-07-16", None, None, None]
    plan = planned(table_of(WIDE, LINE, late))
    with Rules({code: one.route for code, one in vaccines().items()}) as rules:
        judge(plan, rules, AUTHOR, TODAY)
    assert outcomes(plan) == ["new", "error"]
    assert plan.results[1].problems[0].denial == "[future-date] document"
    assert len(plan.writes) == 1


def test_known_children_get_what_they_lack_and_nothing_is_overwritten() -> None:
    (child,) = brought(WIDE, LINE)
    header = [*WIDE, "手机", "通讯地址"]
    line = [*LINE[:8], "2024-04-01", "15412345678", "青禾路1号"]
    child["facts"]["phone"] = {"value": "15400000000", "at": PROVENANCE["at"], "by": "nurse1"}
    plan = planned(table_of(header, line), child)
    assert outcomes(plan) == ["matched"]
    (write,) = plan.writes
    assert write.facts == {"address": "青禾路1号"}
    assert [event["vaccine"] for _, event in write.events] == ["0402"]


def person(**facts: Any) -> Json:
    (child,) = brought(WIDE, LINE)
    for name, value in facts.items():
        child["facts"][name] = {"value": value, "at": PROVENANCE["at"], "by": "nurse1"}
    return child


@pytest.mark.parametrize(
    ("known", "line", "outcome", "code"),
    [
        ({}, LINE, "matched", None),
        ({"sex": "F"}, LINE, "doubt", "person"),
        ({"mother_name": "另一位"}, LINE, "new", None),
        ({"mother_name": None}, LINE, "doubt", "person"),
        ({"name": "张小宝"}, LINE, "doubt", "family"),
        ({"birth_date": "2024-01-06"}, LINE, "new", None),
        ({"id_number": "990121202401050014"}, [*LINE[:4], "990121202401050014"], "matched", None),
        (
            {"id_number": "990121202401050014", "name": "张改名"},
            [*LINE[:4], "990121202401050014"],
            "doubt",
            "other-name",
        ),
    ],
)
def test_whose_a_row_is(known: Json, line: list[Any], outcome: str, code: str | None) -> None:
    number = str(line[4] or "")
    if number:
        total = sum(
            w * int(d)
            for w, d in zip(
                (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), number, strict=False
            )
        )
        number = number[:17] + "10X98765432"[total % 11]
        line, known = [*line[:4], number], {**known, "id_number": number}
    plan = planned(table_of(WIDE, line), person(**known))
    assert outcomes(plan) == [outcome]
    assert codes(plan) == ([code] if code else [])


def test_garbage_for_a_name_waits_for_a_person_who_may_say_whose_it_is() -> None:
    known = person()
    line = ["00", *LINE[1:8], "2024-04-01"]
    plan = planned(table_of(WIDE, line), known)
    assert (outcomes(plan), codes(plan)) == (["doubt"], ["garbled-name"])
    assert plan.results[0].ids == (known["_id"],)
    said = planned(table_of(WIDE, line), known, decisions={2: known["_id"]})
    assert outcomes(said) == ["matched"]
    assert [event["vaccine"] for _, event in said.writes[0].events] == ["0402"]
    assert planned(table_of(WIDE, line), known, decisions={2: "new"}).writes == []


def test_a_dose_that_the_case_has_on_another_day_waits_for_a_person() -> None:
    plan = planned(table_of(WIDE, [*LINE[:7], "2024-02-11", None]), person())
    assert (outcomes(plan), codes(plan)) == (["doubt"], ["other-day"])


def test_rows_of_one_child_that_contradict_each_other_wait() -> None:
    header = ["儿童编码", "姓名", "性别", "出生日期", "疫苗", "接种日期"]
    code = "990121000120240012"
    plan = planned(
        table_of(
            header,
            [code, "张三", "男", "2024-01-05", "卡介苗", "2024-01-05"],
            [code, "张三", "男", "2024-01-06", "百白破", "2024-04-05"],
        )
    )
    assert codes(plan) == ["rows-disagree", "rows-disagree"]


def test_a_combined_product_stands_for_its_parts_of_the_same_day() -> None:
    header = ["姓名", "性别", "出生日期", "疫苗", "剂次", "接种日期"]
    child = ["张三", "男", "2024-01-05"]
    plan = planned(
        table_of(
            header,
            [*child, "百白破", 1, "2024-04-05"],
            [*child, "五联", 1, "2024-04-05"],
            [*child, "IPV", 1, "2024-04-05"],
        )
    )
    assert outcomes(plan) == ["new"] * 3
    assert [event["vaccine"] for _, event in plan.writes[0].events] == ["5001"]


def test_an_undone_batch_leaves_nothing_and_can_be_brought_in_again() -> None:
    (child,) = brought(WIDE, LINE)
    batch = {"_id": f"batch:{BATCH}", "at": PROVENANCE["at"], "by": "senior1"}
    later = {**PROVENANCE, "at": "2026-11-29T05:00:00.000Z", "by": "senior2"}
    back = take_back(child, batch, later)
    assert back.document is not None
    assert (back.events, back.cases, back.kept_cases) == (3, 1, 0)
    assert list(standing(back.document, "dose")) == []
    assert back.document["facts"]["name"]["value"] is None
    assert back.document["facts"]["register_status"]["value"] == "5"
    again = planned(table_of(WIDE, LINE), back.document)
    assert outcomes(again) == ["new"]


def test_undoing_leaves_what_others_did() -> None:
    (child,) = brought(WIDE, LINE)
    batch = {"_id": f"batch:{BATCH}", "at": PROVENANCE["at"], "by": "senior1"}
    own = {**PROVENANCE, "kind": "dose", "date": "2026-11-29", "vaccine": "0402", "origin": "given"}
    del own["batch"]
    child["events"]["01K9A3Q6Z0000000000000000X"] = own
    back = take_back(child, batch, PROVENANCE)
    assert back.document is not None
    assert (back.events, back.cases, back.kept_cases) == (3, 0, 1)
    assert [ulid for ulid, _ in standing(back.document, "dose")] == ["01K9A3Q6Z0000000000000000X"]
    assert back.document["facts"]["name"]["value"] == "张三"


def test_undoing_empties_what_it_filled_unless_that_was_changed_since() -> None:
    child = person()
    line = [*LINE[:8], None, "15412345678", "青禾路1号"]
    plan = planned(table_of([*WIDE, "手机", "通讯地址"], line), child)
    author = Author({**PROVENANCE, "at": "2026-11-29T06:00:00.000Z", "batch": "2" * 26}, SITE)
    after, _ = document(plan.writes[0], child, author)
    after["facts"]["phone"] = {"value": "15499999999", "at": "2026-11-29T07:00:00.000Z", "by": "n"}
    batch = {"_id": "batch:" + "2" * 26, "at": "2026-11-29T06:00:00.000Z", "by": "senior1"}
    back = take_back(after, batch, {**PROVENANCE, "at": "2026-11-29T08:00:00.000Z"})
    assert back.document is not None
    assert back.facts == 1
    assert back.document["facts"]["address"]["value"] is None
    assert back.document["facts"]["phone"]["value"] == "15499999999"


CELLS = st.one_of(
    st.none(),
    st.sampled_from(
        [
            "张三",
            "李四",
            "王五",
            "00",
            "男",
            "女",
            "2024-01-05",
            "2024/2/30",
            "24-1-5",
            "1982-01-01",
            "卡介苗",
            "乙肝",
            "谁知道",
            "990121000120240012",
            "6.1E+17",
            "1",
            "2",
            "#N/A",
            "",
        ]
    ),
    st.text(max_size=8),
    st.integers(-10, 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.datetimes(dt.datetime(1950, 1, 1), dt.datetime(2100, 1, 1)),
    st.booleans(),
)
HEADERS = [
    [
        "儿童编码",
        "姓名",
        "性别",
        "出生日期",
        "母亲姓名",
        "手机",
        "疫苗",
        "剂次",
        "接种日期",
        "批号",
    ],
    WIDE,
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(HEADERS), st.lists(st.lists(CELLS, max_size=10), max_size=25))
def test_no_row_is_lost_whatever_it_holds(header: list[str], lines: list[list[Any]]) -> None:
    plan = planned(table_of(header, *lines))
    full = [at + 2 for at, line in enumerate(lines) if any(cell is not None for cell in line)]
    assert [one.row for one in plan.results] == full
    assert sum(plan.counts().values()) == len(full)
    assert all(code in WORDS for code in codes(plan))
    children = written(plan)
    again = planned(table_of(header, *lines), *children)
    assert again.writes == []
    assert len(written(again, *children)) == len(children)


def test_the_page_has_words_for_every_code() -> None:
    folder = Path(__file__).resolve().parents[3] / "pwa" / "src" / "imports"
    for language in ("zh", "en"):
        words = json.loads((folder / f"words.{language}.json").read_text("utf-8"))
        said = words["imports"]["problem"]
        assert said == {code: getattr(text, language) for code, text in WORDS.items()}
