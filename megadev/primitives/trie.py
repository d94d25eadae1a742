"""The hexary Merkle-Patricia trie (Yellow Paper, appendix D), immutable: a change makes a new trie that shares every
node it did not touch, so the root and the proofs of any earlier trie stay at hand for nothing.

A node is made together with its *reference*, what its parent holds of it: the RLP of its keccak256, or its own RLP
where that is shorter than 32 bytes. ``Trie.update`` takes all changes of a block at once and makes each new node once,
bottom up; nothing is hashed that is not part of the result.

Why references and not encodings are kept: a branch's encoding is half a kilobyte that its children's references can
always rebuild, and rebuilding it is cheap next to hashing it. Why leaves keep their whole key: the part of it that a
leaf spells depends on how deep it stands, and with the key at hand moving one costs no path arithmetic.

Why not compiled: a full branch takes 2.6 µs, of which 1.4 are its hash, a leaf 1.3, of which 0.5 are. A transfer's
block makes some twenty nodes in three tries. Nodes in a wasm memory, changed by one call for each trie, would save
about 20 of its 300 µs, for a second implementation, counts of references, and a lock around all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from megadev.primitives import rlp
from megadev.primitives.hexcodec import to_data
from megadev.primitives.keccak import keccak
from megadev.primitives.types import EMPTY_TRIE_ROOT, Hash32


class Nothing(msgspec.Struct, frozen=True, gc=False):
    """The absence of a node. One instance: ``NOTHING``."""

    ref: bytes = b"\x80"


class Leaf(msgspec.Struct, frozen=True, gc=False):
    """One value; ``key`` is the whole key in bytes, of which the node spells what lies below its depth."""

    ref: bytes
    key: bytes
    value: bytes


class Extension(msgspec.Struct, frozen=True, gc=False):
    """A stretch of nibbles (``path``, one per byte) shared by everything below; ``child`` is a branch."""

    ref: bytes
    path: bytes
    child: Branch | Unknown


class Branch(msgspec.Struct, frozen=True, gc=False):
    """Sixteen children by next nibble; ``value`` belongs to the key that ends here (b'' if none does)."""

    ref: bytes
    children: tuple[Node, ...]
    value: bytes


class Unknown(msgspec.Struct, frozen=True, gc=False):
    """A node of which only the hash is known (``Trie.of_nodes``)."""

    ref: bytes


Node: TypeAlias = Nothing | Leaf | Extension | Branch | Unknown


class UnknownNode(Exception):
    """A trie that is known in parts was asked for something below a node that is not among them: the one with that
    ``hash``, which ``path`` (nibbles, one per byte) leads to.
    """

    def __init__(self, node: Unknown, path: bytes) -> None:
        super().__init__(f"node {to_data(node.ref[1:])} is not known")
        self.hash: Hash32 = node.ref[1:]
        self.path = path


# Nodes are msgspec structs outside the garbage collector's sight: made in C in a third of a slotted class's time, and
# a trie of millions of nodes, which cannot form a cycle, adds nothing to a collection.

NOTHING = Nothing()
_NO_CHILDREN: tuple[Node, ...] = (NOTHING,) * 16

_join = b"".join
_NIBBLE_OF_DIGIT = bytes.maketrans(b"0123456789abcdef", bytes(range(16)))
_ODD_LEAF = [bytes((0x30 + nibble,)) for nibble in range(16)]
"""First byte of a leaf's path with an odd number of nibbles (hex-prefix encoding)."""
_STRING_PREFIX, _LIST_PREFIX = rlp.STRING_PREFIX, rlp.LIST_PREFIX


