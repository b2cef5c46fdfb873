"""Where a schedule (免疫程序) is found by the name or the file that somebody gives."""

from pathlib import Path

from miaopu.catalog.schedules import schedule_names, schedule_text


class ScheduleNotFoundError(Exception):
    """There is no such schedule; the text says what there is."""


def find_schedule(name: str) -> str:
    """The JSON text of a schedule that comes with the program, or of a file.

    The shape is `Schedule` in `pwa/src/schedule/types.ts`. Raises `ScheduleNotFoundError`.
    """
    if name in schedule_names():
        return schedule_text(name)
    path = Path(name)
    if path.is_file():
        return path.read_text(encoding="utf-8")
    known = ", ".join(schedule_names()) or "none"
    raise ScheduleNotFoundError(
        f"there is no schedule {name!r}: neither a file, nor one that comes with the program "
        f"({known})"
    )
