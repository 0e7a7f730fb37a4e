"""What changed in the corpus → the store's next generation, encoding only what is new.

A build has two halves. `plan` reads the changed files and finds out what is to be done; it encodes
nothing and writes nothing. `carry_out` encodes in batches, each kept as soon as it is made, and
then switches the releases over in one transaction.
"""

from __future__ import annotations

import datetime as dt
import os
import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

import numpy as np

from eventqa import editions, quantize, spoken
from eventqa.corpus import Corpus, FileState, with_content
from eventqa.encoder import BATCH, EncodedText, Encoder
from eventqa.lock import Cancelled
from eventqa.readers import READING
from eventqa.store import Store
from eventqa.types import (
    CHANGES,
    BuildReport,
    Change,
    Embedded,
    EventQAError,
    Problem,
    Release,
    digest,
    placed,
)
from eventqa.view import Encoded, Place, State, Stored, View, content_of
from eventqa.writer import Writer

# Texts of as many word pieces are encoded together, so that little is wasted on padding: of 2,193
# paragraphs of timeqa_human_train 4 % of what is encoded; 11 % where 1,024 are sorted at a time,
# 25 % where it is by letters.
_SORTED_TOGETHER = 128 * BATCH

# A batch is kept once it is encoded, so it must not take long: some two windows for each text.
# Killed, a build has lost those under way, one more than there are cores.
_PIECES_AT_ONCE = 512 * BATCH

# Of a longer paragraph only the beginning is read word by word; all of it is found by its windows.
# It is hardly prose: 1 of the 108,383 paragraphs of realtimeqa_2022 has more.
_MOST_PIECES = 2_500

# Fewer texts are not parted: a batch of its own needs a copy of the model and a transaction.
_FEWEST = 8

_TOLD = 20  # releases of a change are named at most

Progress = Callable[[int, int], None]
"""Told how many passages are encoded, and of how many."""


class StoreReplaced(EventQAError):
    """The store is not the one a build was planned for: somebody removed or replaced it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a build is going to do."""

    state: State  # of the store it was made for
    files: Mapping[str, FileState]
    unread: frozenset[str]  # paths of files that are as they were
    put: tuple[Release, ...]  # new, or replacing the release of the same id
    dropped: frozenset[str]  # ids of releases that are replaced or no longer there
    problems: Mapping[str, tuple[Problem, ...]]  # by kind, of all files but the unread
    added: int
    changed: int
    renamed: int
    removed: int
    unchanged: int
    complete: bool  # what is gone from the corpus is gone, and not only out of reach

    @property
    def new_generation(self) -> bool:
        """Whether the releases differ at all, and not only the files they are read from."""
        return bool(self.put or self.dropped)


def plan(corpus: Corpus, view: View) -> Plan:
    """Finds out what a build has to do. Reads only files whose content changed.

    Raises:
        EventQAError: the corpus is not there.
    """
    changes = corpus.changes(view.files() if is_read_alike(view) else {})
    # Whose id is whose is settled anew each time: the release that had it before may be gone.
    again = set(changes.changed) | (view.paths_with("duplicate") & changes.files.keys())
    files = dict(changes.files)
    fresh: list[Release] = []
    problems: list[Problem] = []
    for path in sorted(again):
        reading, hashes = corpus.read(path)
        for one in hashes.keys() & files.keys():
            files[one] = with_content(files[one], hashes[one])
        fresh += reading.releases
        problems += reading.problems
    unread = frozenset(files.keys() - again)
    stored = view.releases()
    winners, duplicates = _one_per_id([one for one in stored if one.path in unread], fresh)
    kinds = {"found": changes.problems, "read": tuple(problems), "duplicate": duplicates}
    return _compare(view.state, stored, winners, files, unread, kinds, changes.complete)