class Trie:
    """A mapping from byte keys to non-empty byte values with a Merkle root. Immutable."""

    __slots__ = ("_node",)

    def __init__(self, items: Mapping[bytes, bytes] | None = None) -> None:
        self._node: Node = _update(NOTHING, list(items.items()), 0) if items else NOTHING

    @classmethod
    def of_nodes(cls, root: Hash32, nodes: Mapping[Hash32, bytes], used: set[Hash32] | None = None) -> Trie:
        """The trie with that root, as far as ``nodes`` (encodings by their keccak256) tell of it. What it is asked of
        the rest raises ``UnknownNode``. The hashes of the nodes that belong to it are added to ``used``.

        Raises ``ValueError`` for a node that is none.
        """
        trie = cls()
        if root != EMPTY_TRIE_ROOT:
            trie._node = _decoded(b"\xa0" + root, b"", nodes, set() if used is None else used)
        return trie

    @property
    def root(self) -> Hash32:
        """The hash that commits to every key and value."""
        return _root_of(self._node)

    @property
    def is_empty(self) -> bool:
        """No keys."""
        return self._node is NOTHING

    def get(self, key: bytes) -> bytes:
        """The value of ``key``, b'' where there is none."""
        node = self._node
        depth = 0
        while True:
            if type(node) is Branch:
                if depth == 2 * len(key):
                    return node.value
                byte = key[depth >> 1]
                node = node.children[byte & 15 if depth & 1 else byte >> 4]
                depth += 1
            elif type(node) is Leaf:
                return node.value if node.key == key else b""
            elif type(node) is Extension:
                stop = depth + len(node.path)
                if _nibbles(key)[depth:stop] != node.path:
                    return b""
                node, depth = node.child, stop
            elif type(node) is Unknown:
                raise UnknownNode(node, _nibbles(key)[:depth])
            else:
                return b""

    def set(self, key: bytes, value: bytes) -> Trie:
        """A trie in which ``key`` has ``value``; b'' deletes it."""
        return _trie(_put(self._node, key, value, 0) if value else _remove(self._node, key, 0), self)

    def delete(self, key: bytes) -> Trie:
        """A trie without ``key``."""
        return _trie(_remove(self._node, key, 0), self)

    def update(self, changes: Mapping[bytes, bytes]) -> Trie:
        """A trie with all of ``changes`` made (b'' deletes); each node of the result is hashed once."""
        return _trie(_update(self._node, list(changes.items()), 0), self) if changes else self

    def prove(self, key: bytes) -> list[bytes]:
        """The encoded nodes from the root towards ``key``, as ``eth_getProof`` gives them (EIP-1186).

        They prove the key's value, or that it has none. Nodes shorter than 32 bytes stand inside their parents. An
        empty trie proves everything by its root alone, with no nodes (as geth).
        """
        proof: list[bytes] = []
        node = self._node
        depth = 0
        while node is not NOTHING:
            if type(node) is Unknown:
                raise UnknownNode(node, _nibbles(key)[:depth])
            if depth == 0 or len(node.ref) == 33:
                proof.append(_encoded(node, depth))
            if type(node) is Branch:
                if depth == 2 * len(key):
                    break
                node = node.children[_nibble(key, depth)]
                depth += 1
            elif type(node) is Extension:
                stop = depth + len(node.path)
                if _nibbles(key)[depth:stop] != node.path:
                    break
                node, depth = node.child, stop
            else:
                break
        return proof

    def witness(self, keys: Iterable[bytes], deleted: Iterable[bytes] = ()) -> frozenset[bytes]:
        """The encoded nodes of at least 32 bytes, and the root, that somebody needs who has nothing of this trie but
        its root, to look up and set ``keys``, and to delete ``deleted``, in whatever order.

        Those are the proofs of all of them and, since a branch must not be left with one child, the last child of each
        branch that the deletions leave so.
        """
        gone = list(deleted)
        nodes = {node for key in (*keys, *gone) for node in self.prove(key)}
        _last_children(self._node, gone, 0, nodes)
        return frozenset(nodes)

    def items(self) -> Iterator[tuple[bytes, bytes]]:
        """All keys with their values, in the order of the keys."""
        return _items(self._node, b"")

    def __iter__(self) -> Iterator[bytes]:
        return (key for key, _ in self.items())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trie) and self._node.ref == other._node.ref

    def __hash__(self) -> int:
        return hash(self._node.ref)


