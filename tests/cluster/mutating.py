"""Makes one odd change to one object, at random from a seed.

Values are odd ones, or those that other objects have in fields of the same name.
"""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random
from typing import Any

from labbuilder.manifest import kind_of
from labbuilder.validation import schemas

OF_THE_SERVER = {"status", "managedFields", "resourceVersion", "uid"}
"""What the server writes itself, or compares with what it has."""

Json = dict[str, Any]
Schema = Mapping[str, Any]
Path = tuple[str | int, ...]

TEXTS = [
    "", " ", "a", "A", "-", ".", "..", "a-", "-a", "a.b", "a/b", "a b", "a_b", "a:b", "a=b", "/",
    "/a/../b", "../a", "..a", "a\n", "é", "\0", "$(A)", "0", "1", "1Gi", "-1", "1.5", "1m", "100%",
    "1e3", "0x1", "none", "None", "Always", "Never", "In", "Exists", "Gt", "TCP", "tcp", "Memory",
    "Local", "Cluster", "ClientIP", "NodePort", "LoadBalancer", "ExternalName", "ReadWriteOnce",
    "10.0.0.7", "10.0.0.0/8", "10.0.0.7/8", "010.0.0.1", "::1", "fd00::/8", "::ffff:10.0.0.7",
    "example.org/a", "kubernetes.io/a", "a.b/c/d", 63 * "a", 64 * "a", 253 * "a", 254 * "a",
    16 * "a", "metadata.name", "metadata.labels['a']", "limits.cpu", "requests.x", "YQ==", "YQ",
    "kubernetes.io/tls", "kubernetes.io/basic-auth", "kubernetes.io/service-account-token",
    "nvidia.com/gpu", "hugepages-2Mi", "pods", "count/pods", "CAP_SYS_ADMIN", "IPv4", "IPv6",
    "net.ipv4.tcp_syncookies", "Localhost", "RuntimeDefault", "Unmasked", "SingleStack",
]  # fmt: skip
NUMBERS = [-1, 0, 1, 2, 3, 5, 8888, 30000, 32768, 65535, 65536, 2**31 - 1, 2**31, 2**63 - 1, 2**63]
OTHERS: list[Any] = [None, True, False, 0.5, 1e30, [], {}, [""], [None], {"": ""}, {"a": "b"}]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """List the paths of all values in a value."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, child in children:
        yield (*path, key)
        yield from leaves(child, (*path, key))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def by_field(manifests: Iterable[Json]) -> dict[str, list[Any]]:
    """Collect the values of all fields by the fields' names, each once."""
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for manifest in manifests:
        for path in leaves(manifest):
            if isinstance(path[-1], str) and path[-1] not in OF_THE_SERVER:
                value = at(manifest, path)
                found[path[-1]][repr(value)] = value
    return {field: list(values.values()) for field, values in found.items()}


