"""The `eventqa` command: chat, ask, add, build, verify, gaps, … The only home of printing."""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn, TextIO, cast

from eventqa import EventQA, __version__, calibration, collector, verify
from eventqa.access import Login, is_loopback
from eventqa.turns import wait_asleep
from eventqa.types import EventQAError, InvalidInput, Verdict, one_line

ANSWERED, REFUSED, ERROR = 0, 1, 2
"""Exit codes. `verify` ends with 0 when every receipt is unchanged, else with 1."""


def run() -> NoReturn:
    """The `eventqa` command: `main` in a process that is its own."""
    collector.own_process()
    sys.exit(main())


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code. Errors go to stderr, without a traceback."""
    options = _parser().parse_args(arguments)
    wait_asleep()
    try:
        return options.run(options)
    except EventQAError as error:
        _complain(f"eventqa: {error}")
        return ERROR
    except KeyboardInterrupt:
        _complain("eventqa: stopped. What was done until now is kept")
        return 130
    except BrokenPipeError:
        # The reader has left (`eventqa ask … | head`); nothing more can or need be said.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ERROR


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="eventqa",
        description="Answers questions about events from press releases, in the releases' words.",
        epilog="Exit codes: 0 answered, 1 refused, 2 error; verify, diff: 1 if something differs.",
    )
    parser.add_argument("--version", action="version", version=f"eventqa {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--corpus", default="corpus", help="folder or .jsonl file of releases")
    shared.add_argument("--embeddings", default="embeddings", help="folder for the store")
    shared.add_argument(
        "--model",
        help="sentence-transformers model by name or folder; default: $EVENTQA_MODEL, else the "
        "bundled all-MiniLM-L6-v2",
    )
    _add_chat(commands, shared)
    _add_ask(commands, shared)
    _add_add(commands)
    _add_build(commands, shared)
    _add_verify(commands, shared)
    _add_diff(commands, shared)
    _add_evaluate(commands, shared)
    _add_calibrate(commands, shared)
    _add_gaps(commands)
    return parser


def _add_chat(commands: Any, shared: argparse.ArgumentParser) -> None:
    chat = commands.add_parser("chat", parents=[shared], help="open the web page on this machine")
    _add_risk(chat)
    chat.add_argument("--port", type=int, default=7860, help="default 7860")
    chat.add_argument(
        "--host", default="127.0.0.1", help="where to listen (default 127.0.0.1: this machine only)"
    )
    chat.add_argument(
        "--auth",
        metavar="USER:PASSWORD-FILE",
        help="ask for this name and for the password in the file's first line",
    )
    chat.add_argument("--open", action="store_true", help="open it in the browser, too")
    chat.set_defaults(run=_chat)


def _add_ask(commands: Any, shared: argparse.ArgumentParser) -> None:
    ask = commands.add_parser("ask", parents=[shared], help="answer one question")
    ask.add_argument("question")
    ask.add_argument("--k", type=int, default=5, help="at most so many passages (default 5)")
    ask.add_argument("--since", metavar="DATE", help="only releases dated on this day or later")
    ask.add_argument("--until", metavar="DATE", help="only releases dated on this day or earlier")
    ask.add_argument("--asked-on", metavar="DATE", help="the day of asking (default today)")
    ask.add_argument(
        "--no-time", action="store_true", help="let no time count that the question speaks of"
    )
    ask.add_argument(
        "--after",
        metavar="QUESTION",
        action="append",
        default=[],
        help="a question that this one may lean on, asked first; may be given several times",
    )
    _add_risk(ask)
    ask.add_argument("--json", action="store_true", help="print the answer as JSON")
    ask.set_defaults(run=_ask)


def _add_add(commands: Any) -> None:
    add = commands.add_parser("add", help="put files, folders and addresses into the corpus")
    add.add_argument(
        "sources",
        nargs="+",
        metavar="SOURCE",
        help="a file, a folder, or the address of a page, a file, a feed or a sitemap",
    )
    add.add_argument("--corpus", default="corpus", help="folder of releases")
    add.add_argument("--dry-run", action="store_true", help="only tell what would be added")
    add.add_argument(
        "--most", type=int, default=1_000, help="pages of one feed or sitemap (default 1000)"
    )
    add.add_argument(
        "--delay",
        type=float,
        default=1.0,
        metavar="SECONDS",
        help="between two requests to one host (default 1, or what its robots.txt asks for)",
    )
    add.add_argument(
        "--allow-private",
        action="store_true",
        help="fetch from addresses inside of your own network, too",
    )
    add.add_argument("--json", action="store_true", help="print what became of each as JSON Lines")
    add.set_defaults(run=_add)


def _add_build(commands: Any, shared: argparse.ArgumentParser) -> None:
    build = commands.add_parser("build", parents=[shared], help="encode what changed in the corpus")
    build.add_argument("--json", action="store_true", help="print the report as JSON")
    build.set_defaults(run=_build)


def _add_verify(commands: Any, shared: argparse.ArgumentParser) -> None:
    check = commands.add_parser(
        "verify", parents=[shared], help="tell whether a receipt's words still stand"
    )
    check.add_argument(
        "file", help="a receipt, or an answer from `eventqa ask --json`; - reads standard input"
    )
    check.set_defaults(run=_verify)


def _add_diff(commands: Any, shared: argparse.ArgumentParser) -> None:
    diff = commands.add_parser(
        "diff", parents=[shared], help="show what differs between two releases"
    )
    diff.add_argument("before", metavar="A", help="a release's id, or its file in the corpus")
    diff.add_argument("after", metavar="B", help="another one's")
    diff.add_argument("--json", action="store_true", help="print what differs as JSON")
    diff.set_defaults(run=_diff)


def _add_evaluate(commands: Any, shared: argparse.ArgumentParser) -> None:
    from eventqa.retrieve import CONFIGURATIONS

    evaluate = commands.add_parser(
        "evaluate", parents=[shared], help="measure the answers to a file of questions"
    )
    evaluate.add_argument("questions", help='.jsonl file: {"id", "question", "evidence"} a line')
    evaluate.add_argument(
        "--configurations",
        metavar="NAME,NAME",
        default="",
        help=f"compare ways of answering: {', '.join(CONFIGURATIONS)} (default the first)",
    )
    evaluate.add_argument(
        "--where",
        metavar="FIELD=VALUE",
        action="append",
        default=[],
        help="only questions whose field has this value; may be given several times",
    )
    evaluate.add_argument("--k", type=int, default=10, help="passages asked for (default 10)")
    evaluate.add_argument("--json", action="store_true", help="print the measures as JSON")
    evaluate.add_argument("--out", metavar="FILE", help="write the measures as JSON, too")
    evaluate.add_argument(
        "--questions-out", metavar="FILE", help="write what became of each question as JSON Lines"
    )
    evaluate.set_defaults(run=_evaluate)


def _add_calibrate(commands: Any, shared: argparse.ArgumentParser) -> None:
    calibrate = commands.add_parser(
        "calibrate", parents=[shared], help="prove how few answers are wrong, by your own questions"
    )
    calibrate.add_argument("questions", help="as for evaluate, some of them without an answer")
    calibrate.set_defaults(run=_calibrate)


def _add_gaps(commands: Any) -> None:
    gaps = commands.add_parser("gaps", help="list what was asked in vain, the most wanted first")
    gaps.add_argument("--embeddings", default="embeddings", help="folder of the store")
    gaps.add_argument("--since", metavar="DATE", help="only what was asked on this day or later")
    gaps.add_argument("--json", action="store_true", help="print them as JSON")
    gaps.set_defaults(run=_gaps)


def _add_risk(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--risk",
        metavar="SHARE",
        type=float,
        help="answer only so often that at most this share of the answers is wrong, such as 0.1",
    )


def _open(options: argparse.Namespace) -> EventQA:
    return EventQA(
        options.corpus,
        options.embeddings,
        model=options.model,
        risk=getattr(options, "risk", None),
        watch=False,
    )


def _chat(options: argparse.Namespace) -> int:
    login = Login.read(options.auth) if options.auth else None
    with collector.paused():
        from eventqa.chat import launch

    _warn(options)
    _warn_of_access(options.host, login)
    with EventQA(options.corpus, options.embeddings, model=options.model, risk=options.risk) as qa:
        launch(
            qa,
            host=options.host,
            port=options.port,
            login=login,
            open_browser=options.open,
            tell=_say,
        )
    return ANSWERED


def _warn_of_access(host: str, login: Login | None) -> None:
    if login and login.warning:
        _complain(f"eventqa: {login.warning}")
    if is_loopback(host):
        return
    if login is None:
        _complain(
            f"eventqa: listening on {host} without --auth: everybody who can reach this machine "
            "can ask, and read every release"
        )
    _complain(
        "eventqa: what is asked and answered goes over the network unencrypted, passwords, too. "
        "Use a network that you trust, or a tunnel such as `ssh -L` to 127.0.0.1"
    )


def _warn(options: argparse.Namespace) -> None:
    other = options.model or os.environ.get("EVENTQA_MODEL")
    if other and not (Path(options.embeddings) / calibration.FILE).exists():
        _complain(
            "eventqa: ranking and gate were measured with all-MiniLM-L6-v2; with another model "
            "they are uncalibrated. `eventqa evaluate` tells how well they do on your questions, "
            "`eventqa calibrate` makes a gate of them"
        )


def _ask(options: argparse.Namespace) -> int:
    _warn(options)
    with _open(options) as qa:
        talk, time = qa.conversation(), not options.no_time
        limits = (options.k, options.since, options.until, options.asked_on, time)
        for earlier in options.after:
            talk.ask(earlier, *limits)
        answer = talk.ask(options.question, *limits)
    _say(json.dumps(answer.to_dict(), ensure_ascii=False) if options.json else str(answer))
    return ANSWERED if answer.answered else REFUSED


def _add(options: argparse.Namespace) -> int:
    from eventqa.add import Adding
    from eventqa.corpus import Corpus
    from eventqa.web import Web

    if options.most < 1 or not 0 <= options.delay <= 3_600:
        raise InvalidInput("--most must be 1 or more, --delay from 0 to 3600 seconds")
    web = Web(delay=options.delay, allow_private=options.allow_private)
    adding = Adding(Corpus(options.corpus), web, dry_run=options.dry_run, most=options.most)
    counts = Counter[str]()
    for outcome in adding.add(options.sources):
        counts[outcome.did] += 1
        if options.json:
            _say(json.dumps(outcome.to_dict(), ensure_ascii=False))
        else:
            (_complain if outcome.did == "failed" else _say)(one_line(str(outcome)))
    if not options.json:
        told = ", ".join(f"{number:,} {did}" for did, number in counts.items())
        hint = " `eventqa build` encodes it; a running chat does by itself." * bool(counts["added"])
        _say(f"{told or 'nothing was found'}.{hint}")
    return REFUSED if counts["failed"] or not counts else ANSWERED


def _build(options: argparse.Namespace) -> int:
    with _open(options) as qa:
        with _Bar() as bar:
            report = qa.build(bar.show, _complain)
        freshness = qa.freshness
    if options.json:
        _say(json.dumps(report.to_dict(), ensure_ascii=False))
    else:
        _say(f"{report}\n{freshness}")
    return ANSWERED


def _verify(options: argparse.Namespace) -> int:
    receipts = _receipts(options.file)
    worst = ANSWERED
    with _open(options) as qa:
        for receipt in receipts:
            verdict = verify(receipt, qa)
            start = one_line(str(receipt.get("exact", "")))[:60]
            id = str(receipt.get("release_id"))
            newer = qa.newer(id) if verdict is Verdict.SUPERSEDED else None
            by = f" by {newer!r}: `eventqa diff` shows what changed" if newer else ""
            _say(f"{verdict}: {one_line(id)}, “{start}…”{by}")
            worst = ANSWERED if verdict is Verdict.UNCHANGED and worst == ANSWERED else REFUSED
    return worst


def _diff(options: argparse.Namespace) -> int:
    with _open(options) as qa:
        found = qa.compare(options.before, options.after)
    _say(json.dumps(found.to_dict(), ensure_ascii=False) if options.json else str(found))
    return REFUSED if found.differs else ANSWERED


def _receipts(file: str) -> list[Mapping[str, Any]]:
    """The receipts in a file: one of its own, or those of an answer's hits."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8-sig")
        values = json.loads(text)
    except OSError as error:
        raise InvalidInput(f"{file!r} cannot be read ({error.strerror}). Name a receipt") from error
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{file!r} is not JSON ({error}). Name a receipt") from error
    if isinstance(values, dict):
        values = cast("dict[str, Any]", values)
        values = values.get("hits", [values])
    found = cast("list[Any]", values) if isinstance(values, list) else []
    ones = [cast("dict[str, Any]", one) for one in found if isinstance(one, dict)]
    receipts = [one.get("receipt", one) for one in ones]
    if not receipts or not all(isinstance(receipt, dict) for receipt in receipts):
        raise InvalidInput(
            f"{file!r} holds no receipt. Use what `eventqa ask --json` wrote when it answered"
        )
    return receipts


