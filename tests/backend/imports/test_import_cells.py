"""What single cells say: days of all habits, and numbers that a spreadsheet broke."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu.imports import values
from miaopu.imports.dates import read_date
from miaopu.imports.faults import CellError

DAY = "2024-01-05"
DAYS = st.dates(dt.date(1930, 1, 1), dt.date(2099, 12, 31))
WRITTEN: list[Callable[[dt.date], Any]] = [
    lambda d: d.isoformat(),
    lambda d: f"{d.year}-{d.month}-{d.day}",
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}.{d.month}.{d.day}",
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d.year} 年 {d.month} 月 {d.day} 日",
    lambda d: f"{d:%Y%m%d}",
    lambda d: int(f"{d:%Y%m%d}"),
    lambda d: f"{d:%Y%m%d}T083000",
    lambda d: f"{d.isoformat()} 08:30:00",
    lambda d: f"{d.year}/{d.month}/{d.day} 8:30",
    lambda d: f"{d.isoformat()}T08:30:00.000+08:00",
    lambda d: "".join(chr(ord(one) + 0xFEE0) if one.isdigit() else one for one in d.isoformat()),
    lambda d: d,
    lambda d: dt.datetime(d.year, d.month, d.day, 8, 30),
    lambda d: (d - dt.date(1899, 12, 30)).days,
    lambda d: (d - dt.date(1899, 12, 30)).days + 0.35,
]


@given(DAYS, st.sampled_from(WRITTEN))
def test_a_day_is_read_however_it_was_written(
    day: dt.date, written: Callable[[dt.date], Any]
) -> None:
    assert read_date(written(day), 1900) == day.isoformat()


@given(st.dates(dt.date(1940, 1, 1), dt.date(2099, 12, 31)))
def test_serial_numbers_count_from_where_the_workbook_says(day: dt.date) -> None:
    assert read_date((day - dt.date(1904, 1, 1)).days, 1904) == day.isoformat()


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("24-1-5", "two-digit-year"),
        ("24年1月5日", "two-digit-year"),
        ("240105", "two-digit-year"),
        (240105, "two-digit-year"),
        ("5/1/24", "two-digit-year"),
        ("5/1/2024", "day-or-month"),
        ("0024-03-01", "not-a-date"),
        ("2024-02-30", "not-a-date"),
        ("2024-1", "not-a-date"),
        ("1月5日", "not-a-date"),
        ("#VALUE!", "broken-cell"),
        (dt.datetime(2024, 1, 4, 23, 59, 17), "shifted-time"),
        ("2024-01-04 23:59:17", "shifted-time"),
        (True, "not-a-date"),
        (5, "not-a-date"),
        (dt.time(8), "not-a-date"),
    ],
)
def test_what_can_be_read_two_ways_is_refused(cell: Any, code: str) -> None:
    with pytest.raises(CellError) as caught:
        read_date(cell, 1900)
    assert caught.value.code == code


def test_a_text_file_does_not_say_from_where_serial_numbers_count() -> None:
    with pytest.raises(CellError) as caught:
        read_date("45296", None)
    assert caught.value.code == "which-epoch"
    assert read_date("45296", 1900) == DAY
    assert read_date("43834", 1904) == DAY


def test_a_moment_of_another_zone_is_the_day_in_china() -> None:
    assert read_date("2024-01-04T16:00:00.000Z", None) == DAY


def test_an_order_that_cannot_be_mistaken_is_taken() -> None:
    assert read_date("13/1/2024", None) == "2024-01-13"
    assert read_date("1/13/2024", None) == "2024-01-13"


@pytest.mark.parametrize("cell", [None, "", " ", "/", "—", "无", "未种"])
def test_a_cell_may_say_nothing(cell: Any) -> None:
    assert read_date(cell, 1900) is None


@pytest.mark.parametrize(
    ("read", "cell", "code"),
    [
        (values.id_number, "6.10101E+17", "scientific"),
        (values.id_number, 6.10101e17, "scientific"),
        (values.id_number, "610101202401050000", "rounded"),
        (values.id_number, "61010120240105001", "lost-zero"),
        (values.id_number, "610101202401050018", "wrong-check-digit"),
        (values.child_code, 990121000120240012, "scientific"),
        (values.child_code, "990121000120241000", "rounded"),
        (values.child_code, "99012100012024001", "lost-zero"),
        (values.trace_code, "8.12345E+19", "scientific"),
        (values.lot, "2.02401E+11", "scientific"),
        (values.card, "8.8E+7", "scientific"),
        (values.phone, "1.38E+10", "scientific"),
        (values.text, "#N/A", "broken-cell"),
        (values.number, "21", "not-understood"),
        (values.sex, "雄", "not-understood"),
    ],
)
def test_what_a_spreadsheet_broke_is_refused(
    read: Callable[[Any], Any], cell: Any, code: str
) -> None:
    with pytest.raises(CellError) as caught:
        read(cell)
    assert caught.value.code == code


def test_plain_values_are_taken() -> None:
    assert values.id_number(" 11010519491231002x") == "11010519491231002X"
    assert values.sex("男") == "M"
    assert values.number("第2剂") == 2
    assert values.number("三") == 3
    assert values.weight("3.25kg") == 3250
    assert values.weight(3250) == 3250
    assert values.phone(15412345678) == "15412345678"
    assert values.phone("15412345678，15487654321") == "15412345678"
    assert values.lot(20240105) == "20240105"


@pytest.mark.parametrize("name", ["00", "张?", "李□", "锟斤拷", "\ufffd小明", "王\ue000"])
def test_garbage_is_seen(name: str) -> None:
    assert values.is_garbled(name)


@pytest.mark.parametrize("name", ["张三", "阿依古丽·买买提", "陈某之子", "José Silva", "𪚥小龙"])
def test_names_are_no_garbage(name: str) -> None:
    assert not values.is_garbled(name)
