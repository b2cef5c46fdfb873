"""What old tables call vaccines (疫苗的各种叫法), and how platforms write why one was not given."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from miaopu.catalog import vaccines

_NOISE = re.compile(r"[\s()（）\[\]【】_,，、:：·.\-/]+|疫苗|接种")

_SURE: dict[str, str] = {
    "卡介": "0101",
    "卡介苗": "0101",
    "乙肝酵母": "0202",
    "乙肝cho": "0201",
    "ipv": "0303",
    "脊灰灭活": "0303",
    "脊髓灰质炎灭活": "0303",
    "sipv": "0306",
    "bopv": "0311",
    "二价脊灰": "0311",
    "百白破": "0402",
    "无细胞百白破": "0402",
    "dtap": "0402",
    "白破": "0601",
    "dt": "0601",
    "麻疹": "0901",
    "麻风": "1401",
    "麻疹风疹": "1401",
    "麻腮": "1301",
    "麻腮风": "1201",
    "麻风腮": "1201",
    "mmr": "1201",
    "mr": "1401",
    "a群流脑": "1601",
    "流脑a": "1601",
    "流脑a群": "1601",
    "mena": "1601",
    "a+c群流脑": "1701",
    "a+c流脑": "1701",
    "ac流脑": "1701",
    "ac群流脑": "1701",
    "流脑a+c": "1701",
    "流脑ac": "1701",
    "menac": "1701",
    "a+c结合": "1602",
    "ac结合": "1602",
    "流脑a+c结合": "1602",
    "流脑ac结合": "1602",
    "acyw135": "1703",
    "流脑acyw135": "1703",
    "乙脑减毒": "1801",
    "乙脑减毒活": "1801",
    "乙脑灭活": "1802",
    "甲肝灭活": "1903",
    "甲乙肝": "2001",
    "水痘": "2201",
    "hib": "2301",
    "五价轮状": "2402",
    "轮状五价": "2402",
    "23价肺炎": "2501",
    "13价肺炎": "2503",
    "四联": "4901",
    "五联": "5001",
    "achib": "5301",
    "二价hpv": "5501",
    "四价hpv": "5502",
    "九价hpv": "5503",
    "四价流感": "2108",
    "戊肝": "5201",
    "乙肝免疫球蛋白": "3901",
    "乙肝球蛋白": "3901",
    "hbig": "3901",
}
"""Words, as `_word` writes them, that name one product."""

_PRESUMED: dict[str, str] = {
    "乙肝": "0202",
    "乙型肝炎": "0202",
    "hepb": "0202",
    "脊灰": "0311",
    "脊髓灰质炎": "0311",
    "opv": "0311",
    "糖丸": "0311",
    "pv": "0311",
    "polio": "0311",
    "dtp": "0402",
    "流脑": "1601",
    "乙脑": "1801",
    "je": "1801",
    "甲肝": "1901",
    "甲肝减毒": "1901",
    "甲肝减毒活": "1901",
    "hepa": "1901",
    "轮状": "2401",
    "轮状病毒": "2401",
    "流感": "2102",
    "ev71": "5402",
    "手足口": "5402",
    "狂犬": "2802",
    "狂犬病": "2802",
    "hpv": "5501",
    "肺炎": "2503",
    "出血热": "2901",
    "麻疹类": "1201",
    "风疹": "1101",
}
"""Words of a class of products: the one that is usual. A person confirms it."""

_SERIES: tuple[tuple[str, str, int], ...] = (
    ("0101", "001", 1),
    ("0311", "009", 4),
    ("0402", "015", 4),
    ("1802", "027", 5),
    ("1801", "032", 5),
    ("0601", "037", 3),
    ("1601", "040", 2),
    ("1701", "045", 2),
    ("0901", "059", 2),
    ("0202", "063", 3),
    ("1901", "069", 4),
    ("1903", "073", 4),
    ("1201", "089", 2),
    ("1401", "093", 2),
    ("1301", "096", 2),
    ("1602", "138", 4),
    ("1703", "147", 2),
    ("0603", "155", 1),
    ("4901", "157", 4),
    ("5001", "163", 4),
    ("0303", "169", 4),
    ("5301", "427", 3),
)
"""沈苏 platforms: vaccine, the first of its codes `Bnnn`, and how many doses follow it."""

_ALONE: dict[str, tuple[str, int]] = {
    "b050": ("2201", 1),
    "b132": ("2201", 2),
    "b133": ("2001", 1),
    "b327": ("2001", 2),
}


class Guess(NamedTuple):
    """What a word may mean; `sure` is false where a class of products stands for its usual one."""

    vaccine: str
    number: int | None
    sure: bool


REASONS: Mapping[str, str] = {
    "1980": "equivalent",
    "1981": "unknown",
    "1982": "refused",
    "1983": "contraindicated",
    "1984": "too_late",
    "1985": "date_unknown",
    "1986": "had_disease",
}
"""Years of a date of vaccination that means why none was given (沈苏 platforms)."""

REASON_WORDS: Mapping[str, str] = {
    "已种替代疫苗": "equivalent",
    "已种同效苗": "equivalent",
    "已种同效疫苗": "equivalent",
    "不详": "unknown",
    "未知": "unknown",
    "拒种": "refused",
    "家长拒种": "refused",
    "监护人要求不种": "refused",
    "禁忌": "contraindicated",
    "禁忌症": "contraindicated",
    "超期不种": "too_late",
    "超龄": "too_late",
    "已种时间未知": "date_unknown",
    "已种但时间未知": "date_unknown",
    "已患": "had_disease",
    "外出": "away",
}


def reason_of_year(date: str, birth: str | None) -> str | None:
    """Why no dose was given, where a day is of a year that platforms write for it."""
    reason = REASONS.get(date[:4])
    return reason if reason and date.endswith("-01-01") and (birth or "9") > date else None


def _word(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())


@cache
def _products() -> dict[str, Guess]:
    found: dict[str, Guess] = {}
    for code, one in vaccines().items():
        for name in (one.zh, one.short.zh, one.short.en):
            known = found.get(_word(name))
            sure = known is None or (known.vaccine == code and known.sure)
            # A short name that several products have names none of them for sure.
            better = known is None or (one.in_use and not vaccines()[known.vaccine].in_use)
            chosen = code if known is None or better else known.vaccine
            found[_word(name)] = Guess(chosen, None, sure)
    found |= {word: Guess(code, None, False) for word, code in _PRESUMED.items()}
    found |= {word: Guess(code, None, True) for word, code in _SURE.items()}
    for code, first, doses in _SERIES:
        for at in range(doses):
            found[f"b{int(first) + at:03d}"] = Guess(code, at + 1, True)
    found |= {word: Guess(code, number, True) for word, (code, number) in _ALONE.items()}
    return found


def vaccine_of(text: str) -> Guess | None:
    """The vaccine, and of some codes the number of the dose, that a word names."""
    bare = unicodedata.normalize("NFKC", text).strip()
    if re.fullmatch(r"\d{4}", bare):
        return Guess(bare, None, True) if bare in vaccines() else None
    return _products().get(_word(bare))


def same_dose(a: str, b: str) -> bool:
    """Whether products of one day are one dose: the same, or with an antigen in common."""
    if a[:2] == b[:2]:
        return True
    one, other = vaccines().get(a), vaccines().get(b)
    return bool(one and other and set(one.groups) & set(other.groups))
