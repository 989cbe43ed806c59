"""Records as Scrapy items: pipelines and feed exports see the keys and values of the record's JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
from itemadapter import ItemAdapter
from itemadapter.adapter import AdapterInterface

from ..records.model import Record

_FIELDS = {field.encode_name: field.name for field in msgspec.structs.fields(Record)}


class RecordAdapter(AdapterInterface):
    """Lets `ItemAdapter` read a record. A record does not change: a pipeline that adds to it yields its `to_dict()`."""

    def __init__(self, item: Record) -> None:
        super().__init__(item)
        self._plain: dict[str, Any] | None = None

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        """Return whether it is the class of records."""
        return issubclass(item_class, Record)

    @classmethod
    def get_field_names_from_class(cls, item_class: type) -> list[str]:
        """Return the keys in the order of the JSON."""
        del item_class
        return list(_FIELDS)

    def __getitem__(self, key: str) -> Any:
        if self._plain is None:
            self._plain = self.item.to_dict()
        return self._plain[key]

    def __setitem__(self, key: str, value: Any) -> None:
        raise TypeError(f"{key!r}: a record does not change; yield a dict made of record.to_dict() instead")

    def __delitem__(self, key: str) -> None:
        raise TypeError(f"{key!r}: a record does not change; yield a dict made of record.to_dict() instead")

    def __iter__(self) -> Iterator[str]:
        return iter(_FIELDS)

    def __len__(self) -> int:
        return len(_FIELDS)


def register() -> None:
    """Let Scrapy take records as items; further calls do nothing."""
    if RecordAdapter not in ItemAdapter.ADAPTER_CLASSES:
        ItemAdapter.ADAPTER_CLASSES = [*ItemAdapter.ADAPTER_CLASSES, RecordAdapter]
