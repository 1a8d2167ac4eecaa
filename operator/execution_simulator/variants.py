"""The ways in which servers are known or suspected to differ; says nothing about how it is done.

The numbers in the comments are the open points about the Test Hub API that the settings answer
(design page of the remote APIs, section 8). Defaults are the likeliest answers.
"""

from typing import Literal

from pydantic import Field

from execution_simulator.models import ControlModel


class Settings(ControlModel):
    """One server's manners. Replaced as a whole: it is never changed in place."""

    # Tokens, errors and paths
    access_token_seconds: float = Field(default=300, gt=0)
    echo_request: bool = False
    """Error messages repeat the request's body, offline token included."""
    unslashed: Literal["notFound", "redirect"] = "notFound"
    strict_accept: bool = False
    """406 on a text/plain path that is asked for application/json."""
    # Starting a run: points 1 to 4
    post_answer_status: bool = True
    location: Literal["absolute", "relative", "missing"] = "absolute"
    unknown_project_on_post: Literal[401, 403, 404] = 404
    unknown_asset: Literal[400, 404] = 404
    unknown_reference: Literal["refuse", "launchFailed"] = "refuse"
    """An environment, secrets collection or data set that does not exist."""
    missing_environment: Literal["accept", "refuse", "launchFailed"] = "accept"
    """A run of an API test without an environment."""
    asset_names: Literal["full", "short"] = "full"
    past_schedule: Literal["start", "refuse"] = "start"
    # Lists of runs: points 5 to 7
    tag_filter: Literal["works", "ignored"] = "works"
    list_lag_seconds: float = Field(default=0, ge=0)
    """A new run appears in lists only that long after its POST."""
    executions_list: Literal["array", "page"] = "array"
    page_size: int = Field(default=20, ge=1)
    """The size of a page when the caller names none."""
    page_size_cap: int = Field(default=2000, ge=1)
    list_order: Literal["oldestFirst", "newestFirst"] = "oldestFirst"
    list_unknown_statuses: bool = True
    """Whether a status outside the enum is listed where IN_TRANSITION would be."""
    date_filter_lifts_status: bool = False
    # Stopping runs: points 8 and 9
    finished_delete: Literal[202, 404, 409, 410] = 202
    stop_lag_seconds: float = Field(default=0, ge=0)
    """How long a run still shows its old status after the 202."""
    bulk_stop: Literal["works", "outcomes", "notFound", "refused"] = "works"
    """PATCH of many: as the contract says, 207 with a status for each, or always 404 or 422."""
    patch_not_found: Literal["allOrNothing", "partial"] = "allOrNothing"
    # Logs, configurations, results: points 10 to 12
    log_retention_seconds: float = Field(default=86_400, ge=0)
    log_ranges: Literal["ignored", "honoured"] = "ignored"
    """Whether a log can be read from a byte on; the contract says nothing about it."""
    configurations: Literal["map", "values"] = "map"
    finished_configuration: Literal[204, 404] = 204
    stopped_verdict: Literal["INCONCLUSIVE"] | None = "INCONCLUSIVE"
    stub_result: Literal["notFound", "empty"] = "notFound"
    verdict_null_seconds: float = Field(default=0, ge=0)
    """On top of the script's own delay."""
    # Agents and docker hosts: points 13 and 14
    machine_put: Literal["replace", "merge"] = "replace"
    """Whether an update forgets what its body leaves out."""
    machine_ids: Literal["number", "string"] = "number"
    machine_lists: Literal["array", "page"] = "array"
    user_level: Literal["own", "all"] = "own"
    """Whether the user's level also shows what is registered in team spaces."""
    host_names: Literal["asGiven", "lower", "qualified"] = "asGiven"
    """How the server keeps them, whatever `normalize` asks for; qualified: with a domain."""
    duplicate_host: Literal[201, 409] = 201
    """A second POST of a host name at the same level."""
    unknown_machine_delete: Literal[200, 404] = 200
    live_agent_delete: Literal[200, 409] = 200
    """DELETE of an agent that is not LOST."""
    unknown_dissociation: Literal[200, 404] = 200
    association_answer: Literal["resource", "empty"] = "resource"
    foreign_machines: Literal["writable", "forbidden"] = "writable"
    """Whether another user's may be changed, deleted and associated."""
    agent_filter: Literal["selects", "sorts"] = "selects"
    new_agent: Literal["available", "lost"] = "available"
    """Whether the program of an agent that was defined by POST runs and contacts the server."""
    docker_hosts: Literal["served", "retired", "retiredPage"] = "served"
    """Retired: 404 for all their paths, the API's own or a proxy's page."""
    docker_keys: Literal["hidden", "masked"] = "hidden"
    """Whether an answer has certificates and key as asterisks."""
    docker_info: Literal["present", "null"] = "present"
    # The form of JSON: point 17
    nulls: Literal["present", "absent"] = "present"
    dates: Literal["z", "offset", "epochMillis"] = "z"

    def changed(self, **changes: object) -> "Settings":
        """These settings with some replaced, checked again.

        Raises:
            pydantic.ValidationError: for an unknown name or a value that is not allowed.
        """
        return Settings.model_validate({**self.model_dump(by_alias=False), **changes})
