"""gather(config) -> Gathered: from raw sources to rows that are checked, and a record of how they came about.

A single file is read into memory and checked there. Several tables are joined and checked by the engine, however large,
each step kept until one of its inputs changes, and only the sample that is wanted comes into memory.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slipway_ml.contract.manifest import Finding, SourceRecord
from slipway_training.config.expectations import read_expectations
from slipway_training.config.model import TrainingConfig
from slipway_training.data import sources
from slipway_training.data.checks.dates import check_dates
from slipway_training.data.checks.future import check_future
from slipway_training.data.checks.inspection import inspect_relation, inspect_table
from slipway_training.data.engine import DuckDBPyConnection, connect, integer, literal
from slipway_training.data.findings import with_configured_severities
from slipway_training.data.joining import joins, rows, views
from slipway_training.data.joining.cache import ROWS, Cache, Step
from slipway_training.data.joining.reading import Read, read
from slipway_training.data.table import Table
from slipway_training.progress import Progress


@dataclass(frozen=True, slots=True)
class Gathered:
    """Rows to divide; what the checks found in all of them; how many rows each step had; what they came from."""

    table: Table
    findings: tuple[Finding, ...]
    rows: dict[str, int]
    sources: tuple[SourceRecord, ...] = ()


def gather(config: TrainingConfig, progress: Progress) -> Gathered:
    """Raises ConfigError or DataCheckFailed; findings are returned, also errors, which the caller stops at."""
    if config.data.source == "sources":
        cache = Cache(config.data.cache)
        with connect(config.data.memory, cache.scratch()) as connection:
            return _Tables(config, cache, connection, progress).gather()
    table = sources.load(config.data, config.task)
    count = len(table.target)
    progress("load", f"{count} rows, {len(table.kinds)} columns from {config.data.source}")
    return Gathered(table, inspect_table(table, config), {config.data.source: count})


@dataclass(frozen=True, slots=True)
class _Tables:
    """The steps for several tables, in their order."""

    config: TrainingConfig
    cache: Cache
    connection: DuckDBPyConnection
    progress: Progress

    def gather(self) -> Gathered:
        data = self.config.data
        found: dict[str, Read] = {}
        for source in data.sources:
            found[source.name] = read(self.connection, self.cache, source)
            self.progress("read", f"{source.name}: {found[source.name].how}")
        joined = self._join(found)
        counts: dict[str, int] = joined.facts["rows"]
        tables = ", ".join(f"{counts[source.name]} {source.name}" for source in data.sources)
        said = f"{tables}: {counts['joined']} rows, {len(joined.facts['columns'])} columns{_kept(joined)}"
        self.progress("join", said)
        layout = rows.layout(joined.facts["columns"], data)
        checked = self._check(joined, layout)
        findings = [Finding.model_validate(finding) for finding in checked.facts["findings"]]
        self.progress("check", f"every row, {len(findings)} findings{_kept(checked)}")
        last = self._sample(joined, counts) if data.sample is not None else joined
        table = rows.to_table(self.connection, last.rows, layout, data, self.config.task)
        self.progress("load", f"{len(table.target)} rows, {len(table.kinds)} columns")
        records = tuple(
            SourceRecord(name=source.name, digest=found[source.name].digest, rows=counts[source.name])
            for source in data.sources
        )
        seen = [*check_dates(table, self.config), *findings, *check_future(table, self.config)]
        about = with_configured_severities(seen, data.severities)
        return Gathered(table, about, {**counts, "loaded": len(table.target)}, records)

    def _join(self, found: dict[str, Read]) -> Step:
        data = self.config.data

        def make(folder: Path) -> dict[str, Any]:
            tables = {s.name: views.make_view(self.connection, s, found[s.name].paths) for s in data.sources}
            joined = joins.join(self.connection, data.sources, tables)
            self.connection.execute(f"COPY ({joined.query}) TO {literal(str(folder / ROWS))} (FORMAT parquet)")
            count = integer(self.connection, f"SELECT count(*) FROM read_parquet({literal(str(folder / ROWS))})")
            return {"rows": {**joined.rows, "joined": count}, "columns": joined.columns}

        how = [source.model_dump(mode="json", exclude={"path", "url", "query"}) for source in data.sources]
        return self.cache.step("join", [how, [read.digest for read in found.values()]], make)

    def _check(self, joined: Step, layout: rows.Layout) -> Step:
        target = str(self.config.data.target)

        def make(_folder: Path) -> dict[str, Any]:
            view = rows.make_view(self.connection, joined.rows, layout, self.config.data)
            found = inspect_relation(self.connection, view, layout.kinds, target, self.config)
            return {"findings": [finding.model_dump(mode="json") for finding in found]}

        data = self.config.data
        wanted = None if data.checks is None else read_expectations(data.checks).model_dump(mode="json")
        features = self.config.features.model_dump(mode="json")
        said = [data.drop, data.kinds, data.empty_targets]
        inputs = [joined.digest, layout.terms, target, said, self.config.task, wanted, features]
        return self.cache.step("check", inputs, make)

    def _sample(self, joined: Step, counts: dict[str, int]) -> Step:
        wanted = min(self.config.data.sample or 0, counts["joined"])
        seed = self.config.split.random_state

        def make(folder: Path) -> dict[str, Any]:
            # Drawn by numpy, which promises to draw the same tomorrow; the engine's own sample depends on threads.
            drawn = np.random.default_rng(seed).choice(counts["joined"], wanted, replace=False, shuffle=False)
            self.connection.register("drawn", pd.DataFrame({"file_row_number": np.sort(drawn)}))
            numbered = f"read_parquet({literal(str(joined.rows))}, file_row_number = true)"
            chosen = f"SELECT * FROM {numbered} SEMI JOIN drawn USING (file_row_number) ORDER BY file_row_number"
            self.connection.execute(
                f"COPY (SELECT * EXCLUDE (file_row_number) FROM ({chosen})) TO {literal(str(folder / ROWS))} "
                "(FORMAT parquet)"
            )
            return {}

        step = self.cache.step("sample", [joined.digest, wanted, seed], make)
        self.progress("sample", f"{wanted} of {counts['joined']} rows{_kept(step)}")
        return step


def _kept(step: Step) -> str:
    return ", kept from before" if step.is_kept else ""
