"""Call scripts written in YAML; a mistake is reported with its file, line and field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

import yaml

from app.domain.legs import Leg
from app.emulator.errors import ScriptError
from app.emulator.events import Guest, Role
from app.emulator.script import (
    AfterTurn,
    Answer,
    AnswerKind,
    AtTime,
    CallScript,
    Faults,
    HangsUp,
    Party,
    Trigger,
    Turn,
    WhenQuiet,
)

E = TypeVar("E", AnswerKind, HangsUp)
DEFAULT_PAUSE_S = 0.5


def load_script(path: Path) -> CallScript:
    """Read a call script; recordings are found relative to the script's folder.

    Raises ScriptError. See docs/examples/call.yaml for every field.
    """
    try:
        root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    except FileNotFoundError:
        raise ScriptError(f"{path}: there is no such script") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ScriptError(f"{path}: cannot be read ({type(error).__name__})") from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScriptError(f"{path}:{line}: not YAML: {error.problem}") from None
    if root is None:
        raise ScriptError(f"{path}: the script is empty")
    section = _Section(root, path, "")
    default = CallScript()
    client, agent, interpreter = (section.section(name) for name in ("client", "agent", "interpreter"))
    faults = section.section("faults")
    is_outbound = section.flag("outbound")
    hangs_up = section.choice("hangs_up", HangsUp, default.hangs_up)
    to, from_ = section.text("to", default.to), section.text("from", default.client.number)
    linger_s = section.number("linger_s", default.linger_s)
    patience_s = section.number("patience_s", default.patience_s)
    max_duration_s = section.number("max_duration_s", default.max_duration_s)
    section.refuse_unknown()
    parties = [_party(client, Leg.CLIENT, from_), _party(agent, Leg.AGENT, "")]
    parties.append(_party(interpreter, Guest.INTERPRETER, ""))
    try:
        return CallScript(
            to=to,
            client=parties[0],
            agent=parties[1],
            interpreter=parties[2],
            is_outbound=is_outbound,
            linger_s=linger_s,
            patience_s=patience_s,
            max_duration_s=max_duration_s,
            hangs_up=hangs_up,
            faults=Faults() if faults is None else faults_from(faults.texts()),
        )
    except ScriptError as error:
        raise ScriptError(f"{path}: {error}") from None


def faults_from(settings: Mapping[str, str]) -> Faults:
    """Make faults of names and values as they are written (``jitter_ms``: ``40``); "" is a flag that is on.

    Raises ScriptError for a fault that does not exist or a value that does not fit.
    """
    known = {item.name: item.default for item in fields(Faults)}
    values: dict[str, bool | int | float | str] = {}
    for name, text in settings.items():
        default = known.get(name)
        if default is None:
            raise ScriptError(f"faults.{name}: there is no such fault; there are {', '.join(known)}")
        try:
            values[name] = _value(text, default)
        except ValueError:
            raise ScriptError(f"faults.{name}: {text!r} is not a {type(default).__name__}") from None
    return Faults(**values)  # type: ignore[arg-type]  # each value was read as its own field has it


def _value(text: str, default: object) -> bool | int | float | str:
    if isinstance(default, bool):
        return _flag(text or "true")
    if isinstance(default, int):
        return int(text)
    return float(text) if isinstance(default, float) else text


def _flag(text: str) -> bool:
    if text.lower() in ("true", "yes", "on", "1"):
        return True
    if text.lower() in ("false", "no", "off", "0"):
        return False
    raise ValueError(text)


def _party(section: _Section | None, role: Role, number: str) -> Party:
    if section is None:
        return Party(number=number)
    turns: list[Turn] = []
    for item in section.items("turns"):
        turns.append(_turn(item, role, turns))
    if role is not Leg.CLIENT:
        number = section.text("number", number)
    answer = _answer(section)
    hears_at_least_s = section.number("hears_at_least_s", 0.0)
    section.refuse_unknown()
    return Party(number=number, turns=tuple(turns), answer=answer, hears_at_least_s=hears_at_least_s)


def _answer(section: _Section) -> Answer:
    if section.is_mapping("answer"):
        details = section.section("answer")
        assert details is not None
        answer = Answer(details.choice("kind", AnswerKind, AnswerKind.ANSWER), details.optional_number("after_s"))
        details.refuse_unknown()
        return answer
    return Answer(section.choice("answer", AnswerKind, AnswerKind.ANSWER))


def _turn(section: _Section, role: Role, before: list[Turn]) -> Turn:
    recording = section.text("say", "")
    turn = Turn(
        id=section.text("id", f"{role} {len(before) + 1}"),
        when=_trigger(section, before),
        say=section.path.parent / recording if recording else None,
        press=section.text("press", ""),
        hang_up=section.flag("hang_up"),
        hang_up_at_s=section.optional_number("hang_up_at_s"),
    )
    section.refuse_unknown()
    return turn


def _trigger(section: _Section, before: list[Turn]) -> Trigger:
    """Without a word about when: at the beginning, or after the same party's turn before."""
    given = [name for name in ("at_s", "after", "when_quiet_s") if section.has(name)]
    if len(given) > 1:
        raise section.error(given[1], f"a turn has one of at_s, after and when_quiet_s, not also {given[0]}")
    if section.has("pause_s") and given not in ([], ["after"]):
        raise section.error("pause_s", "belongs to after")
    if section.has("since") and given != ["when_quiet_s"]:
        raise section.error("since", "belongs to when_quiet_s")
    pause_s = section.number("pause_s", DEFAULT_PAUSE_S)
    if "after" in given:
        return AfterTurn(section.text("after", ""), pause_s)
    if "when_quiet_s" in given:
        return WhenQuiet(section.number("when_quiet_s", 0.0), section.text("since", ""))
    if before and not given:
        return AfterTurn(before[-1].id, pause_s)
    return AtTime(section.number("at_s", 0.0))


