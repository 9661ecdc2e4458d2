from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from labbuilder.quantity import (
    MAX_BYTES,
    format_binary,
    format_memory,
    is_storage,
    parse_cpu,
    parse_memory,
    parse_quantity,
)

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
        ("12MiB", 12 * 1024**2),
        ("3GB", 3 * 1000**3),
        ("0.75gib", 768 * 1024**2),
        ("1mB", 1000**2),
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
        *(
            *NO_NUMBERS,
            "1.5",
            "1m",
            "1000m",
            "1B",
            "1b",
            "1GBB",
            "1GBi",
            "1G B",
            "1 GiB",
            "1 Gi",
            "1i",
            "-1Gi",
            "1e3Ki",
        ),
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
    ("amount", "text"),
    [
        (3 * 1000**3, "2.79397Gi"),
        (1500 * 1024**2, "1.46484Gi"),
        (768 * 1024**2, "768Mi"),
        (1023, "1023"),
        (64_000, "62.5Ki"),
        (3 * 1024**3, "3Gi"),
        (0, "0"),
        (1, "1"),
        (1000, "1000"),
        *((1024**power, f"1{unit}i") for power, unit in enumerate("KMGTPE", 1)),
        *((1024**power - 1, f"1024{unit}") for power, unit in enumerate(["Ki", "Mi", "Gi"], 2)),
        (1024**2 - 1024, "1023Ki"),
        (int(1023.9995 * 1024**2), "1024Mi"),  # rounds up, and stays in its unit
        (int(1023.994 * 1024**2), "1023.99Mi"),
        (1024**3 + 1, "1Gi"),
        (6871947673, "6.4Gi"),
        (100 * 1024**4, "100Ti"),
        (MAX_BYTES, "8Ei"),
    ],
)
def test_memory_is_written_in_the_largest_binary_unit_with_six_digits(
    amount: int, text: str
) -> None:
    assert format_binary(amount) == text


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


# What a cluster holds

SUFFIXES = {
    "n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1),
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", 1)},
}  # fmt: skip
DIGITS = "1234567890" * 4
NINES = "9" * 40


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        *(("1n", "0.000000001"), ("1u", "0.000001"), ("1m", "0.001"), ("1", "1"), ("1k", "1000")),
        *(("1M", "1e6"), ("1G", "1e9"), ("1T", "1e12"), ("1P", "1e15"), ("1E", "1e18")),
        *(("1Ki", "1024"), ("1Mi", "1048576"), ("1Gi", "1073741824"), ("1Ti", "1099511627776")),
        *(("1Pi", "1125899906842624"), ("1Ei", "1152921504606846976"), ("0.5Ki", "512")),
        *(("1e3", "1000"), ("1E3", "1000"), ("1e+3", "1000"), ("1E+03", "1000"), ("1e0", "1")),
        *(("1e-3", "0.001"), ("1E-3", "0.001"), ("1e-07", "0.0000001"), ("1.5e2", "150")),
        *(("1E", "1e18"), ("1E1", "10"), ("1e999", "1e999"), ("1e-999", "1e-999")),
        *((".5", "0.5"), ("5.", "5"), ("5.Gi", "5368709120"), (".5e1", "5"), ("5.e1", "50")),
        *(("+1", "1"), ("+.5", "0.5"), ("+1Ki", "1024"), ("-0", "0"), ("-0.0m", "0")),
        *(("0", "0"), ("0Ki", "0"), ("00", "0"), ("007", "7"), ("1.50", "1.5"), ("0.1", "0.1")),
        *((0, "0"), (9, "9"), (0.5, "0.5"), (9.0, "9"), (1e-07, "1e-7"), (1e30, "1e30")),
        *((Decimal("0.1"), "0.1"), (Decimal("1E+3"), "1000"), (MAX_BYTES, str(MAX_BYTES))),
    ],
)
def test_a_quantity_is_read_exactly(value: str | float | Decimal, amount: str) -> None:
    found = parse_quantity(value)
    assert isinstance(found, Decimal)
    assert found == Decimal(amount)


