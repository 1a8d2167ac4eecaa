"""Which project a call is about, and whether the caller may see it; knows no runs."""

from execution_simulator.operations import Call, Refusal
from execution_simulator.world import Project


def project_of(call: Call) -> Project:
    """The project of the path.

    Raises:
        Refusal: 404 for an unknown one, 403 for one whose members do not include the caller.
    """
    project = call.simulator.world.projects.get(call.part("project"))
    if project is None:
        raise Refusal(404, "NOT_FOUND", f'project "{call.part("project")}" does not exist')
    if not project.member:
        raise Refusal(403, "FORBIDDEN", f'you are not a member of project "{project.id}"')
    return project


def project_to_start_in(call: Call) -> Project:
    """The project of a start: seed 000 knows only 401 for whoever is no member.

    Raises:
        Refusal: 401 for no member; for an unknown project what the settings say.
    """
    project = call.simulator.world.projects.get(call.part("project"))
    if project is None:
        status = call.settings.unknown_project_on_post
        raise Refusal(status, "NOT_FOUND", f'project "{call.part("project")}" does not exist')
    if not project.member:
        message = "ensure that you are a member of the project"
        raise Refusal(401, "UNAUTHORIZED", message)
    return project
