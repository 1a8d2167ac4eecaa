"""Profiles of hypothesis; here, since a profile has to be known before any test is read."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("thorough", deadline=None, max_examples=5000, stateful_step_count=60)
