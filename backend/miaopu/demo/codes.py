"""The dictionary codes that the demo county uses, in one place."""

RESIDENCE_LOCAL, RESIDENCE_FLOATING = "1", "2"
STATUS_LOCAL, STATUS_MOVED_OUT, STATUS_NURSERY, STATUS_MOVED_IN = "1", "2", "7", "10"
HBSAG_POSITIVE, HBSAG_NEGATIVE, HBSAG_UNKNOWN = "1", "2", "3"
RELATIONS = ("mother", "mother", "mother", "father", "grandparent")
REFUSAL_WORRIED = "worried"
VOID_WRONG_ENTRY = "wrong_entry"
CONTRAINDICATION_FEVER = "fever"
SYMPTOMS = ("fever", "redness", "induration")
OUTCOME_RECOVERED = "1"
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