@pytest.mark.parametrize("digits", [DIGITS, NINES, f"{DIGITS}.{DIGITS}", f"{NINES}.{NINES}"])
@pytest.mark.parametrize(("suffix", "factor"), SUFFIXES.items(), ids=SUFFIXES)
def test_no_digit_is_lost_whatever_the_callers_precision(
    suffix: str, factor: Fraction, digits: str
) -> None:
    with localcontext(prec=3):
        found = parse_quantity(f"{digits}{suffix}")
    assert Fraction(found) == Fraction(digits) * factor


@pytest.mark.parametrize(
    "value",
    [
        *("", " ", ".", "+", "-", "--1", "+-1", "1.2.3"),
        *("1 ", " 1", "1\n", "\t1", "1 Gi", "1\u00a0", "1\u2028"),
        *("1_000", "1,5", "0x1", "1e", "1e+", "e3", "E", "Ki", "1e3.5", "1e1000", "1e3k", "1kE"),
        *("1K", "1ki", "1KI", "1gi", "1g", "1i", "1mi", "1b", "1GB", "1GiB", "1Zi", "1mm", "1Kim"),
        *("٣", "１", "1²", "१Gi", "1Ｇi", "1µ", "1\0", "\ud800"),
        *("nan", "NaN", "inf", "-inf", "Infinity", "one", "true", "None", "null", "lots"),
        *(None, True, False, [], ["1"], {}, {"1": 1}, b"1", (1,)),
        *(float("nan"), float("inf"), Decimal("NaN"), Decimal("Infinity"), 1j),
        *(DIGITS + "1", f"0.{DIGITS}1", "0" * 41, 10**40, 10**5000, Decimal("1e-4321")),
    ],
    ids=lambda value: "a huge number" if value == 10**5000 else ascii(value),
)
def test_what_is_no_quantity_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid quantity"):
        parse_quantity(value)


@pytest.mark.parametrize(
    "value",
    ["-1", "-0.001", "-.5", "-5.", "-1Gi", "-1n", "-1e3", "-1e-999", f"-{NINES}Ei", -1, -1e-07],
)
def test_a_negative_quantity_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="is negative"):
        parse_quantity(value)


@st.composite
def amounts(draw: st.DrawFn) -> Fraction:
    """Make amounts that a suffix at random writes with few digits."""
    number = Fraction(draw(st.integers(0, 10**12)), 10 ** draw(st.integers(0, 9)))
    return number * draw(st.sampled_from(sorted(SUFFIXES.values())))


def written(amount: Fraction, factor: Fraction) -> str | None:
    """Write an amount by a unit, if 40 digits on each side of the point hold it exactly."""
    number = amount / factor
    scaled = number * 10**40
    if scaled.denominator != 1:
        return None
    whole, part = divmod(int(scaled), 10**40)
    text = f"{whole}.{part:040}".rstrip("0").rstrip(".")
    return text if len(str(whole)) <= 40 else None


@given(amounts(), st.sampled_from(sorted(SUFFIXES)))
def test_rewriting_an_amount_with_any_suffix_that_divides_it_exactly_keeps_the_amount(
    amount: Fraction, suffix: str
) -> None:
    text = written(amount, SUFFIXES[suffix])
    assume(text)
    assert Fraction(parse_quantity(f"{text}{suffix}")) == amount


@given(amounts(), st.integers(-30, 30), st.sampled_from(["e", "E"]))
def test_rewriting_an_amount_with_any_exponent_keeps_the_amount(
    amount: Fraction, exponent: int, letter: str
) -> None:
    text = written(amount, Fraction(10) ** exponent)
    assume(text)
    assert Fraction(parse_quantity(f"{text}{letter}{exponent}")) == amount


@given(st.decimals(0, allow_nan=False, allow_infinity=False, places=9) | st.floats(0, 2**63))
def test_a_number_is_read_as_what_python_writes(number: Decimal | float) -> None:
    assume(len(str(number)) <= 40)
    assert parse_quantity(number) == Decimal(str(number))
