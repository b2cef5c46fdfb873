"""The audit trail (日志跟踪): who did what when, written by the server to `audit-<code>`.

`Trail.record` is for the parts of the server that show or change something by themselves; what goes
through `/db` the `Observer` sees.
"""

from miaopu.audit.observer import Observer
from miaopu.audit.trail import Trail

__all__ = ["Observer", "Trail"]
