"""What Kopf is kept from doing."""

from __future__ import annotations

from execution_operator.runtime.kopf_runtime import NoMemories
from support.cached import raw_run


async def test_kopf_keeps_no_memory_of_an_object():
    memories = NoMemories()
    memory = await memories.recall(raw_run(), noticed_by_listing=True)
    assert memory.noticed_by_listing
    assert list(memories.iter_all_memories()) == []
