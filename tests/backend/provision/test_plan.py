"""Reading a plan."""

from pathlib import Path

import pytest

from miaopu.provision.plan import Plan, PlanError, read_plan

GOOD = """
[[region]]
code = "330100"
name = "市"
level = "city"

[[region]]
code = "330102"
name = "县"
level = "county"
parent = "330100"

[[site]]
code = "3301020001"
name = "一"
region = "330102"

[[account]]
name = "nurse1"
display_name = "护士"
site = "3301020001"
grade = "ordinary"

[[account]]
name = "chief"
display_name = "主任"
region = "330102"
grade = "admin"
"""


def plan(tmp_path: Path, text: str) -> Plan:
    path = tmp_path / "plan.toml"
    path.write_text(text)
    return read_plan(path)


def test_a_plan_is_read(tmp_path: Path) -> None:
    found = plan(tmp_path, GOOD)
    assert found.above("330102") == ["330102", "330100"]
    assert [account.roles for account in found.accounts] == [
        ("site:3301020001", "grade:ordinary"),
        ("region:330102", "grade:admin", "audit:330102"),
    ]
    assert all(account.password is None for account in found.accounts)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[region]", "no TOML"),
        ('[[region]]\ncode = "x"', "Region code"),
        ('[[site]]\ncode = "3301020001"\nname = "一"', "Site region"),
        ('[[account]]\nname = "a"\ndisplay_name = "甲"\ngrade = "admin"', "one site or to one"),
        ('[[account]]\nname = "a:b"\ndisplay_name = "甲"\ngrade = "admin"', "name"),
        ('[[sites]]\ncode = "3301020001"', "sites"),
        ('[[account]]\nname = "a"\npassword = "x"', "account"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(PlanError, match=said) as error:
        plan(tmp_path, text)
    assert "plan.toml" in str(error.value)


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="cannot be read"):
        read_plan(tmp_path / "none.toml")


def test_a_region_without_description_is_said(tmp_path: Path) -> None:
    found = plan(
        tmp_path, GOOD.replace('[[region]]\ncode = "330100"', '[[region]]\ncode = "330200"')
    )
    with pytest.raises(PlanError, match="330100"):
        found.above("330102")


def test_a_circle_of_regions_is_said(tmp_path: Path) -> None:
    found = plan(tmp_path, GOOD.replace('level = "city"', 'level = "city"\nparent = "330102"'))
    with pytest.raises(PlanError, match="above itself"):
        found.above("330102")


@pytest.mark.parametrize("weak", ["123", "abcdefghijkl", "chief-of-county", "aaaaaaaaaaaa"])
def test_a_password_that_the_page_would_not_take_is_none_here(tmp_path: Path, weak: str) -> None:
    path = tmp_path / "plan.toml"
    path.write_text(GOOD)
    with pytest.raises(PlanError, match=r"chief.*MIAOPU_PASSWORD_CHIEF") as error:
        read_plan(path, environment={"MIAOPU_PASSWORD_CHIEF": weak})
    assert weak not in str(error.value)
    good = read_plan(path, environment={"MIAOPU_PASSWORD_CHIEF": "correct horse"})
    assert good.accounts[1].password == "correct horse"
