"""The tree against the RFC's own roots, and its proofs against a checker that shares no code with it."""

import hashlib
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from app.log.tree import EMPTY_ROOT, HASH_BYTES, Tree, WrongProof, check_consistency, check_inclusion
from tests.proof import outsider

# The leaves and roots by which Certificate Transparency logs are tested.
DATA = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 64


def made_up(count: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % number).digest() for number in range(count)]


LEAVES = made_up(MOST)
TREE = Tree(LEAVES)


def spoilt(proof: list[bytes]) -> list[list[bytes]]:
    """A proof with each hash changed, each left out, two neighbours swapped, one more at either end."""
    found = [[*proof[:at], bytes([each[0] ^ 1]) + each[1:], *proof[at + 1 :]] for at, each in enumerate(proof)]
    found += [proof[:at] + proof[at + 1 :] for at in range(len(proof))]
    found += [[*proof[:at], b, a, *proof[at + 2 :]] for at, (a, b) in enumerate(pairwise(proof))]
    return [*found, [*proof, bytes(32)], [bytes(32), *proof]]


def test_the_eight_reference_roots() -> None:
    leaves = [hashlib.sha256(b"\x00" + bytes.fromhex(each)).digest() for each in DATA]
    tree = Tree(leaves)

    assert [tree.root(size).hex() for size in range(1, 9)] == ROOTS
    assert tree.root(0) == EMPTY_ROOT == hashlib.sha256().digest()


def test_a_tree_of_any_size_has_the_root_that_the_definition_gives() -> None:
    for size in range(MOST + 1):
        assert TREE.root(size) == Tree(LEAVES[:size]).root() == outsider.tree_root(LEAVES[:size])


def test_it_does_not_matter_in_which_portions_a_tree_grew() -> None:
    grown = Tree()
    for start, end in ((0, 1), (1, 4), (4, 4), (4, 11), (11, 40), (40, 41), (41, 64)):
        grown.extend(LEAVES[start:end])

        assert (grown.size, grown.root()) == (end, TREE.root(end))
    assert [grown.leaf(index) for index in range(MOST)] == LEAVES


def test_every_inclusion_proof_to_64_leaves_is_accepted() -> None:
    for size in range(1, MOST + 1):
        for index in range(size):
            proof = TREE.inclusion(index, size)
            check_inclusion(LEAVES[index], index, size, proof, TREE.root(size))
            assert outsider.root_by_inclusion(LEAVES[index], index, size, proof) == TREE.root(size)


def test_every_consistency_proof_to_64_leaves_is_accepted() -> None:
    for new in range(1, MOST + 1):
        for old in range(1, new + 1):
            proof = TREE.consistency(old, new)
            check_consistency(old, new, TREE.root(old), TREE.root(new), proof)
            roots = (TREE.root(old), TREE.root(new))
            assert outsider.roots_by_consistency(old, new, TREE.root(old), proof) == roots


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 21, 33])
def test_every_spoilt_inclusion_proof_is_refused(size: int) -> None:
    root = TREE.root(size)
    for index in range(size):
        proof, leaf = TREE.inclusion(index, size), LEAVES[index]
        wrong = [(leaf, index, size, each, root) for each in spoilt(proof) if each != proof]
        wrong += [(LEAVES[-1], index, size, proof, root), (leaf, index, size, proof, TREE.root(size + 1))]
        wrong += [(leaf, other, size, proof, root) for other in range(-1, size + 2) if other != index]
        for case in wrong:
            with pytest.raises(WrongProof):
                check_inclusion(*case)


@pytest.mark.parametrize("new", [1, 2, 3, 7, 8, 21, 33])
def test_every_spoilt_consistency_proof_is_refused(new: int) -> None:
    for old in range(1, new + 1):
        proof, old_root, new_root = TREE.consistency(old, new), TREE.root(old), TREE.root(new)
        wrong = [(old, new, old_root, new_root, each) for each in spoilt(proof) if each != proof]
        wrong += [(old, new, LEAVES[-1], new_root, proof), (old, new, old_root, LEAVES[-1], proof)]
        wrong += [(0, new, old_root, new_root, proof), (new + 1, new, old_root, new_root, proof)]
        for case in wrong:
            with pytest.raises(WrongProof):
                check_consistency(*case)


def why(check: Callable[..., None], *given: Any) -> str:
    with pytest.raises(WrongProof) as refused:
        check(*given)
    return str(refused.value)


SHORT, LONG = LEAVES[0][:31], LEAVES[0] + b"\x00"
IN_FIVE, TWO_TO_FIVE = TREE.inclusion(2, 5), TREE.consistency(2, 5)
AT_TWO, AT_FIVE = TREE.root(2), TREE.root(5)
TOO_SHORT, TOO_LONG = "the proof is too short", "the proof is too long"


