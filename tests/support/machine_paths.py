"""The agent and docker host paths that there are, as seed 000 lists them; data alone.

The source is the section Paths of seed 000, each line of it that begins with a method and names
`agents` or `dockerhosts`; parameters keep the names that they have there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, order=True)
class Route:
    """A method, and a path whose parameters stand in braces."""

    method: str
    path: str

    def is_of(self, method: str, path: str) -> bool:
        """Whether that request goes there."""
        shape = re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path))
        return method == self.method and re.fullmatch(shape, path) is not None

    @property
    def nameless(self) -> Route:
        """The same without the names of its parameters."""
        return Route(self.method, re.sub(r"\{\w+\}", "{}", self.path))


def _routes(text: str) -> tuple[Route, ...]:
    return tuple(Route(*line.split()) for line in text.strip().splitlines())


USER_AGENTS: Final = _routes("""
GET /rest/agents
POST /rest/agents
PUT /rest/agents
GET /rest/agents/{id}
DELETE /rest/agents/{id}
""")
SPACE_AGENTS: Final = _routes("""
GET /rest/spaces/{spaceId}/agents
POST /rest/spaces/{spaceId}/agents
GET /rest/spaces/{spaceId}/agents/{agentId}
PUT /rest/spaces/{spaceId}/agents/{agentId}
DELETE /rest/spaces/{spaceId}/agents/{agentId}
""")
PROJECT_AGENTS: Final = _routes("""
GET /rest/projects/{projid}/agents
GET /rest/projects/{projid}/agents/{id}
POST /rest/projects/{projid}/agents/{id}
DELETE /rest/projects/{projid}/agents/{id}
""")
USER_DOCKER_HOSTS: Final = _routes("""
GET /rest/dockerhosts
POST /rest/dockerhosts
PUT /rest/dockerhosts
POST /rest/dockerhosts/testconnection
GET /rest/dockerhosts/{id}
DELETE /rest/dockerhosts/{id}
GET /rest/dockerhosts/{id}/status
""")
SPACE_DOCKER_HOSTS: Final = _routes("""
GET /rest/spaces/{spaceId}/dockerhosts
POST /rest/spaces/{spaceId}/dockerhosts
GET /rest/spaces/{spaceId}/dockerhosts/{id}
PUT /rest/spaces/{spaceId}/dockerhosts/{id}
DELETE /rest/spaces/{spaceId}/dockerhosts/{id}
GET /rest/spaces/{spaceId}/dockerhosts/{id}/status
""")
PROJECT_DOCKER_HOSTS: Final = _routes("""
GET /rest/projects/{projid}/dockerhosts
GET /rest/projects/{projid}/dockerhosts/{id}
POST /rest/projects/{projid}/dockerhosts/{id}
DELETE /rest/projects/{projid}/dockerhosts/{id}
""")
AGENTS: Final = (*USER_AGENTS, *SPACE_AGENTS, *PROJECT_AGENTS)
DOCKER_HOSTS: Final = (*USER_DOCKER_HOSTS, *SPACE_DOCKER_HOSTS, *PROJECT_DOCKER_HOSTS)
