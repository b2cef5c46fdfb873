"""Believable names: surnames by their frequency, given names by the year of birth."""

from bisect import bisect_right
from itertools import accumulate
from random import Random

# Shares per 1,000 of the commonest surnames; what is missing to 1,000 is left out.
_SURNAMES = {
    "王": 72, "李": 71, "张": 67, "刘": 54, "陈": 46, "杨": 31, "黄": 23, "赵": 23, "吴": 21,
    "周": 20, "徐": 15, "孙": 15, "马": 13, "朱": 13, "胡": 12, "郭": 12, "何": 11, "林": 11,
    "罗": 9, "高": 9, "郑": 9, "梁": 9, "谢": 8, "宋": 8, "唐": 7, "许": 7, "韩": 7, "邓": 6,
    "冯": 6, "曹": 6, "彭": 6, "曾": 6, "肖": 6, "田": 6, "董": 5, "潘": 5, "袁": 5, "蔡": 5,
    "蒋": 5, "余": 5, "于": 5, "杜": 5, "叶": 5, "程": 5, "魏": 4, "苏": 4, "吕": 4, "丁": 4,
    "任": 4, "卢": 4, "姚": 4, "沈": 4, "钟": 4, "姜": 4, "崔": 4, "谭": 4, "陆": 4, "范": 4,
    "汪": 4, "廖": 4, "石": 4, "金": 3, "韦": 3, "贾": 3, "夏": 3, "付": 3, "方": 3, "邹": 3,
    "熊": 3, "白": 3, "孟": 3, "秦": 3, "邱": 3, "侯": 3, "江": 3, "尹": 3, "薛": 3, "闫": 3,
    "段": 3, "雷": 3, "龙": 2, "黎": 2, "史": 2, "陶": 2, "贺": 2, "毛": 2, "郝": 2, "顾": 2,
    "龚": 2, "邵": 2, "欧阳": 1, "上官": 1,
}  # fmt: skip
_SURNAME_LIST = list(_SURNAMES)
_SURNAME_STEPS = list(accumulate(_SURNAMES.values()))


def _words(text: str) -> list[str]:
    return text.split()


# Given names that were in fashion, oldest generation first: (first year, boys, girls).
_FASHIONS: list[tuple[int, list[str], list[str]]] = [
    (
        1975,
        _words("伟 军 强 勇 磊 涛 超 鹏 杰 波 辉 刚 健 俊 飞 斌 志强 建华 海涛 国强 文斌 志明"),
        _words("芳 娜 敏 静 丽 艳 娟 霞 燕 玲 丹 萍 红梅 秀英 丽娜 海燕 晓红 春梅 雪梅 桂英"),
    ),
    (
        1990,
        _words("鹏飞 浩 帅 凯 鑫 宇 俊杰 志伟 晨 旭 博 龙 文杰 嘉豪 家豪 伟杰 晓东 明辉 天宇"),
        _words("婷婷 雪 倩 颖 悦 欣 佳 梦瑶 雅婷 慧敏 思敏 晓雯 佳慧 婧 琳 莹 璐 文静 晓彤"),
    ),
    (
        2017,
        _words("浩宇 浩然 宇轩 宇航 铭泽 子墨 梓豪 子睿 俊熙 奕辰 宇辰 睿泽 皓轩 博文 子轩 一鸣"),
        _words("梓涵 诗涵 一诺 欣怡 雨桐 可馨 依诺 子涵 语桐 梦琪 佳怡 艺涵 梓萱 思彤 雨涵 诗琪"),
    ),
    (
        2020,
        _words("奕辰 亦辰 沐宸 沐辰 茗泽 宇泽 奕泽 沐阳 梓睿 景行 知远 承泽 云帆 星泽 予安 俊宇"),
        _words("若汐 艺涵 苡沫 语汐 欣妍 可欣 沐橙 清妍 书瑶 若曦 语彤 芷晴 安然 知夏 念安 星语"),
    ),
    (
        2023,
        _words("沐泽 景澄 砚辰 时安 屹川 予泽 嘉树 司辰 清和 望舒 昱宁 谨言 禾宸 云舟 牧野 书珩"),
        _words("清禾 疏桐 时宜 岁安 书禾 知予 云舒 初霁 予棠 南栀 芊禾 语墨 昭宁 星禾 沐瑶 念禾"),
    ),
]
_FIRST = _words("子 梓 宇 雨 思 嘉 佳 俊 晨 晓 文 若 语 沐 景 安 奕 亦 瑞 睿 书 诗 心 欣 一")
_SECOND_BOY = _words("轩 豪 泽 辰 宸 航 阳 睿 宁 涵 洋 博 宇 霖 恒 杰 远 川 谦 昊")
_SECOND_GIRL = _words("涵 萱 彤 怡 瑶 琪 妍 桐 汐 诺 悦 宁 晴 菲 琳 雅 婷 月 禾 薇")

# 民族 by GB/T 3304 with shares per 1,000; the rest is 01 汉族.
_ETHNIC_STEPS = list(accumulate((9, 6, 6, 5, 5, 4, 3, 3, 2, 2)))
_ETHNIC_CODES = ["03", "11", "06", "15", "08", "12", "07", "13", "02", "09"]


def surname(rng: Random) -> str:
    """A surname (姓)."""
    return _SURNAME_LIST[bisect_right(_SURNAME_STEPS, int(rng.random() * _SURNAME_STEPS[-1]))]


def given_name(rng: Random, year: int, sex: str) -> str:
    """A given name (名) for somebody of that sex (`M`, `F`) born in that year."""
    fashion = _FASHIONS[0]
    for candidate in _FASHIONS:
        if candidate[0] <= year:
            fashion = candidate
    # The popular names of a year are given to fewer children than all the others together.
    if year >= 2000 and rng.random() < 0.7:
        second = _SECOND_BOY if sex == "M" else _SECOND_GIRL
        first, last = _pick(rng, _FIRST), _pick(rng, second)
        return first + last if rng.random() < 0.85 or first != last else last
    return _pick(rng, fashion[1] if sex == "M" else fashion[2])


def ethnic_group(rng: Random) -> str:
    """民族, mostly 01 汉族 with a few others."""
    drawn = rng.random() * 1000
    if drawn >= _ETHNIC_STEPS[-1]:
        return "01"
    return _ETHNIC_CODES[bisect_right(_ETHNIC_STEPS, drawn)]


def _pick(rng: Random, values: list[str]) -> str:
    return values[int(rng.random() * len(values))]