@pytest.mark.parametrize("wrong", [SHORT, LONG, b""])
def test_a_hash_of_another_length_is_refused_wherever_it_stands(wrong: bytes) -> None:
    refused = {
        why(check_inclusion, wrong, 2, 5, IN_FIVE, AT_FIVE),
        why(check_inclusion, LEAVES[2], 2, 5, IN_FIVE, wrong),
        why(check_inclusion, LEAVES[2], 2, 5, [wrong, *IN_FIVE[1:]], AT_FIVE),
        why(check_inclusion, LEAVES[2], 2, 5, [*IN_FIVE, wrong], AT_FIVE),
        why(check_consistency, 2, 5, wrong, AT_FIVE, TWO_TO_FIVE),
        why(check_consistency, 2, 5, AT_TWO, wrong, TWO_TO_FIVE),
        why(check_consistency, 2, 5, AT_TWO, AT_FIVE, [wrong, *TWO_TO_FIVE[1:]]),
        why(check_consistency, 2, 5, AT_TWO, AT_FIVE, [*TWO_TO_FIVE, wrong]),
    }

    assert refused == {"a hash has 32 bytes"}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((LEAVES[0], 5, 5, [], AT_FIVE), "there is no entry 5 among 5"),
        ((LEAVES[0], -1, 5, [], AT_FIVE), "there is no entry -1 among 5"),
        ((LEAVES[0], 0, 0, [], EMPTY_ROOT), "there is no entry 0 among 0"),
        ((LEAVES[0], 0, 1, [LEAVES[1]], LEAVES[0]), TOO_LONG),
        ((LEAVES[2], 2, 5, [*IN_FIVE, LEAVES[0]], AT_FIVE), TOO_LONG),
        ((LEAVES[4], 4, 5, [*TREE.inclusion(4, 5), LEAVES[0]], AT_FIVE), TOO_LONG),
        ((LEAVES[2], 2, 5, IN_FIVE[:-1], AT_FIVE), TOO_SHORT),
        ((LEAVES[0], 0, 2, [], LEAVES[0]), TOO_SHORT),
        ((LEAVES[2], 2, 5, IN_FIVE, AT_TWO), "the proof leads to another root"),
        ((LEAVES[3], 2, 5, IN_FIVE, AT_FIVE), "the proof leads to another root"),
    ],
)
def test_a_refused_inclusion_proof_is_told_why(given: tuple[Any, ...], said: str) -> None:
    assert why(check_inclusion, *given) == said


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((0, 5, EMPTY_ROOT, AT_FIVE, []), "a tree of 5 entries does not grow out of one of 0"),
        ((6, 5, TREE.root(6), AT_FIVE, []), "a tree of 5 entries does not grow out of one of 6"),
        ((5, 5, AT_FIVE, AT_FIVE, [LEAVES[0]]), "one size has one root, and nothing to prove"),
        ((5, 5, AT_FIVE, AT_TWO, []), "one size has one root, and nothing to prove"),
        ((3, 5, TREE.root(3), AT_FIVE, []), TOO_SHORT),
        ((2, 5, AT_TWO, AT_FIVE, []), TOO_SHORT),
        ((2, 5, AT_TWO, AT_FIVE, TWO_TO_FIVE[:-1]), TOO_SHORT),
        ((2, 5, AT_TWO, AT_FIVE, [*TWO_TO_FIVE, LEAVES[0]]), TOO_LONG),
        ((3, 5, TREE.root(3), AT_FIVE, [*TREE.consistency(3, 5), LEAVES[0]]), TOO_LONG),
        ((2, 5, AT_TWO, AT_TWO, TWO_TO_FIVE), "the proof leads to other roots"),
        ((2, 5, AT_FIVE, AT_FIVE, TWO_TO_FIVE), "the proof leads to other roots"),
        ((3, 5, AT_TWO, AT_FIVE, TREE.consistency(3, 5)), "the proof leads to other roots"),
    ],
)
def test_a_refused_consistency_proof_is_told_why(given: tuple[Any, ...], said: str) -> None:
    assert why(check_consistency, *given) == said


@pytest.mark.parametrize(("index", "size"), [(5, 5), (-1, 5), (0, 0), (0, MOST + 1)])
def test_there_is_no_proof_of_what_is_not_there(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="leaves"):
        TREE.inclusion(index, size)


@pytest.mark.parametrize(("old", "new"), [(0, 5), (6, 5), (1, MOST + 1)])
def test_there_is_no_proof_for_sizes_that_never_were(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="leaves"):
        TREE.consistency(old, new)


def test_a_proof_in_a_log_of_100_000_entries_has_544_bytes() -> None:
    tree = Tree(made_up(100_000))

    longest = max((tree.inclusion(index, tree.size) for index in (0, 1, 65_535, 65_536, 99_999)), key=len)

    assert len(b"".join(longest)) == 544 == 17 * HASH_BYTES