class GrowingTrie:
    """A trie that changes in place and only ever gains or changes keys of 32 bytes, for the sake of its roots.

    Why: in a row of empty blocks each changes one or two keys of the same tries, and hardly anybody looks at those in
    between. A branch that stays open keeps its children's references in a list, so that one more change costs joining
    and hashing them, and no new nodes. The nodes of the trie it starts from are left as they are.
    """

    __slots__ = ("_node",)

    def __init__(self, trie: Trie) -> None:
        self._node: Node | _OpenBranch = trie._node

    @property
    def root(self) -> Hash32:
        """The hash that commits to every key and value."""
        return _root_of(self._node)

    def put(self, key: bytes, value: bytes) -> None:
        """Set ``key`` (32 bytes) to ``value`` (not empty)."""
        node = self._node
        if type(node) is Branch:
            node = self._node = _OpenBranch(node)
        if type(node) is not _OpenBranch:
            assert not isinstance(node, _OpenBranch)
            self._node = _put(node, key, value, 0)
            return
        path: list[tuple[_OpenBranch, int]] = []
        depth = 0
        while True:
            byte = key[depth >> 1]
            place = byte & 15 if depth & 1 else byte >> 4
            path.append((node, place))
            depth += 1
            child = node.children[place]
            if type(child) is _OpenBranch:
                node = child
            elif type(child) is Branch:
                node.children[place] = node = _OpenBranch(child)
            else:
                assert not isinstance(child, _OpenBranch)
                new = node.children[place] = _put(child, key, value, depth)
                break
        ref = new.ref
        path.reverse()
        for node, place in path:
            node.refs[place] = ref
            payload = _join(node.refs)
            if 31 <= len(payload) < 1024:
                ref = b"\xa0" + keccak(_LIST_PREFIX[len(payload)] + payload)
            else:
                ref = _reference(payload)
        node.ref = ref  # the root's: those below it are known to their parents


class _OpenBranch:
    """A branch under a ``GrowingTrie``; ``refs`` is what is joined and hashed: the children's, then the value."""

    __slots__ = ("children", "ref", "refs")

    def __init__(self, branch: Branch) -> None:
        self.children: list[Node | _OpenBranch] = list(branch.children)
        self.refs = [child.ref for child in branch.children]
        self.refs.append(rlp.encode_bytes(branch.value) if branch.value else b"\x80")
        self.ref = branch.ref


def ordered_root(items: Sequence[bytes]) -> Hash32:
    """The root over a list, each item under the RLP of its index: a block's transactions, receipts or withdrawals."""
    if len(items) == 1:
        # the usual block holds one transaction: a single leaf under the nibbles 8, 0
        item = rlp.encode_bytes(items[0])
        return keccak(rlp.list_prefix(3 + len(item)) + b"\x82\x20\x80" + item)
    if not items:
        return EMPTY_TRIE_ROOT
    return Trie({rlp.encode(index): item for index, item in enumerate(items)}).root


def _root_of(node: Node | _OpenBranch) -> Hash32:
    """The hash of a trie by its topmost node, which is hashed however short it is."""
    ref = node.ref
    if len(ref) == 33:
        return ref[1:]
    return keccak(ref) if node is not NOTHING else EMPTY_TRIE_ROOT


def _trie(node: Node, old: Trie) -> Trie:
    if node is old._node:
        return old
    trie = Trie.__new__(Trie)
    trie._node = node
    return trie


# --- making nodes ---------------------------------------------------------------------------------------------------


def _branch(children: Sequence[Node], value: bytes) -> Branch:
    # spelled out because it runs for every level of every changed key: half the time of a comprehension
    a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p = children  # noqa: E741
    payload = _join(
        (
            a.ref, b.ref, c.ref, d.ref, e.ref, f.ref, g.ref, h.ref, i.ref, j.ref, k.ref, l.ref, m.ref, n.ref, o.ref,
            p.ref, rlp.encode_bytes(value) if value else b"\x80",
        )
    )  # fmt: skip
    if 31 <= len(payload) < 1024:
        return Branch(b"\xa0" + keccak(_LIST_PREFIX[len(payload)] + payload), tuple(children), value)
    return Branch(_reference(payload), tuple(children), value)


def _leaf(key: bytes, value: bytes, depth: int) -> Leaf:
    payload = _leaf_payload(key, value, depth)
    if 31 <= len(payload) < 1024:
        return Leaf(b"\xa0" + keccak(_LIST_PREFIX[len(payload)] + payload), key, value)
    return Leaf(_reference(payload), key, value)