def check_owner(corpus: Corpus, store: Store, view: View) -> None:
    """Does nothing where a store was built from this corpus, or from one that is no more.

    Raises:
        EventQAError: it belongs to another corpus, whose passages would be lost.
    """
    owner = view.meta("corpus")
    if owner not in (None, _seen_from(store, corpus)) and (store.folder / str(owner)).exists():
        raise EventQAError(
            f"the store in {str(store.folder)!r} was built from the corpus "
            f"{os.path.normpath(store.folder / str(owner))!r}. Name another folder with "
            f"--embeddings for {str(corpus.place)!r}, or remove the store"
        )


def _seen_from(store: Store, corpus: Corpus) -> str:
    """Where a corpus lies from its store: both may be moved or copied together."""
    try:
        return Path(os.path.relpath(corpus.place.resolve(), store.folder.resolve())).as_posix()
    except ValueError:  # on another drive of Windows
        return corpus.place.resolve().as_posix()


def is_read_alike(view: View) -> bool:
    """Whether the files were read as they would be read now."""
    return view.meta("reading") == str(READING)


def is_needed(plan: Plan, view: View, model: str) -> bool:
    """Whether carrying a plan out would change anything in the store."""
    problems = {one for kind in plan.problems.values() for one in kind}
    kept = {one for one in view.problems_of("read") if one.path in plan.unread}
    return (
        plan.new_generation
        or view.model != model
        or view.meta("ahead") is not None
        or not is_read_alike(view)
        or view.files() != plan.files
        or set(view.problems()) != problems | kept
    )


def carry_out(
    plan: Plan,
    corpus: Corpus,
    store: Store,
    encoder: Encoder,
    progress: Progress | None = None,
) -> BuildReport:
    """Encodes what is new, then switches the store to what was planned.

    Killed at any point it leaves the old generation whole, and the next build goes on with what
    was encoded. The report's seconds are those of this half.

    Raises:
        StoreReplaced: the store is no longer the one that was planned for.
    """
    began = time.perf_counter()
    encoded = _encode(plan, store, encoder, progress)
    with _planned_for(plan, store) as writer:
        if is_needed(plan, writer, encoder.key):
            _write(plan, writer, encoder.key)
            writer.set_meta("corpus", _seen_from(store, corpus))
        return BuildReport(
            added=plan.added,
            changed=plan.changed,
            renamed=plan.renamed,
            removed=plan.removed,
            unchanged=plan.unchanged,
            encoded=encoded,
            reused=writer.freshness().passages - encoded,
            problems=writer.problems(),
            seconds=time.perf_counter() - began,
            generation=writer.generation,
        )


def withdrawn(plan: Plan, view: View) -> frozenset[Place]:
    """The passages of this view whose words are no longer in their release."""
    return _without_words(view, plan.dropped, plan.put)


def gone(corpus: Corpus, view: View, paths: Iterable[str], *, look: bool) -> frozenset[Place]:
    """The passages read from some files whose words those files no longer have.

    Args:
        look: read the files to find out; else all that was read from them counts as gone.
    """
    paths = sorted(paths)
    now = [release for path in paths for release in corpus.read(path)[0].releases] if look else ()
    return _without_words(view, view.ids_in(paths), now)


def _without_words(view: View, ids: Iterable[str], now: Iterable[Release]) -> frozenset[Place]:
    left = {(release.id, digest(p.text)) for release in now for p in release.passages}
    return frozenset(
        (id, number) for id, number, words in view.words_of(ids) if (id, words) not in left
    )


def to_encode(plan: Plan, view: View, model: str) -> dict[str, Embedded]:
    """The texts that have no vector yet once the plan is carried out, by key."""
    new = (Embedded.of(passage) for release in plan.put for passage in release.passages)
    texts = {text.key: text for text in new}
    missing = view.unencoded(model, texts)
    texts = {key: text for key, text in texts.items() if key in missing}
    if view.model != model:
        texts |= view.unsearchable(model, plan.dropped)
    return texts