class _Section:
    """One mapping of the file, read field by field; knows its lines, and which fields nobody asked for."""

    def __init__(self, node: yaml.Node, path: Path, name: str) -> None:
        self.path = path
        self._name = name
        self._line = node.start_mark.line + 1
        if not isinstance(node, yaml.MappingNode):
            raise self.error("", "must be a mapping of fields")
        self._nodes: dict[str, yaml.Node] = {str(key.value): value for key, value in node.value}
        self._lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
        self._asked: set[str] = set()

    def error(self, field: str, problem: str) -> ScriptError:
        line = self._lines.get(field, self._line) if field else self._line
        where = ".".join(part for part in (self._name, field) if part)
        return ScriptError(f"{self.path}:{line}: {where + ': ' if where else ''}{problem}")

    def has(self, field: str) -> bool:
        return field in self._nodes

    def is_mapping(self, field: str) -> bool:
        return isinstance(self._nodes.get(field), yaml.MappingNode)

    def section(self, field: str) -> _Section | None:
        self._asked.add(field)
        node = self._nodes.get(field)
        return None if node is None else _Section(node, self.path, self._join(field))

    def items(self, field: str) -> list[_Section]:
        self._asked.add(field)
        node = self._nodes.get(field)
        if node is None:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(field, "must be a list")
        return [_Section(item, self.path, f"{self._join(field)}[{index}]") for index, item in enumerate(node.value)]

    def text(self, field: str, default: str) -> str:
        self._asked.add(field)
        node = self._nodes.get(field)
        if node is None:
            return default
        if not isinstance(node, yaml.ScalarNode):
            raise self.error(field, "must be one value")
        return str(node.value)

    def texts(self) -> dict[str, str]:
        """Return every field as it is written."""
        return {field: self.text(field, "") for field in self._nodes}

    def number(self, field: str, default: float) -> float:
        found = self.optional_number(field)
        return default if found is None else found

    def optional_number(self, field: str) -> float | None:
        if not self.has(field):
            return None
        text = self.text(field, "")
        try:
            number = float(text)
        except ValueError:
            number = -1.0
        if not 0 <= number < float("inf"):
            raise self.error(field, f"must be a number of seconds, not {text!r}")
        return number

    def flag(self, field: str) -> bool:
        text = self.text(field, "false")
        try:
            return _flag(text)
        except ValueError:
            raise self.error(field, f"must be true or false, not {text!r}") from None

    def choice(self, field: str, kind: type[E], default: E) -> E:
        text = self.text(field, default.value)
        try:
            return kind(text)
        except ValueError:
            known = ", ".join(member.value for member in kind)
            raise self.error(field, f"must be one of {known}, not {text!r}") from None

    def refuse_unknown(self) -> None:
        for field in self._nodes:
            if field not in self._asked:
                raise self.error(field, f"there is no such field; there are {', '.join(sorted(self._asked))}")

    def _join(self, field: str) -> str:
        return f"{self._name}.{field}" if self._name else field