def _extension(path: bytes, child: Branch | Unknown) -> Extension:
    return Extension(_reference(_extension_payload(path, child)), path, child)


def _leaf_payload(key: bytes, value: bytes, depth: int) -> bytes:
    middle = depth >> 1
    path = _ODD_LEAF[key[middle] & 15] + key[middle + 1 :] if depth & 1 else b"\x20" + key[middle:]
    if 1 < len(path) < 1024 and 1 < len(value) < 1024:
        return _STRING_PREFIX[len(path)] + path + _STRING_PREFIX[len(value)] + value
    return rlp.encode_bytes(path) + rlp.encode_bytes(value)


def _extension_payload(path: bytes, child: Branch | Unknown) -> bytes:
    flagged = b"\x01" + path if len(path) & 1 else b"\x00\x00" + path
    packed = bytes(high << 4 | low for high, low in zip(flagged[::2], flagged[1::2], strict=True))
    return rlp.encode_bytes(packed) + child.ref


def _reference(payload: bytes) -> bytes:
    """Returns a parent's reference to the node whose RLP list has this payload."""
    size = len(payload)
    if size < 31:
        return _LIST_PREFIX[size] + payload
    return b"\xa0" + keccak(rlp.list_prefix(size) + payload)


def _encoded(node: Node, depth: int) -> bytes:
    """The RLP of a node, rebuilt."""
    if len(node.ref) != 33:
        return node.ref
    if type(node) is Branch:
        payload = _join([child.ref for child in node.children]) + rlp.encode_bytes(node.value)
    elif type(node) is Leaf:
        payload = _leaf_payload(node.key, node.value, depth)
    else:
        assert type(node) is Extension
        payload = _extension_payload(node.path, node.child)
    return rlp.list_prefix(len(payload)) + payload


# --- changing one key -----------------------------------------------------------------------------------------------


def _put(node: Node, key: bytes, value: bytes, depth: int) -> Node:
    """``node``, which stands ``depth`` nibbles deep, with ``value`` (not empty) under ``key``."""
    if type(node) is Branch:
        try:
            byte = key[depth >> 1]
        except IndexError:  # the key ends here
            return node if node.value == value else _branch(node.children, value)
        place = byte & 15 if depth & 1 else byte >> 4
        children = list(node.children)
        old = children[place]
        new = _put(old, key, value, depth + 1)
        if new is old:
            return node
        children[place] = new
        return _branch(children, node.value)
    if type(node) is Leaf:
        if node.key == key:
            return node if node.value == value else _leaf(key, value, depth)
        return _build(sorted(((node.key, node.value), (key, value))), depth)
    if type(node) is Extension:
        path = node.path
        rest = _nibbles(key)[depth:]
        shared = _common(path, rest)
        if shared == len(path):
            child = _put(node.child, key, value, depth + shared)
            assert type(child) is Branch
            return node if child is node.child else _extension(path, child)
        children16 = list(_NO_CHILDREN)
        below = path[shared + 1 :]
        children16[path[shared]] = _extension(below, node.child) if below else node.child
        if shared < len(rest):
            children16[rest[shared]] = _leaf(key, value, depth + shared + 1)
            fork = _branch(children16, b"")
        else:
            fork = _branch(children16, value)
        return _extension(path[:shared], fork) if shared else fork
    if type(node) is Unknown:
        raise UnknownNode(node, _nibbles(key)[:depth])
    return _leaf(key, value, depth)


def _remove(node: Node, key: bytes, depth: int) -> Node:
    """``node`` without ``key``: the same object where it had none."""
    if type(node) is Branch:
        if depth == 2 * len(key):
            return _shrunk(node.children, b"", key, depth) if node.value else node
        place = _nibble(key, depth)
        old = node.children[place]
        new = _remove(old, key, depth + 1)
        if new is old:
            return node
        children = list(node.children)
        children[place] = new
        return _shrunk(children, node.value, key, depth)
    if type(node) is Leaf:
        return NOTHING if node.key == key else node
    if type(node) is Extension:
        stop = depth + len(node.path)
        if _nibbles(key)[depth:stop] != node.path:
            return node
        child = _remove(node.child, key, stop)
        return node if child is node.child else _extended(node.path, child, depth, key)
    if type(node) is Unknown:
        raise UnknownNode(node, _nibbles(key)[:depth])
    return node


