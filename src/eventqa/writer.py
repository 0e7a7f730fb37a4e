"""Changes of what the store holds, within one transaction."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from itertools import count, repeat
from typing import Any

from eventqa.acronyms import defined
from eventqa.corpus import FileState
from eventqa.salvage import Row, checked
from eventqa.schema import FAMILIES_SAYING
from eventqa.types import Change, Embedded, Period, Problem, Release, digest
from eventqa.view import BY_TEXT, COLUMNS, Encoded, View, content_of, ordinal


class Writer(View):
    """A view of the store that may change it; what it has changed is there for it to read."""

    def set_meta(self, name: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, value))

    def put_vectors(
        self, model: str, encoded: Iterable[tuple[str, Encoded]], first: int | None = None
    ) -> None:
        """Adds the vectors of texts, each by its `Embedded.key`.

        Args:
            first: their ids, from `next_vector_id` on, count from here; if None from the last one.
        """
        rows = (
            (
                model,
                key,
                len(one.rows),
                one.rows.astype("<f4").tobytes(),
                one.codes.tobytes(),
                one.spans.astype("<i4").tobytes(),
            )
            for key, one in encoded
        )
        self.put_rows(rows, first)

    def put_rows(self, rows: Iterable[Row], first: int | None = None) -> None:
        """The same, of vectors in the form in which the store has them."""
        ids = repeat(None) if first is None else count(first)
        self._db.executemany(
            "INSERT INTO vector (id, model, embedded, windows, rows, codes, spans, checked) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            ((id, *row, checked(row)) for id, row in zip(ids, rows, strict=False)),
        )
        self.set_meta("ahead", "1")

    def put_files(self, files: Mapping[str, FileState]) -> None:
        """Replaces what is known of the files, touching only what differs."""
        before = self.files()
        self._db.executemany(
            "DELETE FROM file WHERE path = ?", ((path,) for path in before.keys() - files.keys())
        )
        self._db.executemany(
            "INSERT OR REPLACE INTO file VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                (path, *state.stamp, state.sha256, state.settled)
                for path, state in files.items()
                if before.get(path) != state
            ),
        )

    def put_problems(self, kind: str, problems: Iterable[Problem]) -> None:
        self._db.executemany(
            "INSERT INTO problem VALUES (?, ?, ?, ?, ?, ?)",
            ((p.path, p.line, p.message, p.lost, kind, p.member) for p in problems),
        )

    def keep_problems(self, kind: str, paths: Iterable[str]) -> None:
        """Forgets all problems but those of one kind with some files."""
        self._db.execute(
            "DELETE FROM problem WHERE kind != ? OR path NOT IN (SELECT value FROM json_each(?))",
            (kind, json.dumps(list(paths))),
        )

    def drop_releases(self, ids: Iterable[str]) -> None:
        listed = (json.dumps(list(ids)),)
        for table in ("passage", "acronym", "band", "release"):
            column = "id" if table == "release" else "release"
            self._db.execute(
                f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))", listed
            )

    def put_change(self, change: Change) -> None:
        """Notes what this change of the releases is."""
        self.set_meta("change", json.dumps(asdict(change), default=dt.datetime.isoformat))

    def put_release(self, release: Release) -> None:
        """Adds a release with its passages; one of the same id must have been dropped."""
        self._db.execute(
            f"INSERT INTO release ({COLUMNS}, content) VALUES ({', '.join('?' * 17)})",
            (
                release.id,
                release.path,
                release.line,
                release.text,
                release.title,
                json.dumps(release.title_span),
                json.dumps(release.dateline_span),
                release.place,
                release.date.isoformat() if release.date else None,
                release.body,
                release.url,
                release.language,
                release.member,
                json.dumps(release.pages) if release.pages else None,
                release.supersedes,
                release.fetched_at.isoformat() if release.fetched_at else None,
                content_of(release),
            ),
        )
        self._db.executemany(
            "INSERT INTO passage (release, number, start, end, words, embedded) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                (release.id, p.number, p.start, p.end, digest(p.text), Embedded.of(p).key)
                for p in release.passages
            ),
        )
        self._db.executemany(
            "INSERT INTO acronym VALUES (?, ?, ?)",
            ((release.id, short, long) for short, long in defined(release.text).items()),
        )

    def put_bands(self, id: str, date: dt.date | None, bands: Iterable[int]) -> None:
        """By what releases like this one are found; replaces what was there."""
        self._db.execute("DELETE FROM band WHERE release = ?", (id,))
        self._db.executemany(
            "INSERT INTO band VALUES (?, ?, ?)",
            ((band, ordinal(date), id) for band in set(bands)),
        )

    def put_standing(self, id: str, lead: str, replaced_by: Sequence[str]) -> None:
        """Whose family a release is of, and what newer versions have replaced it, if any."""
        newer = json.dumps(list(replaced_by)) if replaced_by else None
        self._db.execute(
            "UPDATE release SET family = ?, superseded = ? WHERE id = ?", (lead, newer, id)
        )

    def put_said(self, id: str, said: Iterable[tuple[int, int, bool]]) -> None:
        """Of each passage its number, a hash of what it says, and whether it is a mere notice."""
        self._db.executemany(
            "UPDATE passage SET said = ?, notice = ? WHERE release = ? AND number = ?",
            ((words, notice, id, number) for number, words, notice in said),
        )

    def put_repeated(self, said: Iterable[int]) -> None:
        """Counts anew in how many families of releases something is said, by its hashes."""
        self._db.execute(
            "UPDATE passage SET repeated = known.families FROM "
            f"(SELECT j.value AS said, {FAMILIES_SAYING.format(said='j.value')} AS families "
            "FROM json_each(?) AS j) AS known "
            "WHERE passage.said = known.said AND passage.repeated IS NOT known.families",
            (json.dumps(list(said)),),
        )

    def put_spoken(self, id: str, times: Iterable[Iterable[Period]]) -> None:
        """The times that the passages of a release name, of each in order."""
        rows = (
            [[day and day.isoformat() for day in (one.start, one.end)] for one in named]
            for named in times
        )
        self._db.executemany(
            "UPDATE passage SET spoken = ? WHERE release = ? AND number = ?",
            ((json.dumps(row), id, number) for number, row in enumerate(rows, start=1)),
        )

    def forget_spoken(self) -> None:
        """Forgets what times passages name, so that they are found anew."""
        self._db.execute("UPDATE passage SET spoken = NULL WHERE spoken IS NOT NULL")

    def finish(self, model: str, *, new_generation: bool, forget: bool = True) -> int:
        """Ends a change, and returns the generation.

        Args:
            forget: drop the vectors of texts that are gone, rather than wait for their return.
        """
        if forget:
            self._db.execute(
                f"DELETE FROM vector WHERE id IN (SELECT id FROM vector AS v {BY_TEXT} "
                "WHERE NOT EXISTS (SELECT 1 FROM passage WHERE embedded = v.embedded))"
            )
        self._db.execute("DELETE FROM meta WHERE name = 'ahead'")
        self.set_meta("revision", str(self.state[1] + 1))
        if new_generation:
            self.generation += 1
            self.set_meta("generation", str(self.generation))
        self.set_meta("model", model)
        self.set_meta("freshness", json.dumps(self._count()))
        return self.generation

    def _count(self) -> dict[str, Any]:
        # A day that has not come yet anywhere is a mistake, and would make all else look old.
        tomorrow = (dt.date.today() + dt.timedelta(1)).isoformat()
        releases, newest = self._db.execute(
            "SELECT count(*), max(date) FILTER (WHERE date <= ?) FROM release", (tomorrow,)
        ).fetchone()
        (passages,) = self._db.execute("SELECT count(*) FROM passage").fetchone()
        return {
            "releases": releases,
            "passages": passages,
            "newest": newest,
            "built_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
        }
