"""CEL rules that several kinds share, as the schema extras they are written in."""

from __future__ import annotations


def immutable(path: str, remedy: str, *, compared: str = "{}") -> dict[str, object]:
    """A rule for a spec: the field is neither changed nor added nor removed.

    A field-level `self == oldSelf` lets optional fields be added and removed; where the field is
    one of an optional object, both sides have to be guarded (resources.md).

    Args:
        path: the field below spec, at most one object deep: `advancedSettings.jvmArguments`.
        remedy: what the refusal ends with, after `spec.<path> cannot be changed`.
        compared: what of the field has to stay, with the field as `{}`.
    """
    new, old = _guarded("self", path), _guarded("oldSelf", path)
    same = " == ".join(compared.format(f"{side}.{path}") for side in ("self", "oldSelf"))
    return {
        "rule": f"{new} == {old} && (!{new} || {same})",
        "message": f"spec.{path} cannot be changed {remedy}",
    }


def one_of(*fields: str, message: str, also: tuple[object, ...] = ()) -> dict[str, object]:
    """A CEL rule: exactly one of the fields is there; and the other rules of the object."""
    count = " + ".join(f"(has(self.{field}) ? 1 : 0)" for field in fields)
    return {"x-kubernetes-validations": [{"rule": f"{count} == 1", "message": message}, *also]}


def _guarded(side: str, path: str) -> str:
    inside, _, _ = path.rpartition(".")
    there = f"has({side}.{path})"
    return f"(has({side}.{inside}) && {there})" if inside else there
