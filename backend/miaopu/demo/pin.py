"""The PIN of the demo's guardians (演示用监护人密码): one for all, and said on every page of it."""

import base64
import hashlib
from functools import cache

from miaopu.demo.clinic import Json

DEMO_PIN = "246810"
_ITERATIONS = 600_000
_SALT = hashlib.sha256(b"miaopu demo").digest()[:16]


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@cache
def demo_verifier() -> Json:
    """What `models.visits.PinVerifier` holds of it."""
    digest = hashlib.pbkdf2_hmac("sha256", DEMO_PIN.encode(), _SALT, _ITERATIONS)
    return {
        "iterations": _ITERATIONS,
        "salt": _base64url(_SALT),
        "hash": _base64url(digest),
    }