def _one_per_id(
    kept: list[Stored], fresh: list[Release]
) -> tuple[dict[str, Stored | Release], tuple[Problem, ...]]:
    """The release that each id stands for: the first in order of path, member and line."""
    winners: dict[str, Stored | Release] = {}
    losers: list[Problem] = []
    for one in sorted([*kept, *fresh], key=_place):
        first = winners.setdefault(one.id, one)
        if first is not one:
            where = placed(first.path, first.member, first.line)
            message = f"its id {one.id!r} is taken by {where}. Give it another id, or remove it"
            losers.append(Problem(one.path, one.line, message, lost=True, member=one.member))
    return winners, tuple(losers)


def _place(one: Stored | Release) -> tuple[str, str, int]:
    """Where a release was read, as releases are ordered by it."""
    return one.path, one.member or "", one.line or 0


def _compare(
    state: State,
    stored: list[Stored],
    winners: Mapping[str, Stored | Release],
    files: Mapping[str, FileState],
    unread: frozenset[str],
    problems: Mapping[str, tuple[Problem, ...]],
    complete: bool,
) -> Plan:
    before = {one.id: one for one in stored}
    contents = {id: content_of(one) for id, one in winners.items() if isinstance(one, Release)}
    put: list[Release] = []
    added: Counter[str] = Counter()
    removed = Counter(before[id].content for id in before.keys() - winners.keys())
    changed = moved = 0
    for id, one in winners.items():
        if not isinstance(one, Release):
            continue
        was = before.get(id)
        if was is None:
            added[contents[id]] += 1
        elif was.content != contents[id]:
            changed += 1
        elif _place(was)[:2] != _place(one)[:2]:
            moved += 1
        if was is None or (was.content, *_place(was)) != (contents[id], *_place(one)):
            put.append(one)
    renamed = (added & removed).total()
    return Plan(
        state=state,
        files=files,
        unread=unread,
        put=tuple(put),
        dropped=frozenset(before.keys() - winners.keys()) | ({r.id for r in put} & before.keys()),
        problems=problems,
        added=added.total() - renamed,
        changed=changed,
        renamed=renamed + moved,
        removed=removed.total() - renamed,
        unchanged=len(winners) - added.total() - changed - moved,
        complete=complete,
    )


def _encode(plan: Plan, store: Store, encoder: Encoder, progress: Progress | None) -> int:
    with store.read() as view:
        texts, first = to_encode(plan, view, encoder.key), view.next_vector_id()
    done = 0

    def keep(batch: _Batch) -> None:
        nonlocal done
        with _planned_for(plan, store) as writer:
            writer.put_vectors(encoder.key, batch.vectors, first + batch.at)
        done += len(batch.vectors)

    if progress and texts:
        progress(0, len(texts))
    with closing(_encoded(texts, encoder, keep)) as batches:
        for batch in batches:
            keep(batch)
            if progress:
                progress(done, len(texts))
    return len(texts)


_Texts = Sequence[tuple[str, Embedded]]


class _Batch(NamedTuple):
    """Encoded texts that come one after the other."""

    at: int  # how many texts come before, so that ids do not hang on what is encoded first
    vectors: list[tuple[str, Encoded]]  # by key