def _evaluate(options: argparse.Namespace) -> int:
    from eventqa import questions
    from eventqa.evaluate import evaluate, opened

    for file in filter(None, (options.out, options.questions_out)):
        _save(file, "", "a")  # to fail now, and not after an hour of asking
    asked = questions.read(options.questions, _where(options.where))
    names = [name.strip() for name in options.configurations.split(",") if name.strip()]
    with opened(
        options.corpus, options.embeddings, names, model=options.model, k=options.k
    ) as bench:
        with _Bar() as bar:
            bench.build(bar.show, _complain)
        _complain_of_unknown(bench.unknown(asked))
        with _Bar("Asking", "answer") as bar:
            evaluation = evaluate(asked, bench.askers, progress=bar.show, facts=bench.facts)
    values = json.dumps(evaluation.to_dict(), ensure_ascii=False)
    if options.out:
        _save(options.out, f"{values}\n")
    if options.questions_out:
        lines = (json.dumps(one, ensure_ascii=False) for one in evaluation.outcomes())
        _save(options.questions_out, "".join(f"{line}\n" for line in lines))
    _say(values if options.json else str(evaluation))
    return ANSWERED


def _calibrate(options: argparse.Namespace) -> int:
    from eventqa import calibrate, questions, request
    from eventqa.evaluate import opened

    asked = questions.read(options.questions)
    with opened(
        options.corpus,
        options.embeddings,
        model=options.model,
        k=request.SOURCES,
        calibration=calibration.Calibration.read().lenient(),
    ) as bench:
        with _Bar() as bar:
            bench.build(bar.show, _complain)
        _complain_of_unknown(bench.unknown(asked))
        (ask,) = bench.askers.values()
        with _Bar("Asking", "question") as bar:
            samples = calibrate.judged(asked, ask, bar.show)
    made = calibrate.calibrated(samples, bench.model, Path(options.questions).name)
    file = Path(options.embeddings) / calibration.FILE
    made.write(file, f"eventqa calibrate {Path(options.questions).name}")
    _say(f"{calibrate.report(made, samples)}\nWritten to {file}")
    return ANSWERED