class Mutator:
    """Changes manifests.

    Attributes
    ----------
    random
        What decides.
    version
        The Kubernetes version whose fields are known.
    usual
        Values that fields have elsewhere, by the fields' names.
    """

    def __init__(self, seed: int, version: str, usual: Mapping[str, list[Any]]) -> None:
        self.random = Random(seed)  # noqa: S311 (a test's)
        self.version = version
        self.usual = usual

    def mutate(self, objects: Mapping[str, Json]) -> tuple[str, str, Json]:
        """Change one object.

        Parameters
        ----------
        objects
            A lab's manifests by their names.

        Returns
        -------
        tuple
            The name of the changed one, what was done, and what it is now.
        """
        changes: list[Callable[[Json], str]] = [
            self._put, self._put, self._put, self._put, self._drop, self._repeat, self._rename,
            self._borrow, self._add, self._add, self._add, self._add, self._insert, self._use,
            self._use, self._extend, self._extend, self._extend,
        ]  # fmt: skip
        while True:
            weights = [len(repr(each)) ** 0.5 for each in objects.values()]
            (name,) = self.random.choices(list(objects), weights)
            found = copy.deepcopy(objects[name])
            change = self.random.choice(changes)
            said = change(found)
            if said and found != objects[name]:
                return name, f"{change.__name__[1:]} {said}", found

    def _odd(self) -> Any:
        pools: list[list[Any]] = [TEXTS, NUMBERS, OTHERS]
        (pool,) = self.random.choices(pools, [5, 3, 2])
        return copy.deepcopy(self.random.choice(pool))

    def _place(self, manifest: Json) -> Path:
        return self.random.choice(list(leaves(manifest)))

    def _put(self, manifest: Json) -> str:
        path = self._place(manifest)
        holder, old = at(manifest, path[:-1]), at(manifest, path)
        pools: dict[type, list[Any]] = {str: TEXTS, int: NUMBERS}
        alike = pools.get(type(old))
        odd = self.random.choice(alike) if alike and self.random.random() < 0.7 else self._odd()
        holder[path[-1]] = odd
        return f"{path}: {odd!r}"

    def _drop(self, manifest: Json) -> str:
        path = self._place(manifest)
        holder = at(manifest, path[:-1])
        del holder[path[-1]]
        return str(path)

    def _repeat(self, manifest: Json) -> str:
        path = self._place(manifest)
        holder = at(manifest, path[:-1])
        if not isinstance(holder, list):
            return ""
        holder.append(copy.deepcopy(at(manifest, path)))
        return str(path)

    def _rename(self, manifest: Json) -> str:
        path = self._place(manifest)
        holder, key = at(manifest, path[:-1]), self.random.choice(TEXTS)
        if not isinstance(holder, dict):
            return ""
        holder[key] = holder.pop(path[-1])
        return f"{path} to {key!r}"

    def _borrow(self, manifest: Json) -> str:
        """Copy a value from elsewhere, as somebody who confuses names does."""
        here, there = self._place(manifest), self._place(manifest)
        value = copy.deepcopy(at(manifest, there))
        if type(value) is not type(at(manifest, here)):
            return ""
        at(manifest, here[:-1])[here[-1]] = value
        return f"{here} from {there}"

    def _insert(self, manifest: Json) -> str:
        path = self._place(manifest)
        holder, odd = at(manifest, path), self._odd()
        if isinstance(holder, list):
            holder.append(odd)
            return f"{path}: {odd!r}"
        return ""

    def _add(self, manifest: Json) -> str:
        """Add a field of the schema, with values of its types."""
        schema, types = schemas.definition(self.version, kind_of(manifest))
        known = list(self._known(manifest, schema, types, ()))
        if not known:
            return ""
        path, holder, field, part = self.random.choice(known)
        if path[:1] == ("status",) or field in OF_THE_SERVER:
            return ""
        holder[field] = self._made(part, types, field)
        return f"{path} {field}: {holder[field]!r}"

    def _use(self, manifest: Json) -> str:
        """Put what another object has in a field of this name."""
        path = self._place(manifest)
        known = self.usual.get(str(path[-1]))
        if not known:
            return ""
        value = copy.deepcopy(self.random.choice(known))
        at(manifest, path[:-1])[path[-1]] = value
        return f"{path}: {value!r}"

    def _extend(self, manifest: Json) -> str:
        """Add an item to a list, such as a volume."""
        schema, types = schemas.definition(self.version, kind_of(manifest))
        lists = list(self._lists(manifest, schema, types, ()))
        if not lists:
            return ""
        path, holder, part = self.random.choice(lists)
        field = next(each for each in reversed(path) if isinstance(each, str))
        item = self._made(part, types, "")
        if isinstance(item, dict) and "name" in item:
            item["name"] = self.random.choice(["extra", item["name"]])
        if self.usual.get(field) and self.random.random() < 0.3:
            several = self.random.choice(self.usual[field])
            if isinstance(several, list) and several:
                item = copy.deepcopy(self.random.choice(several))
        holder.append(item)
        return f"{path}: {item!r}"

    def _lists(
        self, value: Any, schema: Schema, types: Schema, path: Path
    ) -> Iterator[tuple[Path, list[Any], Schema]]:
        schema = self._resolved(schema, types)
        if isinstance(value, list) and "items" in schema:
            yield path, value, schema["items"]
            for i, child in enumerate(value):
                yield from self._lists(child, schema["items"], types, (*path, i))
        elif isinstance(value, dict):
            for key, child in value.items():
                if key in schema.get("properties", {}):
                    yield from self._lists(child, schema["properties"][key], types, (*path, key))

    def _known(
        self, value: Any, schema: Schema, types: Schema, path: Path
    ) -> Iterator[tuple[Path, Json, str, Schema]]:
        schema = self._resolved(schema, types)
        if isinstance(value, dict):
            fields = schema.get("properties", {})
            for field in fields:
                if field not in value:
                    yield path, value, field, fields[field]
            for key, child in value.items():
                part = fields.get(key)
                if part:
                    yield from self._known(child, part, types, (*path, key))
        elif isinstance(value, list) and "items" in schema:
            for i, child in enumerate(value):
                yield from self._known(child, schema["items"], types, (*path, i))

    @staticmethod
    def _resolved(schema: Schema, types: Schema) -> Schema:
        reference = schema.get("$ref")
        return types[reference.rpartition("/")[2]] if reference else schema

    def _made(self, schema: Schema, types: Schema, field: str) -> Any:
        schema = self._resolved(schema, types)
        if self.usual.get(field) and self.random.random() < 0.6:
            return copy.deepcopy(self.random.choice(self.usual[field]))
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = self.random.choice(kind)
        if kind == "object" or "properties" in schema:
            return self._object(schema, types)
        if kind == "array":
            count = self.random.choice([0, 1, 1, 2])
            return [self._made(schema.get("items", {}), types, "") for _ in range(count)]
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in {"integer", "number"}:
            return self.random.choice(NUMBERS)
        return self.random.choice(TEXTS)

    def _object(self, schema: Schema, types: Schema) -> Json:
        if "properties" not in schema:
            inner = schema.get("additionalProperties", {"type": "string"})
            return {self.random.choice(TEXTS): self._made(inner, types, "")}
        fields = schema["properties"]
        return {each: self._made(fields[each], types, each) for each in self._wanted(schema)}

    def _wanted(self, schema: Schema) -> list[str]:
        """Choose fields of an object: those that it needs, and few of many."""
        fields, required = schema["properties"], schema.get("required", ())
        several = min(len(fields), self.random.choice([1, 1, 1, 2, 3, 5]))
        chosen = self.random.sample(sorted(fields), several)
        return [field for field in fields if field in required or field in chosen]