def _shrunk(children: Sequence[Node], value: bytes, key: bytes, depth: int) -> Node:
    """The node for what a deletion left of a branch, which must not stay one if it has fewer than two things in it.

    ``key`` is any key that leads through the branch: it names the one that ends there.
    """
    places = [place for place, child in enumerate(children) if child is not NOTHING]
    if len(places) + bool(value) > 1:
        return _branch(children, value)
    if places:
        return _extended(bytes(places), children[places[0]], depth, key)
    return _leaf(key[: depth >> 1], value, depth) if value else NOTHING


def _extended(path: bytes, child: Node, depth: int, key: bytes) -> Node:
    """``child`` reached by ``path`` from ``depth``, in as few nodes as the trie's rules ask for. ``key`` leads to
    ``depth``.
    """
    if type(child) is Branch:
        return _extension(path, child)
    if type(child) is Leaf:
        return _leaf(child.key, child.value, depth)
    if type(child) is Extension:
        return _extension(path + child.path, child.child)
    if type(child) is Unknown:  # it must be known to be joined with what leads there
        raise UnknownNode(child, _nibbles(key)[:depth] + path)
    return child


def _last_children(node: Node, gone: list[bytes], depth: int, found: set[bytes]) -> bool:
    """Add to ``found`` what stays alone in a branch once the keys ``gone`` are deleted; whether anything stays here."""
    if not gone or node is NOTHING:
        return node is not NOTHING
    if type(node) is Leaf:
        return node.key not in gone
    if type(node) is Unknown:
        raise UnknownNode(node, _nibbles(gone[0])[:depth])
    if type(node) is Extension:
        stop = depth + len(node.path)
        inside = [key for key in gone if _nibbles(key)[depth:stop] == node.path]
        return _last_children(node.child, inside, stop, found)
    assert type(node) is Branch
    below: list[list[bytes]] = [[] for _ in range(16)]
    value = node.value
    for key in gone:
        if depth == 2 * len(key):
            value = b""
        else:
            below[_nibble(key, depth)].append(key)
    left = [place for place, child in enumerate(node.children) if _last_children(child, below[place], depth + 1, found)]
    if len(left) == 1 and not value and len(node.children[left[0]].ref) == 33:
        found.add(_encoded(node.children[left[0]], depth + 1))
    return bool(left or value)


# --- changing many --------------------------------------------------------------------------------------------------


def _update(node: Node, changes: list[tuple[bytes, bytes]], depth: int) -> Node:
    """``node`` with all ``changes`` made; their keys differ and agree in the first ``depth`` nibbles."""
    if len(changes) == 1:
        key, value = changes[0]
        return _put(node, key, value, depth) if value else _remove(node, key, depth)
    if type(node) is Branch:
        return _update_branch(node, changes, depth)
    if type(node) is Extension:
        # rare under hashed keys (two neighbours deep down), so not worth a way of its own
        new: Node = node
        for key, value in changes:
            new = _put(new, key, value, depth) if value else _remove(new, key, depth)
        return new
    if type(node) is Unknown:
        raise UnknownNode(node, _nibbles(changes[0][0])[:depth])
    kept = {node.key: node.value} if type(node) is Leaf else {}
    kept.update(changes)
    return _build(sorted(item for item in kept.items() if item[1]), depth)


def _update_branch(node: Branch, changes: list[tuple[bytes, bytes]], depth: int) -> Node:
    here = node.value
    shrinks = False
    groups: dict[int, list[tuple[bytes, bytes]]] = {}
    middle, low = depth >> 1, depth & 1
    for change in changes:
        key, value = change
        if not value:
            shrinks = True
        if len(key) == middle and not low:
            here = value
            continue
        place = key[middle] & 15 if low else key[middle] >> 4
        group = groups.get(place)
        if group is None:
            groups[place] = [change]
        else:
            group.append(change)
    children = list(node.children)
    for place, group in groups.items():
        children[place] = _update(children[place], group, depth + 1)
    if shrinks:
        return _shrunk(children, here, changes[0][0], depth)
    return _branch(children, here)


