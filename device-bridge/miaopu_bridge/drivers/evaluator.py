"""Evaluators (评价器): the guardian presses one of five keys.

No protocol of theirs is published; most send one character a key, and speak when they are told to.
"""

from miaopu_bridge.config import DeviceConfig
from miaopu_bridge.drivers.base import (
    AskRating,
    DeviceEvent,
    Garbled,
    Order,
    RatingGiven,
    SerialDriver,
)

KEYS = "12345"


class Evaluator(SerialDriver):
    """Option `keys`: what it sends for 1 (poor) to 5 (very good); `ask`: bytes, as hexadecimal,
    that make it say "please rate"."""

    kind = "evaluator"
    takes = (AskRating,)

    def __init__(self, config: DeviceConfig) -> None:
        super().__init__(config)
        self._keys = str(config.options.get("keys", KEYS)).encode("ascii")
        if len(self._keys) != len(KEYS) or len(set(self._keys)) != len(KEYS):
            raise ValueError("keys are five different characters, from poor to very good")
        self._ask = bytes.fromhex(str(config.options.get("ask", "")))

    def obey(self, order: Order) -> list[DeviceEvent]:
        if isinstance(order, AskRating) and self._ask:
            self.write(self._ask)
        return []

    def feed(self, received: bytes) -> list[DeviceEvent]:
        if any(byte & 0x80 for byte in received):
            return [Garbled()]
        return [RatingGiven(self._keys.index(key) + 1) for key in received if key in self._keys]

    def give_up(self) -> list[DeviceEvent]:
        return []
