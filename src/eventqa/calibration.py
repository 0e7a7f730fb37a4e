"""How sure the gate must be, in a text file: its weights, and the promises that were proved.

The file that comes with eventqa lies beside this module; one made by `eventqa calibrate` lies in
the store's folder and goes first.
"""

from __future__ import annotations

import logging
import math
import os
import tomllib
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Self, cast

from eventqa import kept
from eventqa.gate import Gate, Weights
from eventqa.promise import CERTAINTY, Promise
from eventqa.types import InvalidInput

_log = logging.getLogger(__name__)

FILE = "gate.toml"
BUNDLED = Path(__file__).parent / FILE

_STRONG, _FAIR = 0.1, 0.2  # shares of wrong answers; `types.Sureness` says so in words

_HEAVIEST = 100  # a weight; none that is fitted comes near

_HEAD = """\
# How sure eventqa must be before it answers. Made by `{made_by}`, not by hand:
# the same questions on the same machine give the same file, to the digit.
"""
_PROMISES = f"""
# Of the answers with at least this confidence no more than a share of `risk` has no
# answering passage among its sources, with {CERTAINTY:.0%} certainty: so many were answered,
# and so many of these wrongly, of the questions that proved it.
"""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the gate goes by."""

    model: str  # the encoder that it was made with, without its precision
    questions: str  # which, in words
    weights: Weights
    least: float  # confidence of an answer where nothing is promised
    promises: tuple[Promise, ...] = ()  # by rising risk

    def gate(self, risk: float | None, model: str) -> Gate:
        """The gate for answers of a model, as sure as a promise asks for.

        Args:
            risk: keep to the proved promise that answers most at no more than this; None promises
                nothing.

        Raises:
            InvalidInput: no such promise was proved for this model.
        """
        gate = Gate(self.weights, self.least)
        if model == self.model:
            gate = replace(gate, strong=self._from(_STRONG), fair=self._from(_FAIR))
        if risk is None:
            return gate
        if model != self.model:
            raise InvalidInput(
                f"risk is {risk:g}, but promises were proved for {self.model}, not for {model}. "
                "Make them with `eventqa calibrate`, or leave the risk out"
            )
        enough = [one for one in self.promises if one.risk <= risk]
        if not enough:
            strictest = min((one.risk for one in self.promises), default=None)
            proved = f", the strictest is {strictest:g}" if strictest else ""
            raise InvalidInput(
                f"risk {risk:g} is uncalibrated: no promise so strict was proved{proved}. Allow "
                "more, or prove it with `eventqa calibrate` and more questions"
            )
        best = min(enough, key=lambda one: (one.least, one.risk))
        return replace(gate, least=best.least, risk=best.risk)

    def _from(self, risk: float) -> float | None:
        """The confidence from which at most such a share of the answers is wrong, if proved."""
        return min((one.least for one in self.promises if one.risk <= risk), default=None)

    def lenient(self) -> Self:
        """The same, but whatever is timely is answered."""
        return replace(self, least=0.0, promises=())

    @classmethod
    def read(cls, path: Path = BUNDLED) -> Self:
        """The calibration in a file.

        Raises:
            InvalidInput: it cannot be read or is not complete; the message says where.
        """
        try:
            if path.exists() and not path.is_file():
                raise ValueError("no regular file")
            values = tomllib.loads(path.read_text(encoding="utf-8-sig"))
            made = cls(
                _text(values, "model"),
                _text(values, "questions"),
                Weights(*(_weight(_table(values, "weights"), one) for one in Weights._fields)),
                _share(values, "least"),
                tuple(_promise(one) for one in _list(values, "promises")),
            )
            if values.get("checked", made._checked()) != made._checked():
                raise ValueError("its values are not those that were written")
            return made
        except FileNotFoundError as error:
            problem, cause = "is not there", error
        except (OSError, ValueError, OverflowError, RecursionError) as error:
            problem, cause = f"is no calibration ({error})", error
        mend = "Install eventqa again" if path == BUNDLED else "Remove it or calibrate again"
        raise InvalidInput(f"{str(path)!r} {problem}. {mend}") from cause

    def write(self, path: Path, made_by: str) -> None:
        """Puts it into a file, all or nothing.

        Raises:
            InvalidInput: the file cannot be written.
        """
        try:
            kept.write(path, self.to_toml(made_by).encode())
        except OSError as error:
            raise InvalidInput(
                f"{str(path)!r} cannot be written ({error.strerror}). Name another folder"
            ) from error

    def to_toml(self, made_by: str) -> str:
        """The file's text."""
        head = f"{_HEAD.format(made_by=_printable(made_by))}\nchecked = {self._checked()}"
        return "\n".join([head, *self._lines(), ""])

    def _lines(self) -> list[str]:
        lines = [f"model = {_quoted(self.model)}", f"questions = {_quoted(self.questions)}"]
        lines += [f"least = {self.least}", "", "[weights]"]
        lines += [f"{name} = {value}" for name, value in self.weights._asdict().items()]
        if self.promises:
            lines.append(_PROMISES.rstrip())
        for promise in self.promises:
            lines.append("[[promises]]")
            lines += [f"{one.name} = {getattr(promise, one.name)}" for one in fields(promise)]
        return lines

    def _checked(self) -> int:
        """A checksum: one digit that is another would still be a number."""
        return zlib.crc32("\n".join(self._lines()).encode())


