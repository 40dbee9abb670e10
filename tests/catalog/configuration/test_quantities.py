"""Kubernetes quantities: exact both ways, and what people mean."""

from __future__ import annotations

from fractions import Fraction

import pytest

from apps.catalog.configuration.quantities import (
    GIB,
    MIB,
    QuantityError,
    cpu,
    cpu_text,
    java_size,
    java_text,
    memory,
    memory_text,
)


@pytest.mark.parametrize(
    ("text", "cores"),
    [
        ("500m", Fraction(1, 2)),
        ("2", 2),
        ("0.1", Fraction(1, 10)),
        (".5", Fraction(1, 2)),
        ("0.001", Fraction(1, 1000)),
    ],
)
def test_cpu_is_read_as_exact_cores(text: str, cores: Fraction) -> None:
    assert cpu(text) == cores


@pytest.mark.parametrize("text", ["", "-1", "1k", "1Gi", "m", "1 ", "1e3", "１", "1.", "+1", "0x1"])
def test_what_is_no_cpu_is_refused(text: str) -> None:
    with pytest.raises(QuantityError) as caught:
        cpu(text)
    assert (caught.value.code, caught.value.params) == ("quantity.bad_cpu", {"value": text, "suggestion": ""})


@pytest.mark.parametrize("text", ["0.0001", "0.5m", "1.0005"])
def test_cpu_finer_than_a_thousandth_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match=r"quantity\.cpu_too_fine"):
        cpu(text)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1Gi", GIB), ("1G", 10**9), ("1.5Gi", 1536 * MIB), ("128974848", 128974848), ("1Ki", 1024), ("2T", 2 * 10**12)],
)
def test_memory_is_read_as_bytes(text: str, size: int) -> None:
    assert memory(text) == size


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("1g", "1Gi"),
        ("512m", "512Mi"),
        ("1GB", "1Gi"),
        ("64k", "64Ki"),
        ("1.5g", "1.5Gi"),
        ("10b", "10"),
        ("1mb", "1Mi"),
    ],
)
def test_memory_as_java_and_docker_write_it_is_refused_with_what_was_meant(text: str, meant: str) -> None:
    with pytest.raises(QuantityError) as caught:
        memory(text)
    assert (caught.value.code, caught.value.suggestion) == ("quantity.bad_memory", meant)


@pytest.mark.parametrize("text", ["", "1X", "0.3", "1ki", "１Gi", "-1Gi", "1 Gi", "Gi"])
def test_what_is_no_memory_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match=r"quantity\.bad_memory"):
        memory(text)


def test_a_long_text_is_cut_in_the_sentence() -> None:
    with pytest.raises(QuantityError) as caught:
        memory("x" * 500)
    assert caught.value.params["value"] == "x" * 40


@pytest.mark.parametrize(
    ("cores", "text"),
    [(Fraction(1, 2), "500m"), (2, "2"), (Fraction(5, 2), "2500m"), (0, "0"), (Fraction(1, 1000), "1m")],
)
def test_cores_are_written_the_shortest_way(cores: Fraction, text: str) -> None:
    assert cpu_text(cores) == text
    assert cpu(text) == cores


@pytest.mark.parametrize("cores", [Fraction(1, 3), Fraction(-1)])
def test_cores_that_cannot_be_written_are_refused(cores: Fraction) -> None:
    with pytest.raises(QuantityError, match=r"quantity\.cpu_too_fine"):
        cpu_text(cores)


@pytest.mark.parametrize(
    ("size", "text"), [(GIB, "1Gi"), (1536 * MIB, "1536Mi"), (1000, "1000"), (2048, "2Ki"), (0, "0"), (1 << 50, "1Pi")]
)
def test_bytes_are_written_the_shortest_way(size: int, text: str) -> None:
    assert memory_text(size) == text
    assert memory(text) == size


@pytest.mark.parametrize(("text", "size"), [("2g", 2 * GIB), ("1536M", 1536 * MIB), ("64k", 65536)])
def test_a_java_size_is_read_as_bytes(text: str, size: int) -> None:
    assert java_size(text) == size


@pytest.mark.parametrize("text", ["", "1Gi", "1.5g", "g", "1024", "-1g", "２g", "1g "])
def test_what_is_no_java_size_is_refused(text: str) -> None:
    with pytest.raises(QuantityError, match=r"quantity\.bad_heap"):
        java_size(text)


@pytest.mark.parametrize(("size", "text"), [(2 * GIB, "2g"), (1536 * MIB, "1536m"), (MIB + 1, "1m"), (0, "0m")])
def test_bytes_are_written_for_java_down_to_whole_mebibytes(size: int, text: str) -> None:
    assert java_text(size) == text
