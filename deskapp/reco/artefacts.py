"""A model as a folder: one .npy file per array and a manifest that says what each must be. Nothing is ever unpickled."""

import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from deskapp.reco.fitted import Affinity, Model, Taste
from deskapp.reco.vocabulary import Vocabulary
from deskapp.rules.words import say

FORMAT = 1
MANIFEST = "manifest.json"
TABLES = ("in_orders", "new_in_orders", "in_homes")
COLUMNS = {"start": "<i8", "column": "<i4", "weight": "<f4", "together": "<i4"}
DTYPES = {
    "ids": "<i8",
    "popularity": "<i4",
    **{f"{table}.{column}": dtype for table in TABLES for column, dtype in COLUMNS.items()},
    "taste.factors": "<f4",
    "taste.gram": "<f4",
}
_FOR_READING = 0o444  # who copies over a mapped file in place takes the processes down that read it


class BadArtefact(Exception):
    """The folder does not hold a model that can be trusted; the message is one plain sentence."""


def save(model: Model, folder: Path) -> str:
    """Write `folder`, which must not exist yet, whole or not at all. Returns the sha256 of the manifest."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".draft-", dir=folder.parent))
    try:
        files = {name: _write_array(draft / f"{name}.npy", array) for name, array in _arrays(model).items()}
        manifest = json.dumps({"format": FORMAT, "files": files}, indent=1, sort_keys=True).encode()
        with (draft / MANIFEST).open("wb") as file:
            file.write(manifest)
            _settle(file)
        (draft / MANIFEST).chmod(_FOR_READING)
        draft.chmod(0o755)
        draft.rename(folder)
        _settle_folder(folder.parent)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return hashlib.sha256(manifest).hexdigest()


def load(folder: Path, *, digest: str | None = None) -> Model:
    """Memory-mapped and read-only. Raises BadArtefact, also where `digest` is not the one that `save` returned.

    Reads every byte to check it: about 1 s per 500 MB.
    """
    try:
        model = _assemble(_read(folder, digest))
        _check(model, folder.name)
    except BadArtefact:
        raise
    except OSError as error:
        file = Path(error.filename or folder).name  # not where it lies: anybody may read the sentence
        raise BadArtefact(
            say(
                "The model in {folder} cannot be read: {why} ({file}).",
                folder=folder.name,
                why=error.strerror or error,
                file=file,
            )
        ) from error
    except (
        Exception
    ) as error:  # numpy and json trip over spoilt bytes in ways of their own, from TokenError to MemoryError
        raise BadArtefact(say("The model in {folder} cannot be read: {why}.", folder=folder.name, why=error)) from error
    return model


def _read(folder: Path, digest: str | None) -> dict[str, NDArray[np.generic]]:
    manifest_bytes = (folder / MANIFEST).read_bytes()
    if digest is not None and hashlib.sha256(manifest_bytes).hexdigest() != digest:
        raise BadArtefact(say("The model in {folder} is not the one that was published.", folder=folder.name))
    manifest = json.loads(manifest_bytes)
    if manifest["format"] != FORMAT:
        raise BadArtefact(
            say(
                "The model in {folder} has format {theirs}, this release reads {ours}.",
                folder=folder.name,
                theirs=manifest["format"],
                ours=FORMAT,
            )
        )
    return {name: _read_array(folder / f"{name}.npy", manifest["files"][name], DTYPES[name]) for name in DTYPES}


def _arrays(model: Model) -> dict[str, NDArray[np.generic]]:
    named: dict[str, NDArray[np.generic]] = {"ids": model.vocabulary.ids, "popularity": model.popularity}
    for table in TABLES:
        named |= {f"{table}.{column}": getattr(getattr(model, table), column) for column in COLUMNS}
    return named | {"taste.factors": model.taste.factors, "taste.gram": model.taste.gram}


def _assemble(arrays: dict[str, NDArray[np.generic]]) -> Model:
    # The dtypes were checked one by one against DTYPES, which mypy cannot see.
    tables = {table: Affinity(*(arrays[f"{table}.{column}"] for column in COLUMNS)) for table in TABLES}  # type: ignore[arg-type]
    taste = Taste(arrays["taste.factors"], arrays["taste.gram"])  # type: ignore[arg-type]
    return Model(vocabulary=Vocabulary(arrays["ids"]), popularity=arrays["popularity"], taste=taste, **tables)  # type: ignore[arg-type]


def _write_array(path: Path, array: NDArray[np.generic]) -> dict[str, object]:
    plain = np.ascontiguousarray(array, dtype=DTYPES[path.stem])
    with path.open("wb") as file:
        np.save(file, plain, allow_pickle=False)
        _settle(file)
    path.chmod(_FOR_READING)
    return {"sha256": _sha256(path), "shape": list(plain.shape), "dtype": plain.dtype.str}


def _read_array(path: Path, said: dict[str, object], dtype: str) -> NDArray[np.generic]:
    if _sha256(path) != said["sha256"]:
        raise BadArtefact(say("The file {file} is not the one that was saved.", file=path.name))
    is_empty = said["shape"] == [0]  # which cannot be mapped
    array: NDArray[np.generic] = np.load(path, mmap_mode=None if is_empty else "r", allow_pickle=False)
    if list(array.shape) != said["shape"] or array.dtype.str != said["dtype"] or array.dtype.str != dtype:
        raise BadArtefact(say("The file {file} has another shape or type than it should.", file=path.name))
    if not np.isfinite(array).all():
        raise BadArtefact(say("The file {file} holds numbers that are not finite.", file=path.name))
    return array.view(np.ndarray)  # still mapped; indexing a np.memmap costs 15 us more each time


def _check(model: Model, name: str) -> None:
    """The arrays must fit each other, or a column number would reach into another item."""
    items = len(model.vocabulary)
    sound = (
        bool(np.all(np.diff(model.vocabulary.ids) > 0))
        and model.popularity.shape == (items,)
        and all(_is_table(getattr(model, table), items) for table in TABLES)
        and model.taste.factors.ndim == 2
        and len(model.taste.factors) == items
        and model.taste.gram.shape == (model.taste.factors.shape[1],) * 2
        and bool(np.all(np.linalg.eigvalsh(model.taste.gram) > 0))  # or a customer's taste could not be worked out
    )
    if not sound:
        raise BadArtefact(say("The parts of the model in {folder} do not fit together.", folder=name))


def _is_table(table: Affinity, items: int) -> bool:
    pairs = len(table.column)
    return (
        table.start.shape == (items + 1,)
        and table.column.shape == table.weight.shape == table.together.shape == (pairs,)
        and int(table.start[0]) == 0
        and int(table.start[-1]) == pairs
        and bool(np.all(np.diff(table.start) >= 0))
        and bool(np.all((table.column >= 0) & (table.column < items)))
        and _ascends_within_rows(table)
    )


def _ascends_within_rows(table: Affinity) -> bool:
    rises = np.diff(table.column) > 0
    first = table.start[(table.start > 0) & (table.start < len(table.column))]
    rises[first - 1] = True
    return bool(rises.all())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _settle(file: IO[bytes]) -> None:
    file.flush()
    os.fsync(file.fileno())


def _settle_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
