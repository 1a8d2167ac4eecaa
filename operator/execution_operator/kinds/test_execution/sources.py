"""Reads what a run's variables come from; keeps no value, and knows no server."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from execution_operator.kinds.problems import Problem, problem_of_secret
from execution_operator.kinds.test_execution.variables import (
    Variables,
    merged,
    missing_key,
    reference_of,
)
from execution_operator.reconcile.ports import SecretProblem

if TYPE_CHECKING:
    from execution_operator.api.run_specification import VariablesSource
    from execution_operator.api.test_execution import TestExecution
    from execution_operator.reconcile.ports import Entries, Secrets


class VariableSources:
    """The Secrets and ConfigMaps that runs name."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    async def read(self, wanted: TestExecution) -> Variables | Problem:
        """The run's variables, or what of them is missing; ObjectsUnavailable passes."""
        found: list[Entries | None] = []
        for source in wanted.spec.variables_from or ():
            try:
                entries = await self._entries(wanted.metadata.namespace, source)
            except SecretProblem as problem:
                if problem.forbidden or not reference_of(source).optional:
                    told = problem_of_secret(problem)
                    return replace(told, message=f"spec.variablesFrom: {told.message}")
                found.append(None)
                continue
            missing = missing_key(source, entries)
            if missing is not None:
                return missing
            found.append(entries)
        return merged(wanted.spec, found)

    async def _entries(self, namespace: str, source: VariablesSource) -> Entries:
        name = reference_of(source).name
        if source.secret_ref is not None:
            return await self._secrets.entries("Secret", namespace, name)
        return await self._secrets.entries("ConfigMap", namespace, name)