def _encoded(
    texts: Mapping[str, Embedded], encoder: Encoder, keep: Callable[[_Batch], None]
) -> Generator[_Batch]:
    """The batches with their vectors, as they come; as many at once as the encoder takes.

    Args:
        keep: gets those that are encoded already, when something ends this before its time.
    """

    def encode(at: int, batch: _Texts) -> _Batch:
        found = encoder.encode_documents([text for _, text in batch])
        return _Batch(at, [(key, _kept(one)) for (key, _), one in zip(batch, found, strict=True)])

    # One more waits, so that no core does while a batch is written down. A batch takes up to ten
    # times as long as another: in their order they would wait for each other, and a core with them.
    ahead = encoder.at_once + 1 if encoder.at_once > 1 else 1
    under_way, at = set[Future[_Batch]](), 0
    pool = ThreadPoolExecutor(encoder.at_once, "eventqa-encode")
    try:
        for batch in _batches(texts, encoder):
            under_way.add(_submitted(pool, partial(encode, at, batch)))
            at += len(batch)
            if len(under_way) == ahead:
                yield _first(under_way)
        while under_way:
            yield _first(under_way)
    finally:
        pool.shutdown(cancel_futures=True)
        for one in under_way:
            if not one.cancelled() and one.exception() is None:
                with suppress(EventQAError):  # what cannot be kept is encoded again
                    keep(one.result())


def _first(under_way: set[Future[_Batch]]) -> _Batch:
    """The batch that is encoded first; it is no longer under way."""
    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
    one = done.pop()
    under_way.remove(one)
    return one.result()


def _submitted(pool: ThreadPoolExecutor, encode: Callable[[], _Batch]) -> Future[_Batch]:
    try:
        return pool.submit(encode)
    except RuntimeError as error:
        if "cannot schedule" not in str(error):  # but, for example, too many threads
            raise
        # The program ends, and with it a build in the background.
        raise Cancelled from error


@contextmanager
def _planned_for(plan: Plan, store: Store) -> Generator[Writer]:
    with store.write() as writer:
        if writer.state != plan.state:
            raise StoreReplaced(
                f"the store {str(store.path)!r} was removed or replaced during the build. "
                "Build again"
            )
        yield writer


def _kept(text: EncodedText) -> Encoded:
    """What the store keeps of a text's vectors."""
    rows, spans = text.tokens.rows[:_MOST_PIECES], text.tokens.spans[:_MOST_PIECES]
    return Encoded(text.rows, quantize.encoded(rows), spans.astype(np.int32))


def _batches(texts: Mapping[str, Embedded], encoder: Encoder) -> Iterator[_Texts]:
    """Texts of like length; of a few as many batches as there are cores, if it is worth it."""
    most = min(BATCH, max(_FEWEST, -(-len(texts) // encoder.at_once)))
    # The hash orders the blocks, and the batches in each: as good as chance, so the estimate of the
    # time left is honest, and the same every time.
    items = sorted(texts.items(), key=itemgetter(0))
    for start in range(0, len(items), _SORTED_TOGETHER):
        block = items[start : start + _SORTED_TOGETHER]
        lengths = encoder.lengths([text for _, text in block])
        order = sorted(range(len(block)), key=lambda at, lengths=lengths: -lengths[at])
        batches: list[_Texts] = []
        while order:
            # The longest comes first, so the batch has at most so many times its length.
            size = max(1, min(most, _PIECES_AT_ONCE // max(1, lengths[order[0]])))
            batches.append([block[at] for at in order[:size]])
            order = order[size:]
        yield from sorted(batches, key=lambda batch: batch[0][0])


def _write(plan: Plan, writer: Writer, model: str) -> None:
    switched = plan.new_generation or writer.model != model
    writer.put_files(plan.files)
    writer.keep_problems("read", plan.unread)
    for kind, problems in plan.problems.items():
        writer.put_problems(kind, problems)
    bereft = editions.around(writer, plan.dropped)
    writer.drop_releases(plan.dropped)
    for release in plan.put:
        writer.put_release(release)
    editions.settle(writer, bereft)
    if not is_read_alike(writer):
        writer.forget_spoken()
    spoken.find(writer)
    writer.set_meta("reading", str(READING))
    if plan.new_generation:
        writer.put_change(
            Change(
                dt.datetime.now(dt.UTC),
                *(getattr(plan, kind) for kind in CHANGES),
                ids=tuple(release.id for release in plan.put[:_TOLD]),
            )
        )
    writer.finish(model, new_generation=switched, forget=plan.complete)
