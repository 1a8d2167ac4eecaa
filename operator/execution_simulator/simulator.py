"""The simulator's whole state in one object, for Python and the control API alike; no HTTP."""

import secrets
import time
import uuid
from itertools import count
from random import Random

from execution_simulator.clock import Clock
from execution_simulator.demo import fill_demo
from execution_simulator.docker_connections import DockerConnections
from execution_simulator.faults import Faults
from execution_simulator.journal import Journal
from execution_simulator.ledger import Ledger
from execution_simulator.machines import Machines
from execution_simulator.scripts import Scripts
from execution_simulator.tokens import Tokens
from execution_simulator.variants import Settings
from execution_simulator.world import World

FIRST_RESULT = 2451
FIRST_AGENT = 101
FIRST_DOCKER_HOST = 51


class Simulator:
    """World, tokens, scripts, faults, settings, runs, machines, clock, journal of requests.

    Args:
        clock: the time of all runs and tokens; the machine's own by default.
        random: where ids and access tokens come from; the system's by default.
        demo: begin with the demo world, its scripts and its token, or with nothing.
    """

    world: World
    tokens: Tokens
    scripts: Scripts
    faults: Faults
    settings: Settings
    ledger: Ledger
    agents: Machines
    docker_hosts: Machines
    docker_connections: DockerConnections
    requests: Journal

    def __init__(
        self, *, clock: Clock | None = None, random: Random | None = None, demo: bool = True
    ) -> None:
        self.clock = clock or Clock(time.time)
        self._random = random or secrets.SystemRandom()
        self._results = count(FIRST_RESULT)
        self._agents, self._docker_hosts = count(FIRST_AGENT), count(FIRST_DOCKER_HOST)
        self.reset(demo=demo)

    def reset(self, *, demo: bool = True) -> None:
        """Begin anew. The clock keeps its time and ids go on: nothing old comes back."""
        self.world = World()
        self.tokens = Tokens(self._new_access_token)
        self.scripts = Scripts()
        self.faults = Faults()
        self.settings = Settings()
        self.ledger = Ledger()
        self.agents = Machines(self._agents)
        self.docker_hosts = Machines(self._docker_hosts)
        self.docker_connections = DockerConnections()
        self.requests = Journal()
        if demo:
            fill_demo(self.world, self.tokens, self.scripts)

    def change(self, **settings: object) -> None:
        """Replace some settings, by their Python names.

        Raises:
            pydantic.ValidationError: for an unknown name or a value that is not allowed.
        """
        self.settings = self.settings.changed(**settings)

    def new_run_id(self) -> str:
        """A UUID, as executions have."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_result_id(self) -> str:
        """A number, as results have."""
        return str(next(self._results))

    def _new_access_token(self) -> str:
        return f"access-{self._random.getrandbits(192):048x}"
