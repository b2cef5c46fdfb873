"""`miaopu-bridge`: run the bridge, or act as the person at a simulated desk."""

import logging
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from miaopu_bridge import config as configuration
from miaopu_bridge import drivers
from miaopu_bridge.config import ConfigError
from miaopu_bridge.server import run as run_server
from miaopu_bridge.simulators import SIMULATORS
from miaopu_bridge.simulators.control import ControlError, act

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="苗圃设备桥: card reader, PIN pad and printers of this PC, for the browser application.",
)

CARD_READERS = ("msr206", "mrs100", "wedge-line", "bank-esc")
PADS = ("pin-pad", "pin-plain", "pin-framed")
StateDir = Annotated[
    Path | None,
    typer.Option(envvar="MIAOPU_BRIDGE_STATE", help="Where jobs and pairings are kept."),
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="A TOML file instead of the user's own.")
]


@app.command()
def run(
    port: Annotated[int | None, typer.Option(help="0 takes any free port and prints it.")] = None,
    config: ConfigFile = None,
    state_dir: StateDir = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="An origin that may pair; may be repeated.")
    ] = None,
    simulate: Annotated[
        bool, typer.Option("--simulate", help="Simulate the desk's devices on pseudo-terminals.")
    ] = False,
    simulate_reader: Annotated[
        str, typer.Option(help=f"Which card reader to simulate: {', '.join(CARD_READERS)}.")
    ] = "msr206",
    simulate_pad: Annotated[
        str, typer.Option(help=f"Which PIN pad to simulate: {', '.join(PADS)}.")
    ] = "pin-pad",
    verbose: Annotated[bool, typer.Option("--verbose", "-v")] = False,
) -> None:
    """Run the bridge until Ctrl-C."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(levelname)s %(message)s"
    )
    logging.getLogger("weasyprint").setLevel(logging.ERROR)  # it tells every step
    if simulate_reader not in CARD_READERS:
        _fail(f"no simulated reader {simulate_reader!r}; there are {', '.join(CARD_READERS)}")
    if simulate_pad not in PADS:
        _fail(f"no simulated PIN pad {simulate_pad!r}; there are {', '.join(PADS)}")
    try:
        loaded = _load(config, state_dir)
        origins = [*loaded.allow_origins, *(allow_origin or [])]
        loaded = configuration.load(
            config,
            state_dir=loaded.state_dir,
            allow_origins=origins,
            port=loaded.port if port is None else port,
        )
        run_server(loaded, (simulate_reader, simulate_pad) if simulate else None)
    except ConfigError as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{error.filename or 'the bridge'}: {error.strerror or error}")


@app.command()
def swipe(
    card: Annotated[
        str, typer.Argument(help="What track 2 of the card holds; nothing: the card in the hand.")
    ] = "",
    bad_lrc: Annotated[bool, typer.Option("--bad-lrc", help="Track 2 was damaged.")] = False,
    track1_garbage: Annotated[
        bool, typer.Option("--track1-garbage", help="Track 1 is unreadable, track 2 is good.")
    ] = False,
    no_data: Annotated[bool, typer.Option("--no-data", help="The card is empty.")] = False,
    write_fails: Annotated[bool, typer.Option("--write-fails", help="It is not written.")] = False,
    writes_another: Annotated[
        bool, typer.Option("--writes-another", help="It is written wrongly.")
    ] = False,
    device: Annotated[str, typer.Option(help="The simulated device's id.")] = "card",
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Swipe a card through the simulated reader or writer."""
    faults = {
        "bad-lrc": bad_lrc, "track1-garbage": track1_garbage, "no-data": no_data,
        "write-fails": write_fails, "writes-another": writes_another,
    }  # fmt: skip
    chosen = [fault for fault, wanted in faults.items() if wanted]
    if len(chosen) > 1:
        _fail("a card has one fault at a time")
    _act(config, state_dir, device=device, do="swipe", card=card, fault=next(iter(chosen), None))


@app.command()
def pin(
    digits: Annotated[str, typer.Argument(help="The digits; Enter follows.")],
    device: Annotated[str, typer.Option(help="The simulated device's id.")] = "pin",
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Type a password on the simulated PIN pad."""
    _act(config, state_dir, device=device, do="pin", digits=digits)


@app.command("id-card")
def id_card(
    name: str,
    number: Annotated[str, typer.Argument(help="18 characters; birth and sex follow from it.")],
    address: str = "",
    nation: Annotated[str, typer.Option(help="Two digits of GB/T 3304.")] = "01",
    device: Annotated[str, typer.Option(help="The simulated device's id.")] = "id",
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Lay an ID card on the simulated reader."""
    if len(number) != 18 or not number[:17].isdigit():
        _fail("an ID number has 17 digits and a check character")
    card = {
        "name": name, "number": number, "address": address, "nation": nation,
        "sex": "1" if int(number[16]) % 2 else "2", "birth": number[6:14],
        "issuer": "公安局", "valid_from": "20200101", "valid_until": "20400101",
    }  # fmt: skip
    _act(config, state_dir, device=device, do="lay", card=card)


@app.command()
def scan(
    code: str,
    device: Annotated[str, typer.Option(help="The simulated device's id.")] = "scanner",
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Scan a barcode with the simulated scanner."""
    _act(config, state_dir, device=device, do="scan", code=code)


@app.command()
def rate(
    score: Annotated[int, typer.Argument(min=1, max=5)],
    device: Annotated[str, typer.Option(help="The simulated device's id.")] = "evaluator",
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Press a key of the simulated evaluator."""
    _act(config, state_dir, device=device, do="rate", score=score)


@app.command()
def baud(
    device: str,
    rate: Annotated[int, typer.Argument(help="The rate that the device is set to.")],
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Set a simulated device to another baud rate than the bridge's."""
    _act(config, state_dir, device=device, do="baud", rate=rate)


@app.command()
def unplug(device: str, config: ConfigFile = None, state_dir: StateDir = None) -> None:
    """Pull a simulated device's cable."""
    _act(config, state_dir, device=device, do="unplug")


@app.command()
def plug(device: str, config: ConfigFile = None, state_dir: StateDir = None) -> None:
    """Put a simulated device's cable in again."""
    _act(config, state_dir, device=device, do="plug")


@app.command()
def paper(
    device: str,
    state: Annotated[str, typer.Argument(help="in or out")],
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Load a simulated printer with paper, or take it out."""
    _act(config, state_dir, device=device, do="paper", state=state)


@app.command("drivers")
def list_drivers() -> None:
    """List the drivers there are; those that can be simulated are marked."""
    for name in drivers.names():
        typer.echo(f"{name}{'  (simulator)' if name in SIMULATORS else ''}")


def main() -> None:
    app()


def _load(config: Path | None, state_dir: Path | None) -> configuration.Config:
    changes = {} if state_dir is None else {"state_dir": state_dir}
    return configuration.load(config, **changes)


def _act(config: Path | None, state_dir: Path | None, **command: object) -> None:
    try:
        act(_load(config, state_dir).state_dir, **command)
    except (ConfigError, ControlError) as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    typer.echo(f"miaopu-bridge: {message}", err=True)
    raise typer.Exit(1)
