import pytest
from hypothesis import given
from hypothesis import strategies as st

from miaopu_bridge.track import ALPHABET, MAX_DATA, TrackError, decode, encode, lrc

data = st.text("0123456789=", min_size=1, max_size=MAX_DATA)


def code_of(text: str, *, with_lrc: bool = False) -> str:
    with pytest.raises(TrackError) as caught:
        decode(text, with_lrc=with_lrc)
    return caught.value.code


@given(data)
def test_what_is_written_reads_back(written: str) -> None:
    track = encode(written)
    assert len(track) <= 40
    assert decode(track, with_lrc=True) == written
    assert decode(track[:-1]) == written
    assert decode(track[:-1] + "\r\n") == written


@given(data, st.data())
def test_one_wrong_character_is_always_noticed(written: str, draw: st.DataObject) -> None:
    track = encode(written)
    at = draw.draw(st.integers(0, len(track) - 1))
    wrong = draw.draw(st.sampled_from([c for c in ALPHABET if c != track[at]]))
    with pytest.raises(TrackError):
        decode(track[:at] + wrong + track[at + 1 :], with_lrc=True)


@given(st.text(max_size=60), st.booleans())
def test_anything_else_is_an_error_with_a_code_and_is_not_quoted(text: str, check: bool) -> None:
    try:
        assert set(decode(text, with_lrc=check)) <= set("0123456789=")
    except TrackError as error:
        assert error.code.startswith("card.")
        assert len(text) < 3 or text not in str(error)


def test_a_known_lrc() -> None:
    # B ^ 1 ^ 2 ^ F = 7, with start and end sentinel
    assert lrc(";12?") == "7"


def test_each_fault_has_its_code() -> None:
    assert code_of("") == "card.no_data"
    assert code_of(";?") == "card.no_data"
    assert code_of("123?") == "card.no_start"
    assert code_of(";123") == "card.no_end"
    assert code_of(";12A?") == "card.bad_character"
    assert code_of(";12?3") == "card.bad_character"
    assert code_of(f";{'1' * 38}?") == "card.too_long"
    assert code_of(";12?8", with_lrc=True) == "card.bad_lrc"
    assert code_of(";E?") == "card.bad_lrc"
    assert code_of(";12?", with_lrc=True) == "card.bad_lrc"
    # ISO 7811 has digits of ASCII only; other scripts' digits are no track.
    assert code_of(";１２?") == "card.bad_character"


def test_thirty_seven_characters_fit() -> None:
    assert decode(encode("9" * 37), with_lrc=True) == "9" * 37
    with pytest.raises(TrackError, match="37"):
        encode("9" * 38)
