"""Tables of invented children, as older systems export them, to try an import with (旧资料)."""

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from miaopu.demo.identity import generator, id_number
from miaopu.demo.names import given_name, surname

CHILD_COLUMNS = (
    "儿童编码",
    "姓名",
    "性别",
    "出生日期",
    "身份证号",
    "母亲姓名",
    "父亲姓名",
    "手机",
    "通讯地址",
    "居委会",
)
WIDE_COLUMNS = (
    "卡介苗",
    "乙肝1",
    "乙肝2",
    "乙肝3",
    "IPV1",
    "IPV2",
    "bOPV3",
    "百白破1",
    "百白破2",
    "百白破3",
    "麻腮风1",
    "乙脑减毒1",
    "A群流脑1",
)
"""One row is a child; a column is a dose."""
DOSE_COLUMNS = (
    "受种者姓名",
    "性别",
    "出生日期",
    "身份证号",
    "疫苗大类",
    "接种疫苗",
    "剂次",
    "接种日期",
    "批号",
    "生产企业",
    "部位",
    "途径",
    "父/母姓名",
    "手机",
)
"""One row is a dose."""

_MONTHS = (0, 0, 1, 6, 2, 3, 4, 2, 4, 6, 8, 8, 6)
_CLASSES = {
    "卡介苗": ("卡介苗", "皮内注射用卡介苗"),
    "乙肝": ("乙肝疫苗", "重组乙型肝炎疫苗（酿酒酵母）"),
    "IPV": ("脊灰疫苗", "脊髓灰质炎灭活疫苗"),
    "bOPV": ("脊灰疫苗", "口服二价脊灰减毒活疫苗"),
    "百白破": ("百白破疫苗", "吸附无细胞百白破联合疫苗"),
    "麻腮风": ("麻腮风疫苗", "麻腮风联合减毒活疫苗"),
    "乙脑减毒": ("乙脑疫苗", "乙型脑炎减毒活疫苗"),
    "A群流脑": ("流脑疫苗", "A群脑膜炎球菌多糖疫苗"),
}

Row = list[Any]


def children(site: str, count: int, seed: int, today: dt.date) -> Iterator[tuple[Row, list[Any]]]:
    """Rows of invented children: what `CHILD_COLUMNS` says, and the days of `WIDE_COLUMNS`."""
    taken: set[str] = set()
    serials: Counter[int] = Counter()
    for number in range(count):
        rng = generator(seed * 1_000_003 + number)
        born = today - dt.timedelta(days=rng.randint(300, 2500))
        sex = rng.choice("MF")
        family = surname(rng)
        own = (site[:6], born.isoformat())
        numbers = (id_number(*own, rng.randrange(499) * 2 + (sex == "M")) for _ in range(99))
        identity = next(one for one in numbers if one not in taken)
        taken.add(identity)
        serials[born.year] += 1
        card = [
            f"{site}{born.year}{serials[born.year]:04d}",
            family + given_name(rng, born.year, sex),
            "男" if sex == "M" else "女",
            born,
            identity,
            surname(rng) + given_name(rng, 1995, "F"),
            family + given_name(rng, 1993, "M"),
            f"154{rng.randrange(100_000_000):08d}",
            f"青禾路{rng.randint(1, 300)}号",
            rng.choice(("东门社区", "西河村", "柳树村", "南园社区")),
        ]
        yield card, [_day(rng, born, month, today) for month in _MONTHS]


def _day(rng: Random, born: dt.date, month: int, today: dt.date) -> dt.date | None:
    day = born + dt.timedelta(days=round(month * 30.44) + rng.randint(0, 12))
    return day if day <= today and rng.random() < 0.96 else None


def wide_table(site: str, count: int, seed: int, today: dt.date) -> list[Row]:
    """A table with a row for each child, headers first. Some doses are platforms' fake dates."""
    rows: list[Row] = [[*CHILD_COLUMNS, *WIDE_COLUMNS]]
    for number, (card, days) in enumerate(children(site, count, seed, today)):
        doses: list[Any] = list(days)
        if number % 50 == 7:
            doses[-1] = dt.date(1982, 1, 1)
        rows.append([*card, *doses])
    return rows


def dose_table(site: str, count: int, seed: int, today: dt.date) -> list[Row]:
    """A table with a row for each dose, headers first."""
    rows: list[Row] = [list(DOSE_COLUMNS)]
    for card, days in children(site, count, seed, today):
        _, name, sex, born, number, mother, father, phone, *_ = card
        for header, day in zip(WIDE_COLUMNS, days, strict=True):
            if day is None:
                continue
            word = header.rstrip("0123456789")
            kind, product = _CLASSES[word]
            dose = header[len(word) :] or "1"
            lot = f"{day:%Y%m}{word[:1]}{dose}"
            more = [kind, product, dose, day, lot, "某生物", "左上臂", "皮下注射"]
            rows.append([name, sex, born, number, *more, f"{father}/{mother}", phone])
    return rows


def as_xlsx(rows: list[Row]) -> bytes:
    """A table as a workbook of Excel."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    sheet = book.create_sheet("儿童")
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def as_csv(rows: list[Row], encoding: str = "gbk") -> bytes:
    """A table as text, with days as `2024/1/5`."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_written(cell) for cell in row])
    return out.getvalue().encode(encoding)


def _written(cell: object) -> object:
    if isinstance(cell, dt.date):
        return f"{cell.year}/{cell.month}/{cell.day}"
    return "" if cell is None else cell
