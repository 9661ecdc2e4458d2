from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labbuilder.quantity import MAX_BYTES, format_memory, is_storage, parse_cpu, parse_memory

NO_NUMBERS = ["", " ", "1 ", " 1", "1\n", "-1", "+1", ".5", "1.", "1e3", "1E3", "0x1", "1_000"]
NO_NUMBERS += ["nan", "inf", "-inf", "Infinity", "1,5", "٣", "１", "one", "true", "None"]


@pytest.mark.parametrize(
    ("value", "cores"),
    [
        (0, 0),
        ("0", 0),
        (4, 4),
        (0.25, 0.25),
        ("500m", 0.5),
        ("1m", 0.001),
        ("2500m", 2.5),
        ("1.234", 1.234),
        (1.234, 1.234),
        ("007", 7),
        ("1.000", 1),
        (10**9, 1e9),
    ],
)
def test_cpu_is_kept_as_cores(value: str | float, cores: float) -> None:
    found = parse_cpu(value)
    assert isinstance(found, float)
    assert found == cores


@pytest.mark.parametrize(
    "value",
    [
        *(*NO_NUMBERS, "m", "0.5m", "1M", "1k", "1Gi", "1.2345", "9999999999999m"),
        *(0.0001, 1e-7, -1, -0.5, True, False, float("nan"), float("inf"), 10**9 + 1, 1e30),
    ],
)
def test_other_amounts_of_cpu_are_refused(value: str | float) -> None:
    with pytest.raises(ValueError, match="CPU"):
        parse_cpu(value)


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        (0, 0),
        (1024, 1024),
        ("1024", 1024),
        ("1Gi", 1024**3),
        ("1gi", 1024**3),
        ("250M", 250 * 1000**2),
        ("64ki", 64 * 1024),
        ("64Ki", 64 * 1024),
        ("0.75Gi", 768 * 1024**2),
        ("1mi", 1024**2),
        ("1MI", 1024**2),
        ("1k", 1000),
        ("1K", 1000),
        ("3g", 3 * 1000**3),
        ("2Ti", 2 * 1024**4),
        ("1P", 1000**5),
        ("1Ei", 1024**6),
        ("0.0001k", 0),
        ("1.0015k", 1001),
        (MAX_BYTES, MAX_BYTES),
        (str(MAX_BYTES), MAX_BYTES),
    ],
)
def test_memory_is_kept_as_whole_bytes(value: str | int, amount: int) -> None:
    found = parse_memory(value)
    assert isinstance(found, int)
    assert found == amount


@pytest.mark.parametrize(
    "value",
    [
        *(*NO_NUMBERS, "1.5", "1m", "1000m", "1b", "1GB", "1GiB", "1 Gi", "1i", "-1Gi", "1e3Ki"),
        *("8Ei", MAX_BYTES + 1, -1, 1.5, 1e30, True, False, float("nan"), float("inf")),
    ],
)
def test_other_amounts_of_memory_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"memory|thousandth"):
        parse_memory(value)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0, "0"),
        (1, "1"),
        (999, "999"),
        (1000, "1k"),
        (1024, "1Ki"),
        (1536, "1.5Ki"),
        (3 * 1024**3, "3Gi"),
        (10 * 1024**3, "10Gi"),
        (100 * 1024**4, "100Ti"),
        (768 * 1024**2, "768Mi"),
        (250 * 1000**2, "250M"),
        (3 * 1000**3, "3G"),
        (1500 * 1000**3, "1.5T"),
        (6871947673, "6.4Gi"),
        (1024**3 + 1, "1Gi"),
        (MAX_BYTES, "8Ei"),
    ],
)
def test_memory_is_written_shortly(amount: int, text: str) -> None:
    assert format_memory(amount) == text


@given(st.integers(1, 1023), st.sampled_from(["Ki", "Mi", "Gi", "Ti", "k", "M", "G", "T"]))
def test_memory_that_a_site_would_write_is_written_exactly(number: int, unit: str) -> None:
    amount = parse_memory(f"{number}{unit}")
    assert parse_memory(format_memory(amount)) == amount


@given(st.integers(0, 2**62))
def test_memory_that_is_written_is_at_most_one_percent_off(amount: int) -> None:
    assert abs(parse_memory(format_memory(amount)) - amount) <= amount / 100


@pytest.mark.parametrize(
    ("text", "good"),
    [
        *((text, True) for text in ("1", "10Gi", "1.5G", "0.5k", "100Ki", "1M", "2T", "3Pi")),
        *((text, False) for text in ("0", "0Gi", "0.0", "1K", "1gi", "1m", "1GB", "1 Gi")),
        *((text, False) for text in NO_NUMBERS),
    ],
)
def test_storage_is_what_kubernetes_reads_and_not_none(text: str, good: bool) -> None:  # noqa: FBT001
    assert is_storage(text) is good
