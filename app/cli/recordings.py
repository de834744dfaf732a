"""`python -m app recordings`: list recordings, export one, make a key."""

from __future__ import annotations

import argparse
import secrets
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path

from app.config import Settings, load_settings
from app.domain.audio import SAMPLE_RATE_HZ
from app.domain.recordings import KEY_BYTES, RecordingKeys
from app.errors import RecordingError
from app.recordings.container import RecordingInfo
from app.recordings.export import wav_pieces
from app.recordings.shelf import Shelf


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the commands."""
    parser = subparsers.add_parser("recordings", help="list the recordings of calls, export one, or make a key")
    commands = parser.add_subparsers(required=True, metavar="what")
    listing = commands.add_parser("list", help="show every recording in RECORDING_DIR with the name of its key")
    listing.set_defaults(run=_list)
    export = commands.add_parser("export", help="write one as a WAV file of four channels, decrypted")
    export.add_argument("call_sid", help="the client's CallSid (CA...)")
    export.add_argument("--out", type=Path, required=True, help="the folder to write it to")
    export.set_defaults(run=_export)
    key = commands.add_parser("key", help="print a new key for RECORDING_KEYS")
    key.set_defaults(run=_print_key)


def _list(_: argparse.Namespace) -> int:
    settings = load_settings()
    shelf, keys = Shelf(settings.recording_dir), _keys(settings)
    for call_sid in shelf.call_sids():
        try:
            with shelf.open(call_sid, keys) as recording:
                print(f"{call_sid}  {_told(recording.info)}")
        except RecordingError as error:
            print(f"{call_sid}  {error}")
    return 0


def _export(args: argparse.Namespace) -> int:
    """Write CALL_SID.wav; a file that cannot be finished is not left behind. Raises RecordingError."""
    settings = load_settings()
    shelf = Shelf(settings.recording_dir)
    path = args.out / f"{args.call_sid}.wav"
    try:
        with shelf.open(args.call_sid, _keys(settings)) as recording:
            recording.check()
            args.out.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                for piece in wav_pieces(recording):
                    file.write(piece)
    except FileNotFoundError:
        raise RecordingError(f"{settings.recording_dir} (RECORDING_DIR) has no recording of {args.call_sid}") from None
    print(f"{path}: {_told(recording.info)}; channels: client said, agent heard, agent said, client heard")
    return 0


def _print_key(_: argparse.Namespace) -> int:
    encoded = b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    print(f"{datetime.now(UTC):%Y-%m-%d}={encoded}")
    return 0


def _keys(settings: Settings) -> RecordingKeys:
    return RecordingKeys.parse(settings.recording_keys.get_secret_value())


def _told(info: RecordingInfo) -> str:
    end = "" if info.is_complete else ", cut short: its process died, the disk failed, or somebody shortened it"
    return f"{info.started_at:%Y-%m-%d %H:%M:%S} UTC, {info.samples / SAMPLE_RATE_HZ:.1f} s, key {info.key_id}{end}"
