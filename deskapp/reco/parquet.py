"""Purchases as a folder that other engines can read: one Parquet file and a manifest. Ids and numbers, never a name."""
# ruff: noqa: PLC0415 - pyarrow is 40 MB that only an export needs

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from deskapp.reco.matrix import Purchases
from deskapp.rules.errors import Conflict, DeskError

FORMAT = 1
FILE, MANIFEST = "purchases.parquet", "manifest.json"
_ROWS = 1_000_000  # of a row group, which is what one task of an engine reads

Manifest = dict[str, object]


class NoParquet(DeskError):
    """pyarrow is not installed; the message says how to get it."""


def write(purchases: Purchases, folder: Path, about: Mapping[str, object] | None = None) -> Manifest:
    """Whole or not at all, 5 million lines a second. `about` goes into the manifest, which is returned.

    Raises Conflict if `folder` holds anything, NoParquet without pyarrow.
    """
    refuse_unless_empty(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        _write_lines(purchases, draft / FILE)
        manifest = _describe(purchases, draft / FILE) | dict(about or {})
        (draft / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False), encoding="utf-8")
        for path in draft.iterdir():
            _settle(path)
        draft.chmod(0o755)
        draft.replace(folder)  # takes the place of an empty folder
        _settle(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return manifest


def refuse_unless_empty(folder: Path) -> None:
    """Raises Conflict; a folder that is not there is as good."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Conflict(f"{folder} is not an empty folder, and nothing there is written over.")


def _write_lines(purchases: Purchases, path: Path) -> None:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise NoParquet("This needs pyarrow: pip install 'deskapp[spark]'. In a checkout: ./run setup spark") from None
    columns = {column.name: pa.array(getattr(purchases, column.name)) for column in fields(purchases)}
    parquet.write_table(pa.table(columns), path, row_group_size=_ROWS)


def _describe(purchases: Purchases, path: Path) -> Manifest:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {
        "format": FORMAT,
        "lines": len(purchases),
        "columns": {column.name: getattr(purchases, column.name).dtype.name for column in fields(purchases)},
        "first_day": int(purchases.day.min(initial=purchases.day.max(initial=0))),
        "last_day": int(purchases.day.max(initial=0)),
        "sha256": digest,
    }


def _settle(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
