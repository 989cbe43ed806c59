"""Records of earlier minor versions of the schema can be read by the current readers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

from crawler.records.model import Record
from crawler.records.read import read_records
from crawler.records.validate import SCHEMA_FILE
from tests.record_samples import SAMPLES

SINCE_1_1 = {"abstract", "articleSection", "bodyFromData", "extraction", "doubts"}
FLAGS_OF_1_0 = {
    "encoding_doubt", "truncated", "body_short", "layout_fallback", "date_from_url", "body_from_data",
    "date_precision_low", "relative_date", "small_margin", "pages_missing",
}  # fmt: skip


def of_1_0(record: Record) -> dict[str, Any]:
    """Return `record` as version 1.0.0 wrote it."""
    plain = {key: value for key, value in record.to_dict().items() if key not in SINCE_1_1}
    plain["schemaVersion"] = "1.0.0"
    plain["fetch"] = {key: value for key, value in plain["fetch"].items() if key != "renderedChanges"}
    plain["flags"] = [flag for flag in plain["flags"] if flag in FLAGS_OF_1_0]
    return plain


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_record_of_1_0_is_read(tmp_path: Path, sample: str) -> None:
    """It is valid by its own schema, which is shipped too; what version 1.1 added is None or empty."""
    plain = of_1_0(SAMPLES[sample])
    schema = json.loads((SCHEMA_FILE.parent / "record-1.0.0.json").read_text(encoding="utf-8"))
    assert [] == [*Draft202012Validator(schema).iter_errors(plain)]
    (tmp_path / "a.jsonl").write_bytes(msgspec.json.encode(plain))
    (record,) = read_records(tmp_path / "a.jsonl")
    assert plain == of_1_0(msgspec.structs.replace(record, schema_version="1.0.0"))
    assert (None, None, None, None, ()) == (
        record.abstract, record.article_section, record.body_from_data, record.extraction, record.doubts,
    )  # fmt: skip
