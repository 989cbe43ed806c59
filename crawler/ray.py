"""Ray Data: `portalsieve.ray.extract(dataset)` returns the records of a dataset of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .engines.extractor import Extractor
from .engines.rows import extract_rows

if TYPE_CHECKING:
    import pyarrow
    from ray.data import Dataset

BATCH = 256
"""Pages in one call of a worker."""


class _Batches:
    """What a worker of Ray keeps: its extractor."""

    def __init__(self, extractor: Extractor, *, refused: bool) -> None:
        self._extractor = extractor
        self._refused = refused

    def __call__(self, pages: pyarrow.Table) -> pyarrow.Table:
        return extract_rows(pages, self._extractor, refused=self._refused)


def extract(pages: Dataset, *, workers: int | None = None, refused: bool = False, **options: Any) -> Dataset:
    """Return the records of a dataset of pages, in the schema of this project's Parquet files.

    `pages` has the columns of `crawler.engines.rows.COLUMNS`: url, body, and if known headers, status, date. `workers`
    is the maximum number of actors (None: as many as there are CPUs). With `refused`, return the reasons of pages
    without a record. `options` are those of `crawler.engines.extractor.Extractor`.
    """
    import ray  # noqa: PLC0415 - an extra

    cpus = max(1, int(ray.cluster_resources().get("CPU", 1)))  # type: ignore[no-untyped-call]
    # The first actor alone must leave room for the tasks that read: a pool that takes all CPUs would wait for ever.
    pool = ray.data.ActorPoolStrategy(min_size=1, max_size=workers or cpus)
    arguments = {"extractor": Extractor(**options), "refused": refused}
    return pages.map_batches(
        _Batches,
        fn_constructor_kwargs=arguments,
        batch_format="pyarrow",
        batch_size=BATCH,
        compute=pool,
        num_cpus=1 if cpus > 1 else 0,
    )