def _gaps(options: argparse.Namespace) -> int:
    from eventqa import gaps, request

    found = gaps.grouped(gaps.read(Path(options.embeddings), request.day("--since", options.since)))
    if options.json:
        _say(json.dumps([one.to_dict() for one in found], ensure_ascii=False))
    else:
        none = f"No refused question is written down in {options.embeddings!r}"
        _say("\n".join(map(str, found)) or none)
    return ANSWERED


def _complain_of_unknown(documents: Sequence[str]) -> None:
    if documents:
        _complain(
            f"eventqa: documents that should answer are not in the corpus: {len(documents):,}, the "
            f"first {one_line(documents[0])!r}. Compare doc_id with the ids of the releases"
        )


def _where(conditions: Sequence[str]) -> dict[str, str]:
    pairs = [condition.partition("=") for condition in conditions]
    for name, equals, value in pairs:
        if not (name and equals):
            raise InvalidInput(f"--where {name + equals + value!r} is no condition. Write lang=en")
    return {name: value for name, _, value in pairs}


def _save(file: str, text: str, mode: str = "w") -> None:
    try:
        with open(file, mode, encoding="utf-8") as opened:
            opened.write(text)
    except OSError as error:
        raise InvalidInput(
            f"{file!r} cannot be written ({error.strerror}). Name a file in a folder that is there"
        ) from error


# Shorter work than this, in seconds, is done before a bar could be read.
_WORTH_A_BAR = 0.5


class _Bar:
    """A progress bar with an estimate, shown only for work that takes a while."""

    def __init__(self, doing: str = "Encoding", unit: str = "passage") -> None:
        self._doing = doing
        self._unit = unit
        self._bar: Any = None

    def show(self, done: int, total: int) -> None:
        if self._bar is None:
            from tqdm import tqdm

            self._bar = tqdm(
                total=total,
                desc=self._doing,
                unit=self._unit,
                file=sys.stderr,
                delay=_WORTH_A_BAR,
            )
        self._bar.update(done - self._bar.n)

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()


# What commands a terminal or turns the order of what is shown.
_COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")


def _say(text: str) -> None:
    _write(sys.stdout, text)


def _complain(text: str) -> None:
    _write(sys.stderr, text)


def _write(stream: TextIO, text: str) -> None:
    """Writes a line that cannot command the terminal it is shown on."""
    shown = _COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text) + "\n"
    encoding = stream.encoding or "utf-8"
    stream.write(shown.encode(encoding, "replace").decode(encoding))
    stream.flush()
