"""How often one account may look beyond its own clinic."""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST_ACCOUNTS = 5000


@dataclass(slots=True)
class Limit:
    """At most `most` requests of one account in `seconds`."""

    most: int
    seconds: float
    now: Callable[[], float] = time.monotonic
    _asked: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)

    def wait(self, account: str, count: int = 1) -> float:
        """Counts a request, or so many at once; 0 when it may go on, else the seconds until the
        next may. Whoever has asked for nothing yet may ask for any number at once."""
        now = self.now()
        asked = self._asked.setdefault(account, deque())
        self._asked.move_to_end(account)
        while len(self._asked) > _MOST_ACCOUNTS:
            self._asked.popitem(last=False)
        while asked and asked[0] <= now - self.seconds:
            asked.popleft()
        if asked and len(asked) + count > self.most:
            return asked[0] + self.seconds - now
        asked.extend([now] * min(count, self.most))
        return 0.0
