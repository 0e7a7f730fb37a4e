"""A few bytes for a vector: what they keep of it, and that they mean the same everywhere."""

import hashlib
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eventqa.quantize import decoded, encoded, rotated, width

DIMS = [1, 3, 32, 384, 385, 768]


def unit_rows(count: int, dim: int, seed: int = 0) -> np.ndarray:
    rows = np.random.default_rng(seed).standard_normal((count, dim)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def pairs(dim: int) -> tuple[np.ndarray, np.ndarray]:
    """2,000 pairs of unit vectors whose inner products are about .7, as those of like words."""
    first = unit_rows(2000, dim)
    second = first + unit_rows(2000, dim, seed=1)
    return first, second / np.linalg.norm(second, axis=1, keepdims=True)


def errors(dim: int) -> np.ndarray:
    """How far the inner products of decoded vectors are from the true ones."""
    first, second = pairs(dim)
    products = (rotated(second) * decoded(encoded(first), dim)).sum(axis=1)
    return products - (first * second).sum(axis=1)


@pytest.mark.parametrize(
    ("dim", "size"), [(1, 1), (3, 1), (4, 1), (5, 2), (32, 8), (384, 96), (385, 97), (768, 192)]
)
def test_a_vector_takes_a_byte_for_four_places(dim, size):
    codes = encoded(unit_rows(5, dim))
    assert width(dim) == size
    assert (codes.shape, codes.dtype) == ((5, size), np.uint8)
    assert (decoded(codes, dim).shape, decoded(codes, dim).dtype) == ((5, dim), np.float32)


@pytest.mark.parametrize("dim", DIMS)
def test_no_vectors_are_no_codes(dim):
    none = encoded(np.empty((0, dim), np.float32))
    assert none.shape == (0, width(dim))
    assert decoded(none, dim).shape == (0, dim)


# Measured: standard deviation .070, .020, .020 and .015; mean error .011 and at most .0015.
@pytest.mark.parametrize(
    ("dim", "mean", "deviation"),
    [(32, 0.02, 0.08), (384, 0.003, 0.025), (385, 0.003, 0.025), (768, 0.003, 0.018)],
)
def test_inner_products_are_close_and_on_average_true(dim, mean, deviation):
    assert abs(errors(dim).mean()) < mean
    assert errors(dim).std() < deviation


def test_inner_products_of_unlike_vectors_are_on_average_true():
    first, second = unit_rows(4000, 384), unit_rows(4000, 384, seed=1)
    products = (rotated(second) * decoded(encoded(first), 384)).sum(axis=1)
    assert abs((products - (first * second).sum(axis=1)).mean()) < 0.002


def test_a_vector_of_a_single_place_is_still_nearest_to_itself():
    # No encoder makes such vectors. The rotation spreads one into a wave of unlike distribution,
    # and its products come out a quarter too large: 1.24 with itself, at most .2 with others.
    axes = np.eye(384, dtype=np.float32)
    products = rotated(axes) @ decoded(encoded(axes), 384).T
    np.testing.assert_allclose(products.diagonal(), 1.24, atol=0.01)
    assert abs(products - products.diagonal() * axes).max() < 0.25


@pytest.mark.parametrize("dim", DIMS)
def test_the_rotation_keeps_every_inner_product(dim):
    axes = np.eye(dim, dtype=np.float32)
    turned = rotated(axes).astype(np.float64)
    np.testing.assert_allclose(turned @ turned.T, axes, atol=1e-5)
    rows = unit_rows(20, dim)
    np.testing.assert_allclose(rotated(rows) @ rotated(rows).T, rows @ rows.T, atol=1e-5)


ROTATION = """
import hashlib, numpy as np
from eventqa.quantize import encoded, rotated
turned = rotated(np.eye(384, dtype=np.float32)).astype(np.float64)
# At this scale no value is near to where rounding would turn over.
print(hashlib.sha256(np.rint(turned * 900).astype("<i2").tobytes()).hexdigest())
print(encoded(np.eye(8, dtype=np.float32)[:2]).tolist())
"""


def test_codes_mean_the_same_in_every_process():
    run = subprocess.run(
        [sys.executable, "-c", ROTATION], capture_output=True, text=True, check=True
    )
    assert run.stdout.splitlines() == [
        "bb830d09a1249c3a9f9254e977443b1705ab2537bb8195b4b804ad8d14b15c9c",
        "[[255, 171], [111, 64]]",
    ]


def test_the_rotation_is_a_cosine_transform_after_changes_of_sign():
    # Bits of sha256, 1 for +1; DCT-II by its definition.
    bits = hashlib.sha256(b"eventqa 0").digest()
    signs = [1 if bits[at // 8] >> (7 - at % 8) & 1 else -1 for at in range(8)]
    row = unit_rows(1, 8)[0]
    wanted = [
        sum(signs[n] * float(row[n]) * np.cos(np.pi / 8 * (n + 0.5) * k) for n in range(8))
        * (np.sqrt(1 / 8) if k == 0 else np.sqrt(2 / 8))
        for k in range(8)
    ]
    np.testing.assert_allclose(rotated(row[None])[0], wanted, atol=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    st.sampled_from(DIMS),
    st.integers(0, 10_000),
    st.lists(st.integers(0, 29), min_size=1, max_size=10),
)
def test_a_vector_s_codes_never_depend_on_other_rows(dim, seed, chosen):
    rows = unit_rows(30, dim, seed)
    assert encoded(rows[chosen]).tolist() == encoded(rows)[chosen].tolist()
    codes = encoded(rows)
    assert decoded(codes[chosen], dim).tolist() == decoded(codes, dim)[chosen].tolist()


def test_not_one_code_in_millions_depends_on_how_many_rows_there_are():
    rows = unit_rows(10_000, 384)
    together = encoded(rows)
    assert all((encoded(rows[n : n + 1])[0] == together[n]).all() for n in range(10_000))
