"""The demo's PIN: the vector that the PWA proves too."""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from miaopu.demo.pin import DEMO_PIN, demo_verifier

VECTORS = json.loads((Path(__file__).parents[2] / "vectors" / "pin.json").read_text("utf-8"))


@pytest.mark.parametrize("case", VECTORS["pin"], ids=[case["title"] for case in VECTORS["pin"]])
def test_vectors(case: Any) -> None:
    verifier = case["verifier"]
    salt = base64.urlsafe_b64decode(verifier["salt"] + "==")
    found = hashlib.pbkdf2_hmac("sha256", case["pin"].encode(), salt, verifier["iterations"])
    proved = base64.urlsafe_b64encode(found).rstrip(b"=").decode() == verifier["hash"]
    assert proved is case["right"]


def test_the_demo_has_the_pin_of_the_vectors() -> None:
    case = VECTORS["pin"][0]
    assert (DEMO_PIN, demo_verifier()) == (case["pin"], case["verifier"])
