"""Magnetic track 2 (二轨) after ISO/IEC 7811-2: characters, sentinels and the LRC. Pure.

A certificate's card carries a number only (儿童编码 or a card's serial). On the stripe a character
is four data bits, least significant first, and an odd parity bit; the last character is the LRC,
even parity over each of the four columns of all characters from start sentinel to end sentinel.
"""

from typing import Literal

START, END, SEPARATOR = ";", "?", "="
ALPHABET = "0123456789:;<=>?"  # value 0-15 of the four data bits
MISREAD = "E"  # what many readers send between the sentinels of a track they could not verify
MAX_DATA = 37  # 40 characters less two sentinels and the LRC

CardFault = Literal[
    "card.no_data",
    "card.no_start",
    "card.no_end",
    "card.bad_character",
    "card.too_long",
    "card.bad_lrc",
    "card.bad_frame",
]


class TrackError(Exception):
    """A track that cannot be trusted. `code` says why; the track itself is never in the message."""

    def __init__(self, code: CardFault, message: str) -> None:
        self.code: CardFault = code
        super().__init__(message)


def lrc(track: str) -> str:
    """The LRC character of `track`, which runs from start to end sentinel."""
    total = 0
    for char in track:
        total ^= _value(char)
    return ALPHABET[total]


def encode(data: str) -> str:
    """The stripe's characters for `data`: start sentinel, data, end sentinel, LRC."""
    _check_data(data)
    track = f"{START}{data}{END}"
    return track + lrc(track)


def decode(text: str, *, with_lrc: bool = False) -> str:
    """The data between the sentinels of a track 2 as a reader sent it.

    With `with_lrc` one LRC character must follow the end sentinel and is checked; without it the
    reader is known to have checked and removed it, and nothing may follow. Raises TrackError.
    """
    track = text.strip("\r\n\0 ")
    if track in ("", START + END):
        raise TrackError("card.no_data", "the track is empty")
    if not track.startswith(START):
        raise TrackError("card.no_start", "the track has no start sentinel ';'")
    # With an LRC the track's last character may itself look like an end sentinel.
    end = track.find(END, 1)
    if end < 0:
        raise TrackError("card.no_end", "the track has no end sentinel '?'")
    data, rest = track[1:end], track[end + 1 :]
    if data == MISREAD:
        raise TrackError("card.bad_lrc", "the reader says that it misread the track")
    _check_data(data)
    if with_lrc:
        if len(rest) != 1:
            raise TrackError("card.bad_lrc", "the track does not end with one LRC character")
        if rest != lrc(track[: end + 1]):
            raise TrackError("card.bad_lrc", "the track's LRC is wrong")
    elif rest:
        raise TrackError("card.bad_character", "characters follow the end sentinel")
    return data


def second_track(line: str, *, with_lrc: bool = False) -> str:
    """Track 2 of a swipe whose tracks stand one behind the other; the line itself for none.

    What follows track 2 is left out when it is a whole track. Not so behind a track 1 that has no
    end: there nothing tells for certain which `;` begins track 2.
    """
    lrc_length = 1 if with_lrc else 0
    first = line[: line.find(START)] if line.startswith("%") and START in line else ""
    first_end = first.find(END)
    behind = line[first_end + 1 + lrc_length :] if first_end >= 0 else line
    start = behind.find(START)
    if start < 0:
        return line
    track = behind[start:]
    end = track.find(END)
    third = track[end + 1 + lrc_length :]
    certain = not first or first_end >= 0
    if certain and end >= 0 and third[:1] in ("+", START, "%") and END in third[1:]:
        return track[: end + 1 + lrc_length]
    return track


def _check_data(data: str) -> None:
    if not data:
        raise TrackError("card.no_data", "the track is empty")
    if len(data) > MAX_DATA:
        raise TrackError("card.too_long", f"track 2 holds at most {MAX_DATA} characters")
    for char in data:
        if not ("0" <= char <= "9" or char == SEPARATOR):
            raise TrackError("card.bad_character", "track 2 holds digits and '=' only")


def _value(char: str) -> int:
    value = ALPHABET.find(char)
    if value < 0:
        raise TrackError("card.bad_character", "not a character of track 2")
    return value
