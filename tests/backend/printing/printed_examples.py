"""Made-up forms that several tests print. No person in them exists."""

from typing import Any

CLINIC = {
    "name": "苗圃县城关镇卫生院预防接种门诊",
    "phone": "0371-5550 1234",
    "address": "城关镇人民路 12 号",
    "hours": "周一至周五 8:00–11:30，13:30–16:30",
}
CHILD = {
    "name": "王苗苗",
    "code": "411001000120260017",
    "sex": "F",
    "birth_date": "2026-03-15",
}
GIVEN = {
    "vaccine": "麻腮风联合减毒活疫苗",
    "dose": "1",
    "lot": "202605012",
    "expiry": "2027-10-31",
    "maker": "北京生物制品研究所",
    "site": "左上臂外侧",
    "route": "皮下注射",
    "vaccinator": "李护士",
}
ROW = {
    "vaccine": "乙肝疫苗（酿酒酵母）",
    "dose": "1",
    "date": "2026-03-15",
    "lot": "A20260102",
    "expiry": "2028-01-31",
    "maker": "深圳康泰生物",
    "site": "右上臂",
    "unit": "苗圃县妇幼保健院",
    "vaccinator": "赵医生",
}

EXAMPLES: dict[str, dict[str, Any]] = {
    "notice": {
        "clinic": CLINIC,
        "child": CHILD,
        "given_on": "2026-11-23",
        "given_at": "09:12",
        "given": [
            GIVEN,
            GIVEN | {"vaccine": "乙脑减毒活疫苗", "lot": "20260430-2", "site": "右上臂外侧"},
        ],
        "observe_until": "09:42",
        "next": [
            {
                "vaccine": "A群流脑多糖疫苗",
                "dose": "2",
                "earliest": "2026-12-15",
                "by": "2028-03-15",
            },
            {"vaccine": "百白破疫苗", "dose": "4", "earliest": "2027-09-15", "by": "2028-03-15"},
        ],
        "appointment": "2026-12-16",
        "appointment_time": "8:00–10:00",
        "remark": "接种前体温 36.6℃",
    },
    "certificate-page": {
        "clinic": CLINIC,
        "child": CHILD
        | {
            "id_number": "411001202603150021",
            "birth_weight_g": 3250,
            "birth_hospital": "苗圃县妇幼保健院",
            "ethnicity": "汉族",
            "guardian": "王大林",
            "guardian_relation": "父亲",
            "phone": "139 0000 0001",
            "address": "城关镇柳树社区 3 号楼 2 单元 501",
            "household": "苗圃县柳河乡前进村",
            "card_date": "2026-04-02",
        },
        "rows": [
            ROW,
            ROW | {"vaccine": "卡介苗", "lot": "202512-03", "site": "左上臂"},
            ROW | {"dose": "2", "date": "2026-04-16", "unit": "城关镇卫生院"},
            ROW | {"vaccine": "脊灰灭活疫苗", "date": "2026-05-15", "lot": "V3X112"},
            ROW | {"vaccine": "百白破疫苗", "date": "2026-05-15", "lot": "202511B08"},
        ],
        "issued_on": "2026-11-23",
    },
    "consent": {
        "clinic": CLINIC,
        "child": CHILD,
        "vaccine": "水痘减毒活疫苗",
        "dose": "第 1 剂",
        "programme": False,
        "maker": "长春百克生物",
        "price_yuan": 168,
        "disease": "水痘是由水痘-带状疱疹病毒引起的急性传染病，经飞沫和接触传播，儿童普遍易感。",
        "effect": "接种后可刺激机体产生抗水痘病毒的免疫力，用于预防水痘。",
        "contraindications": "对疫苗任何成分过敏者；急性疾病、严重慢性疾病、发热者；免疫缺陷或"
        "正在接受免疫抑制治疗者；妊娠期妇女。",
        "reactions": "注射部位可有疼痛、红肿；偶有一过性发热、散在皮疹，一般 1–3 天自行缓解。",
        "precautions": "与其他注射用减毒活疫苗未同日接种的，应间隔不少于 28 天。\n接种后留观 30 "
        "分钟，注射过免疫球蛋白者应间隔 3 个月以上。",
        "questions": [
            {"question": "近几天是否有发热、腹泻、咳嗽等不适？", "answer": False},
            {"question": "是否对药物、食物或疫苗过敏？", "answer": False},
            {
                "question": "以前接种疫苗后是否有过严重反应？",
                "answer": True,
                "detail": "上次发热 38.9℃，已评估",
            },
            {"question": "近 3 个月是否用过免疫球蛋白？"},
        ],
        "decision": "agree",
        "guardian_relation": "母亲",
        "date": "2026-11-23",
    },
    "appointment": {
        "clinic": CLINIC,
        "child": CHILD,
        "date": "2026-12-16",
        "time": "8:00–10:00",
        "number": "A023",
        "items": [{"vaccine": "A群流脑多糖疫苗", "dose": "第 2 剂"}],
        "bring": "预防接种证、监护人身份证",
    },
    "card-label": {
        "child": CHILD,
        "clinic_name": "城关镇卫生院预防接种门诊",
        "guardian": "王大林",
    },
    "receipt": {
        "clinic": CLINIC,
        "title": "收费收据",
        "number": "01J8-000123",
        "child": CHILD,
        "at": "2026-11-23 09:10",
        "charges": [{"item": "水痘疫苗", "count": 1, "price": "136.00", "amount": "136.00"}],
        "totals": [{"label": "合计", "value": "136.00"}, {"label": "找零", "value": "64.00"}],
        "cashier": "李护士",
    },
    "paper": {
        "clinic": CLINIC,
        "title": "入托入学预防接种查验证明",
        "subtitle": "2026 学年",
        "code": "411001000120260017",
        "facts": [
            {"label": "姓名", "value": "王苗苗"},
            {"label": "出生日期", "value": "2026-03-15"},
        ],
        "tables": [
            {
                "title": "未种",
                "columns": ["疫苗", "剂次", "应种日期"],
                "rows": [["麻腮风", "2", "2027-09-15"]],
                "widths": [50, 20, 30],
            }
        ],
        "paragraphs": ["请持本证明到接种门诊补种。"],
        "signs": ["接种单位（盖章）", "查验人"],
    },
}
