"""What the demo county tells its clinics (相关信息), in words of its own."""

from collections.abc import Iterator

from miaopu.demo import places
from miaopu.demo.clinic import Json, instant

_LAW = "《中华人民共和国疫苗管理法》"
_ARTICLES: tuple[tuple[str, str, str, int, str, str], ...] = (
    (
        "law-45", "law", "疫苗管理法第四十五条：告知、询问与核对", 900,
        f"{_LAW}第四十五条规定接种前要做的三件事。\n\n"
        "告知：医疗卫生人员应当告诉受种者或者其监护人所接种疫苗的品种、作用、禁忌、不良反应，"
        "以及现场留观等注意事项。\n\n"
        "询问：询问健康状况和是否有接种禁忌。告知和询问的情况都要如实记录。有接种禁忌不能接种的，"
        "要提出医学建议，并记录提出医学建议的情况。\n\n"
        "核对：检查健康状况和接种禁忌，查对预防接种证，检查疫苗和注射器的外观、批号、有效期，核对"
        "姓名、年龄和疫苗的品名、规格、剂量、接种部位、接种途径，做到受种者、预防接种证和疫苗信息相"
        "一致，确认无误后再接种。留观期间出现不良反应的，应当及时救治。",
        "",
    ),
    (
        "law-46", "law", "疫苗管理法第四十六条：接种记录", 900,
        f"{_LAW}第四十六条要求真实、准确、完整地记录：疫苗的品种、上市许可持有人、最小包装单位的"
        "识别信息、有效期、接种时间、实施接种的医疗卫生人员、受种者等。\n\n"
        "记录应当可以追溯、可以查询，保存到疫苗有效期满后不少于五年。",
        "",
    ),
    (
        "law-47", "law", "疫苗管理法第四十七条：预防接种证", 900,
        f"{_LAW}第四十七条：儿童出生后一个月内，监护人应当到居住地的接种单位或者出生医院办理预防接"
        "种证。接种单位或者出生医院不得拒绝办理。\n\n"
        "预防接种实行居住地管理：儿童离开原居住地期间，由现居住地的接种单位负责接种。",
        "",
    ),
    (
        "fever", "article", "接种后发热怎么告诉家长", 60,
        "接种后一两天内低热较常见，多能自行缓解。请家长让孩子多休息、多饮水，观察体温和精神。\n\n"
        "腋温达到 38.6 ℃、持续不退、精神差或者抽搐的，"
        "请立即就医，并告诉接种门诊。门诊接到后按疑似预防"
        "接种异常反应登记，四十八小时内上报。",
        "",
    ),
    (
        "combined", "article", "联合疫苗与单苗怎样衔接", 150,
        "联合疫苗按其中各种成分计剂次。用联合疫苗开始的，尽量用同一企业的同一品种完成；没有时，可以用单"
        "苗接着种，不必从头开始。\n\n系统推算时，联合疫苗会替代它所含的各单苗，请以接种台的提示为准。",
        "",
    ),
    (
        "school", "notice", "关于做好冬季入托入学查漏补种的通知", 12,
        "各接种单位：请在十二月底前完成本学期查验后的补种，逐人核对漏种名单，联系不上的登记原因。\n\n"
        "一月十日前上报查验情况报表。",
        "",
    ),
    (
        "fridge", "notice", "元旦期间疫苗储存安排", 3,
        "放假期间请留专人值守，上下午各测温一次、间隔不少于六小时。停电或者温度异常的，先把疫苗移到备用"
        "冷藏设备，再报告县疾控中心，不要自行继续使用。",
        "",
    ),
    (
        "who", "link", "世界卫生组织：免疫", 400, "",
        "https://www.who.int/health-topics/vaccines-and-immunization",
    ),
    ("chinacdc", "link", "中国疾病预防控制中心", 400, "", "https://www.chinacdc.cn/"),
)  # fmt: skip
_DEPARTMENTS = (
    (
        "cdc", "青禾县疾病预防控制中心 免疫规划科", "疫苗供应、异常反应报告、报表",
        "0000-5550 001", "8:30–17:30，值班电话 24 小时",
    ),
    ("health", "青禾县卫生健康局", "接种单位认定、人员培训", "0000-5550 002", "8:30–17:30"),
    ("hospital", "青禾县人民医院 急诊科", "严重反应转诊", "0000-5550 120", "24 小时"),
    ("drug", "青禾县市场监督管理局", "疫苗质量问题", "0000-5550 003", "8:30–17:30"),
)  # fmt: skip


def documents(today: int, author: str) -> Iterator[Json]:
    """Articles and departments of the county as of `today` (an ordinal)."""
    for name, kind, title, age, body, address in _ARTICLES:
        article = {
            "_id": f"article:{name}", "type": "article", "name": name, "region": places.COUNTY,
            "kind": kind, "title": title, "published": instant(today - age, 0)[:10],
            "updated_at": instant(today - min(age, 30), 0), "updated_by": author,
        }  # fmt: skip
        if body:
            article["body"] = body
        if address:
            article["address"] = address
        yield article
    for name, title, duty, phone, hours in _DEPARTMENTS:
        yield {
            "_id": f"department:{name}", "type": "department", "name": name,
            "region": places.COUNTY, "title": title, "duty": duty, "phone": phone, "hours": hours,
            "updated_at": instant(today - 30, 0), "updated_by": author,
        }  # fmt: skip
