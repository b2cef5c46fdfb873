"""The dictionary codes that the demo county uses, in one place."""

RESIDENCE_LOCAL, RESIDENCE_FLOATING = "1", "2"
STATUS_LOCAL, STATUS_MOVED_OUT, STATUS_NURSERY, STATUS_MOVED_IN = "1", "2", "7", "10"
HBSAG_POSITIVE, HBSAG_NEGATIVE, HBSAG_UNKNOWN = "1", "2", "3"
RELATIONS = ("mother", "mother", "mother", "father", "grandparent")
REFUSAL_WORRIED = "worried"
VOID_WRONG_ENTRY = "wrong_entry"
CONTRAINDICATION_FEVER = "fever"
SYMPTOMS = ("fever", "redness", "induration")
COURSES = {
    "fever": "接种当晚发热，腋温 38.7 ℃，精神尚可，物理降温，多饮水，第二天退热。",
    "redness": "接种后当晚注射部位红肿，直径约 3 厘米，局部冷敷，第三天消退。",
    "induration": "接种后第二天注射部位有硬结，直径约 3 厘米，局部热敷，一周后消退。",
}
OUTCOME_RECOVERED, OUTCOME_IMPROVED = "1", "2"
ROUTES = {"im": "im", "id": "id", "sc": "sc", "oral": "oral"}
_THIGHS = ("left_thigh", "right_thigh")
_ARMS = ("left_upper_arm", "right_upper_arm")


def body_site(route: str, number: int) -> str:
    """Where the dose went (接种部位): by mouth, an arm or a thigh, sides in turn."""
    if route == "oral":
        return "mouth"
    if route == "id":
        return _ARMS[0]
    return (_ARMS if route == "sc" else _THIGHS)[number % 2]


CONTACT_OUTCOMES = ("", "no_answer", "reached", "away", "wrong_number", "elsewhere")
"""What comes of a call to a family that stopped coming; the first was not called yet."""
