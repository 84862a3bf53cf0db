"""Sealed files: no byte changes unnoticed, and torch reads them as any other."""

import io
import zipfile
from pathlib import Path

import pytest
import torch

from aevb.sealed import Unreadable, read_sealed, write_sealed

CONTENT = {"weights": torch.arange(50.0), "config": {"name": "ü", "sizes": [1, 2]}}


def same(a: dict[str, object], b: dict[str, object]) -> bool:
    return torch.equal(a["weights"], b["weights"]) and a["config"] == b["config"]  # type: ignore[arg-type]


def test_what_was_written_is_read_by_us_and_by_torch(tmp_path: Path) -> None:
    write_sealed(tmp_path / "a", CONTENT)
    assert same(read_sealed(tmp_path / "a"), CONTENT)
    assert same(torch.load(tmp_path / "a", weights_only=True), CONTENT)
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_no_byte_changes_unnoticed(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_sealed(file, CONTENT)
    content = file.read_bytes()
    parts = [*range(0, len(content), 6), *range(len(content) - 80, len(content))]
    for i in parts:  # names, headers, padding, records, directory and digest
        file.write_bytes(content[:i] + bytes([content[i] ^ 1 << i % 8]) + content[i + 1 :])
        with pytest.raises(Unreadable):
            read_sealed(file)


def test_no_byte_is_missing_or_added_unnoticed(tmp_path: Path) -> None:
    file = tmp_path / "a"
    write_sealed(file, CONTENT)
    content = file.read_bytes()
    ends = [*range(0, len(content), 97), *range(len(content) - 100, len(content))]
    for changed in (b"x" + content, content + b"\0", content * 2, *(content[:end] for end in ends)):
        file.write_bytes(changed)
        with pytest.raises(Unreadable):
            read_sealed(file)


def test_a_file_of_torch_alone_has_the_sums_of_its_records(tmp_path: Path) -> None:
    file = tmp_path / "a"
    torch.save(CONTENT, file)
    assert same(read_sealed(file), CONTENT)
    content = file.read_bytes()
    weights = CONTENT["weights"].numpy().tobytes()  # type: ignore[attr-defined]
    for i in range(content.index(weights), content.index(weights) + len(weights)):
        file.write_bytes(content[:i] + bytes([content[i] ^ 1 << i % 8]) + content[i + 1 :])
        with pytest.raises(Unreadable, match="cut short or changed"):
            read_sealed(file)


@pytest.mark.parametrize("pickled", [b"", b".", b"h\x05.", b"cos\nsystem\n."])
def test_bytes_made_to_be_misread_are_refused(tmp_path: Path, pickled: bytes) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as records:
        for name, content in (("data.pkl", b"\x80\x02" + pickled), ("byteorder", b"little"), ("version", b"3\n")):
            records.writestr(f"archive/{name}", content)
    (tmp_path / "a").write_bytes(archive.getvalue())
    with pytest.raises(Unreadable):
        read_sealed(tmp_path / "a")


def test_a_compressed_record_is_not_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w", zipfile.ZIP_DEFLATED) as records:
        records.writestr("archive/data.pkl", b"\x80\x02}.")
        records.writestr("archive/data/0", bytes(10**6))
    with pytest.raises(Unreadable, match="changed"):
        read_sealed(tmp_path / "a")