def of(folder: Path, model: str) -> Calibration:
    """The calibration of a store: its own if it is of this model, else the one of eventqa.

    Raises:
        InvalidInput: the store's file is damaged.
    """
    own = folder / FILE
    if not os.path.lexists(own):
        return Calibration.read(BUNDLED)
    made = Calibration.read(own)
    if made.model == model:
        return made
    _log.warning("%s is for %s and not used with %s", own, made.model, model)
    return Calibration.read(BUNDLED)


def _promise(values: object) -> Promise:
    if not isinstance(values, dict):
        raise ValueError("promises must be tables, [[promises]]")
    table = cast("Mapping[str, object]", values)
    risk, least = _share(table, "risk"), _share(table, "least")
    answered, wrong = int(_number(table, "answered")), int(_number(table, "wrong"))
    if not (0 < risk < 1 and 0 <= wrong <= answered):
        raise ValueError(f"of {answered} answers {wrong} are wrong, for a risk of {risk}")
    return Promise(risk, least, answered, wrong)


def _weight(table: Mapping[str, object], name: str) -> float:
    value = _number(table, name)
    if abs(value) > _HEAVIEST:
        raise ValueError(f"{name} is {value}, it must be from -{_HEAVIEST} to {_HEAVIEST}")
    return value


def _number(table: Mapping[str, object], name: str) -> float:
    value = table.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a number")
    return float(value)


def _share(table: Mapping[str, object], name: str) -> float:
    value = _number(table, name)
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}, it must be from 0 to 1")
    return value


def _text(table: Mapping[str, object], name: str) -> str:
    value = table.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} must be text")
    return value


def _table(table: Mapping[str, Any], name: str) -> Mapping[str, object]:
    value = table.get(name)
    if not isinstance(value, dict):
        raise ValueError(f"there is no table [{name}]")
    return cast("Mapping[str, object]", value)


def _list(table: Mapping[str, Any], name: str) -> list[object]:
    value = table.get(name, [])
    if not isinstance(value, list):
        raise ValueError(f"{name} must be tables, [[{name}]]")
    return cast("list[object]", value)


def _quoted(text: str) -> str:
    """A text as TOML writes it."""
    return '"' + "".join(_ESCAPED.get(one, one) for one in _printable(text)) + '"'


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable())


_ESCAPED = {'"': '\\"', "\\": "\\\\"}
