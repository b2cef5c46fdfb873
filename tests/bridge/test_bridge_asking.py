"""What the application asks a device to do, over HTTP, with a person's hands at the devices."""

import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from bridge_desk import CARD, Desk, running_desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    reader = ("--simulate-reader", "bank-esc", "--simulate-pad", "pin-plain")
    with running_desk(tmp_path_factory.mktemp("asked"), *reader) as running:
        yield running


@pytest.fixture(scope="module")
def client(desk: Desk) -> Iterator[httpx.Client]:
    with desk.client(token=desk.pair()) as paired:
        ready = httpx.Timeout(90)
        paired.timeout = ready
        while any(one["state"] == "starting" for one in paired.get("/status").json()["devices"]):
            pass
        yield paired


def writing(desk: Desk, client: httpx.Client, *hands: dict[str, Any]) -> httpx.Response:
    """The answer to a card that is to be written, with what a person does meanwhile."""
    answers: list[httpx.Response] = []
    asked = threading.Thread(
        target=lambda: answers.append(client.post("/card", json={"number": CARD}))
    )
    asked.start()
    for hand in hands:
        desk.act(device="card", **hand)
    asked.join(60)
    return answers[0]


def test_a_card_is_written_and_read_back(desk: Desk, client: httpx.Client) -> None:
    devices = {one["id"]: one for one in client.get("/status").json()["devices"]}
    assert devices["card"]["takes"] == ["card"]
    assert devices["pin"]["takes"] == ["pin"]
    answer = writing(desk, client, {"do": "swipe", "fault": "write-fails"})
    assert (answer.status_code, answer.json()["code"]) == (422, "card.write_failed")
    assert "没有登记发卡" in answer.json()["message"]["zh"]
    answer = writing(desk, client, {"do": "swipe"}, {"do": "swipe"})
    assert (answer.status_code, answer.json()) == (200, {"written": True})


def test_a_pulled_cable_ends_the_writing(desk: Desk, client: httpx.Client) -> None:
    asked = threading.Thread(target=lambda: desk.act(device="card", do="unplug"))
    asked.start()
    asked.join()
    while client.get("/status").json()["devices"][0]["state"] == "ready":
        pass
    told = client.get("/status").json()["devices"][0]
    assert (told["id"], told["code"]) == ("card", "device.unplugged")
    assert "线" in told["message"]["zh"]
    answer = client.post("/card", json={"number": CARD})
    assert (answer.status_code, answer.json()["code"]) == (409, "device.none")
    desk.act(device="card", do="plug")
    while client.get("/status").json()["devices"][0]["state"] != "ready":
        pass


@pytest.mark.parametrize("number", ["", "12345", "1" * 38, "12345a", ";123456?"])
def test_only_a_number_is_written(number: str, client: httpx.Client) -> None:
    answer = client.post("/card", json={"number": number})
    assert answer.status_code == 422
    assert answer.json()["code"] == "request.bad"
    assert not number or number not in answer.text


def test_a_pad_and_an_evaluator_are_asked(desk: Desk, client: httpx.Client) -> None:
    assert client.post("/pin", json={"again": True}).json() == {"asked": True}
    desk.act(device="pin", do="pin", digits="123456")
    assert client.delete("/pin").json() == {"asked": True}
    assert client.post("/rating").json() == {"asked": True}
    heard = desk.act(device="pin", do="heard")["heard"]
    assert "again" in heard


def test_nobody_else_asks(desk: Desk) -> None:
    with desk.client() as stranger:
        for method, path in (("POST", "/card"), ("DELETE", "/card"), ("POST", "/pin")):
            assert stranger.request(method, path, json={}).status_code == 401
