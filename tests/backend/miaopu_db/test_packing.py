"""Long bodies are kept compressed; whatever is kept is read as it was written."""

from pathlib import Path
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from miaopu_db import store
from miaopu_db.documents import from_json, pack, unpack
from miaopu_db.security import DEFAULT

LONG = orjson.dumps({"note": "接种" * 2000})

members: st.SearchStrategy[Any] = st.dictionaries(st.text(max_size=8), st.text(max_size=900))


@given(members, st.integers(1, 40))
def test_what_was_packed_is_unpacked(value: dict[str, str], times: int) -> None:
    body = orjson.dumps({"all": [value] * times})
    assert unpack(pack(body)) == body
    assert len(pack(body)) <= len(body)


def test_a_long_body_takes_less_room_and_a_short_one_is_kept_as_it_is() -> None:
    assert len(pack(LONG)) < len(LONG) / 10
    assert pack(b'{"n":1}') == b'{"n":1}'


def test_a_database_from_before_bodies_were_compressed_is_read(tmp_path: Path) -> None:
    path = tmp_path / "data.sqlite"
    store.create(path, DEFAULT)
    writer = store.Writer(path)
    writer.begin()
    for name in ("before", "after"):
        writer.update([from_json({"_id": name, **orjson.loads(LONG)})], True, None)
    writer.cx.execute("UPDATE body SET json = ? WHERE num = 1", (LONG,))
    writer.commit()
    writer.close()
    with store.connect(path) as cx:
        kept = [len(body) for (body,) in cx.execute("SELECT json FROM body ORDER BY num")]
        assert kept[0] == len(LONG)
        assert kept[1] < len(LONG) / 10
        for name in ("before", "after"):
            found = store.read_winner(cx, name)
            assert found is not None
            assert found.body == LONG
        assert [row[4] for row in store.read_changes(cx, 0, 10)] == [LONG, LONG]