def _build(items: Sequence[tuple[bytes, bytes]], depth: int) -> Node:
    """The node over sorted ``items`` with values, whose keys agree in the first ``depth`` nibbles."""
    if len(items) < 2:
        return _leaf(*items[0], depth) if items else NOTHING
    first, last = items[0][0], items[-1][0]
    middle, low = depth >> 1, depth & 1
    if len(first) > middle and _nibble(first, depth) == _nibble(last, depth):
        # sorted, so what the first and the last key share, all of them do
        path = _nibbles(first)[depth:]
        path = path[: _common(path, _nibbles(last)[depth:])]
        below = _build(items, depth + len(path))
        assert type(below) is Branch
        return _extension(path, below)
    value = b""
    if len(first) == middle and not low:
        value = items[0][1]
        items = items[1:]
    groups: list[list[tuple[bytes, bytes]]] = [[] for _ in range(16)]
    for item in items:
        byte = item[0][middle]
        groups[byte & 15 if low else byte >> 4].append(item)
    return _branch([_build(group, depth + 1) if group else NOTHING for group in groups], value)


# --- reading --------------------------------------------------------------------------------------------------------

_LONGEST_KEY = 64
"""Nibbles of the keys that a trie from elsewhere may have: those of 32 bytes."""


def _decoded(ref: bytes, path: bytes, nodes: Mapping[Hash32, bytes], used: set[Hash32]) -> Node:
    """The node that ``ref`` refers to, with all below it that is known. Raises ``ValueError``."""
    if len(ref) == 33:
        encoded = nodes.get(ref[1:])
        if encoded is None:
            return Unknown(ref)
        used.add(ref[1:])
    else:
        encoded = ref
    fields = rlp.decode(encoded)
    if type(fields) is not list or len(path) > _LONGEST_KEY:
        raise ValueError("a trie's node is a list, and no key has more than 32 bytes")

    def child(item: object, way: bytes) -> Node:
        if type(item) is list:
            return _decoded(rlp.encode(item), way, nodes, used)
        if type(item) is not bytes or len(item) not in (0, 32):
            raise ValueError("a node's child is nothing, a hash or a short node")
        return _decoded(b"\xa0" + item, way, nodes, used) if item else NOTHING

    if len(fields) == 17:
        value = fields[16]
        if type(value) is not bytes:
            raise ValueError("a branch's value is a string")
        return Branch(ref, tuple(child(item, path + bytes((place,))) for place, item in enumerate(fields[:16])), value)
    if len(fields) != 2 or type(fields[0]) is not bytes or not fields[0] or fields[0][0] >> 4 > 3:
        raise ValueError("a node is a branch of 17 fields, or a path and what it leads to")
    flag = fields[0][0] >> 4
    way = path + _nibbles(fields[0])[1 if flag & 1 else 2 :]
    if flag < 2:
        below = child(fields[1], way)
        if not isinstance(below, Branch | Unknown):
            raise ValueError("an extension leads to a branch")
        return Extension(ref, way[len(path) :], below)
    if type(fields[1]) is not bytes or len(way) % 2:
        raise ValueError("a leaf's value is a string, and its key has whole bytes")
    key = bytes(high << 4 | low for high, low in zip(way[::2], way[1::2], strict=True))
    return Leaf(ref, key, fields[1])


def _items(node: Node, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
    if type(node) is Leaf:
        yield node.key, node.value
    elif type(node) is Extension:
        yield from _items(node.child, prefix + node.path)
    elif type(node) is Branch:
        if node.value:
            yield bytes(high << 4 | low for high, low in zip(prefix[::2], prefix[1::2], strict=True)), node.value
        for place, child in enumerate(node.children):
            yield from _items(child, prefix + bytes((place,)))


def _nibble(key: bytes, depth: int) -> int:
    byte = key[depth >> 1]
    return byte & 15 if depth & 1 else byte >> 4


def _nibbles(key: bytes) -> bytes:
    return key.hex().encode().translate(_NIBBLE_OF_DIGIT)


def _common(first: bytes, second: bytes) -> int:
    """Returns the number of leading bytes that two strings share."""
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    return shared
