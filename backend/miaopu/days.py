"""The clinic's day (北京时间): the whole country keeps one time, and moments are stored in UTC."""

import datetime as dt

CHINA = dt.timezone(dt.timedelta(hours=8))
"""Without summer time; `pwa/src/clock` has the same."""


def day_of(moment: dt.datetime) -> str:
    """The day of a moment, YYYY-MM-DD."""
    return moment.astimezone(CHINA).date().isoformat()
