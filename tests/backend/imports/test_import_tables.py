"""Files as they are met: encodings, delimiters, workbooks; and what their headers mean."""

import datetime as dt
import io

import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from miaopu.demo.old_records import as_csv, as_xlsx, dose_table, wide_table
from miaopu.imports.columns import Mapping, field_of, read_columns
from miaopu.imports.faults import FileError
from miaopu.imports.tables import read_table

TODAY = dt.date(2026, 11, 29)
TEXT = "姓名,性别,出生日期\r\n张三,男,2024/1/5\r\n"


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("gbk", "gbk"),
        ("utf-16", "utf-16"),
    ],
)
def test_an_encoding_is_told_and_said(encoding: str, found: str) -> None:
    table = read_table(TEXT.encode(encoding))
    assert table.encoding == found
    assert table.rows == [["姓名", "性别", "出生日期"], ["张三", "男", "2024/1/5"]]


def test_a_rare_character_is_gb18030() -> None:
    table = read_table("姓名,性别\n𪚥三,男\n".encode("gb18030"))
    assert (table.encoding, table.rows[1][0]) == ("gb18030", "𪚥三")


def test_a_file_whose_first_kilobytes_are_ascii_is_read_by_the_whole_of_it() -> None:
    text = "name,sex\n" + "a,M\n" * 5000 + "张三,男\n"
    assert read_table(text.encode("gbk")).rows[-1] == ["张三", "男"]


def test_an_encoding_can_be_named() -> None:
    assert read_table("姓名\n张三\n".encode("utf-16-le"), encoding="utf-16").rows[1] == ["张三"]
    with pytest.raises(FileError, match="encoding"):
        read_table("姓名".encode("gbk"), encoding="utf-8")


@pytest.mark.parametrize("mark", [",", "\t", ";"])
def test_columns_are_parted_by_what_the_headers_are_parted_by(mark: str) -> None:
    assert read_table(f"姓名{mark}性别\n张三{mark}男\n".encode()).rows[1] == ["张三", "男"]


def test_numbers_that_were_kept_as_text_are_bare() -> None:
    assert read_table(b'a,b\n="0101",\'0202\n').rows[1] == ["0101", "0202"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file-empty"),
        (b"\n\n", "file-empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"0" * 99, "file-old-excel"),
        (b"<html xmlns=''><table>", "file-old-excel"),
        (b"PK\x03\x04 broken", "file-damaged"),
        (b"\xff\x81\x00\x00", "file-encoding"),
        (('a,b\n1,"' + "x\n" * 5000).encode(), "file-quotes"),
        (b"0" * 20_000_001, "file-too-large"),
        (b"a\n" * 60_000, "file-too-large"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(data: bytes, code: str) -> None:
    with pytest.raises(FileError) as caught:
        read_table(data)
    assert caught.value.code == code


def test_a_workbook_of_1904_says_so() -> None:
    book = Workbook()
    book.epoch = CALENDAR_MAC_1904
    book.active.append(["出生日期"])
    book.active.append([dt.date(2024, 1, 5)])
    out = io.BytesIO()
    book.save(out)
    table = read_table(out.getvalue())
    assert (table.epoch, table.rows[1]) == (1904, [dt.datetime(2024, 1, 5)])


def test_a_sheet_can_be_named() -> None:
    book = Workbook()
    book.active.append(["a"])
    book.create_sheet("二").append(["姓名"])
    out = io.BytesIO()
    book.save(out)
    assert read_table(out.getvalue(), sheet="二").rows == [["姓名"]]
    with pytest.raises(FileError, match="sheet"):
        read_table(out.getvalue(), sheet="三")


@pytest.mark.parametrize(
    ("header", "field", "sure"),
    [
        ("受种者姓名", "child.name", True),
        (" 身份证号码：", "child.id_number", True),
        ("父/母姓名", "child.parents", True),
        ("效期", "dose.expiry", True),
        ("监管码", "dose.trace_code", True),
        ("inoc_batchno", "dose.lot", True),
        ("卡介苗", "wide.0101.0.date", True),
        ("乙肝1", "wide.0202.1.date", False),
        ("乙肝疫苗（第二针）", "wide.0202.2.date", False),
        ("百白破第4剂", "wide.0402.4.date", True),
        ("IPV2", "wide.0303.2.date", True),
        ("PCV132", "wide.2503.2.date", True),
        ("HPV2第1剂", "wide.5501.1.date", True),
        ("B063", "wide.0202.1.date", True),
        ("B097", "wide.1301.2.date", True),
        ("乙肝1批号", "wide.0202.1.lot", False),
        ("水痘2厂家", "wide.2201.2.maker", True),
        ("0402", "wide.0402.0.date", True),
    ],
)
def test_headers_of_old_exports_are_understood(header: str, field: str, sure: bool) -> None:
    assert field_of(header) == (field, sure)


def test_both_kinds_of_table_are_told_apart() -> None:
    wide = read_columns(read_table(as_xlsx(wide_table("9901219999", 3, 1, TODAY))), Mapping())
    narrow = read_columns(read_table(as_csv(dose_table("9901219999", 3, 1, TODAY))), Mapping())
    assert (wide.kind, narrow.kind) == ("child", "dose")
    assert len(wide.columns) == len(wide.headers)
    assert narrow.columns["接种日期"] == "dose.date"


def test_a_title_above_the_headers_is_passed_over() -> None:
    table = read_table("某某门诊儿童名单,,\n,,\n姓名,性别,出生日期\n张三,男,2024/1/5\n".encode())
    assert read_columns(table, Mapping()).header_row == 3
