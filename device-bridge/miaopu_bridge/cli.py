"""`miaopu-bridge`: run the bridge, or act as the person at a simulated desk."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from miaopu_bridge import config as configuration
from miaopu_bridge import drivers, service
from miaopu_bridge import probe as probing
from miaopu_bridge.config import ConfigError
from miaopu_bridge.drivers.base import DeviceGoneError
from miaopu_bridge.files import locked, private_folder
from miaopu_bridge.journal import last_lines, log_file
from miaopu_bridge.pairing import normal_origin
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


WholePc = Annotated[
    bool, typer.Option("--system", help="Linux: for the whole PC, as root; else the user's own.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only print what would be done.")]


@app.command()
def install(
    config: ConfigFile = None,
    state_dir: StateDir = None,
    allow_origin: Annotated[
        list[str] | None, typer.Option(help="An origin that may pair; may be repeated.")
    ] = None,
    system: WholePc = False,
    dry_run: DryRun = False,
) -> None:
    """Make the bridge a service: it starts with the PC (Windows: with the login)."""
    loaded = _loaded(config, state_dir)
    command = [service.program(), "run"]
    if config is not None:
        command += ["--config", str(config.absolute())]
    if state_dir is not None:
        command += ["--state-dir", str(loaded.state_dir)]
    for origin in allow_origin or []:
        command += ["--allow-origin", normal_origin(origin)]
    _perform(lambda kind: service.install(kind, _scope(system), command, loaded.state_dir), dry_run)


@app.command()
def uninstall(
    config: ConfigFile = None,
    state_dir: StateDir = None,
    system: WholePc = False,
    dry_run: DryRun = False,
) -> None:
    """Take the service away again; jobs, pairings and the log stay."""
    folder = _loaded(config, state_dir).state_dir
    _perform(lambda kind: service.uninstall(kind, _scope(system), folder), dry_run)


@app.command()
def status(
    config: ConfigFile = None,
    state_dir: StateDir = None,
    system: WholePc = False,
    lines: Annotated[int, typer.Option(min=0, help="So many of the log's last lines.")] = 20,
) -> None:
    """Say how the service is, whether the bridge runs, and what it logged last."""
    loaded = _loaded(config, state_dir)
    try:
        said = service.perform(service.query(service.this_system(), _scope(system)))
    except service.ServiceError as error:
        said = str(error)
    typer.echo(f"service: {said or 'not installed'}")
    with locked(private_folder(loaded.state_dir)) as free:
        typer.echo(f"bridge: {'does not run' if free else f'runs at port {loaded.port}'}")
    typer.echo(f"log: {log_file(loaded.state_dir)}")
    for line in last_lines(loaded.state_dir, lines):
        typer.echo(f"  {line}")


@app.command()
def probe(
    device: Annotated[str, typer.Argument(help="The device's id in the configuration.")],
    seconds: Annotated[float, typer.Option(help="How long to listen at each rate.")] = 8,
    config: ConfigFile = None,
    state_dir: StateDir = None,
) -> None:
    """Try the usual baud rates on a device; stop the bridge first, it holds the port."""
    known = {one.id: one for one in _loaded(config, state_dir).devices}
    if device not in known:
        _fail(f"no device is named {device!r}; there are {', '.join(known) or 'none'}")

    def listen(rate: int) -> None:
        typer.echo(f"{rate}: use the device now, within {seconds:g} s …")

    right = None
    try:
        for rate, verdict in probing.probe(known[device], seconds, listen):
            typer.echo(f"{rate}: {verdict}")
            right = rate if verdict == "answers" else None
    except (ConfigError, DeviceGoneError) as error:
        _fail(str(error))
    if right is None:
        _fail(f"{device} makes no sense at any rate: is it on, is it the right cable and driver?")
    if right == known[device].baud:
        typer.echo(f"{device} is set up right, at {right} baud")
    else:
        typer.echo(f"set `baud = {right}` for the device {device}, and start the bridge again")


@app.command("drivers")
def list_drivers() -> None:
    """List the drivers there are; those that can be simulated are marked."""
    for name in drivers.names():
        typer.echo(f"{name}{'  (simulator)' if name in SIMULATORS else ''}")


def main() -> None:
    app()


def _scope(system: bool) -> service.Scope:
    return "system" if system else "user"


def _perform(plan: Callable[[service.System], list[service.Step]], dry_run: bool) -> None:
    try:
        for step in plan(service.this_system()):
            typer.echo(step.shown())
            if not dry_run and (said := service.perform(step)):
                typer.echo(said)
    except service.ServiceError as error:
        _fail(str(error))


def _loaded(config: Path | None, state_dir: Path | None) -> configuration.Config:
    try:
        return _load(config, state_dir)
    except ConfigError as error:
        _fail(str(error))


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
