"""What the API server refuses, with a sentence that says what to write instead."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any

import pytest

from support.refusals import HUB, LAB, RUN, Refused, create, hub, run, sentence_for, server

if TYPE_CHECKING:
    from support.kube import Json

REF: Json = {"name": "one", "key": "two"}
ASSET: Json = {"revision": "main"}
ONE_SOURCE = "give configMapRef or secretRef"
ID_OR_NAME = "give either id or name, not both"


def location(*says: str, **changes: Any) -> Refused:
    return run(*says, remoteLocations=[changes])


def agent(**replacement: Any) -> Refused:
    override = {"source": "here", "replacement": replacement}
    return location("give one of id, hostName and staticAgentRef", agentOverride=override)


def docker(**host: Any) -> Refused:
    text = "give one of id, hostName, resourceName and dockerHostRef"
    return location(text, dockerExecution=host)


def data_source(*says: str, **source: Any) -> Refused:
    return run(*says, dataSources=[{"source": source, "replacement": {"datasetId": "501"}}])


def many(number: int, value: Any = "x") -> Json:
    return {f"k{index}": value for index in range(number)}


def names(number: int) -> list[str]:
    return [f"n{index}" for index in range(number)]


ALTERNATIVES = {
    "an asset by nothing": run("give testAsset by name or by assetId", testAsset=ASSET),
    "an asset by name and id": run(
        "give testAsset by name or by assetId", testAsset=ASSET | {"name": "a", "assetId": "b"}
    ),
    "scheduled at and in": run(
        "give scheduled.at or scheduled.in, not both",
        scheduled={"at": "2026-12-01T15:00:25Z", "in": "PT15M"},
    ),
    "scheduled never": run("give scheduled.at or scheduled.in, not both", scheduled={}),
    "a project by id and name": run(ID_OR_NAME, project={"id": "1", "name": "Shop"}),
    "a project by nothing": run(ID_OR_NAME, project={}),
    "a space by id and name": hub(ID_OR_NAME, space={"id": "demo", "name": "Demo space"}),
    "a space by nothing": hub(ID_OR_NAME, space={}),
    "variables from two": run(ONE_SOURCE, variablesFrom=[{"configMapRef": REF, "secretRef": REF}]),
    "variables from nothing": run(ONE_SOURCE, variablesFrom=[{}]),
    "a CA bundle from two": server(
        ONE_SOURCE, tls={"caBundle": {"configMapRef": REF, "secretRef": REF}}
    ),
    "a CA bundle from nothing": server(ONE_SOURCE, tls={"caBundle": {}}),
    "a location of two kinds": location(
        "give agentOverride or dockerExecution",
        agentOverride={"source": "here", "replacement": {"id": "5"}},
        dockerExecution={"id": "*"},
    ),
    "a location of no kind": location("give agentOverride or dockerExecution"),
    "an agent by id and host": agent(id="5", hostName="h"),
    "an agent by id and reference": agent(id="5", staticAgentRef={"name": "a"}),
    "an agent by nothing": agent(),
    "any agent": location(
        "* stands for any docker host, not for any agent",
        agentOverride={"source": "here", "replacement": {"id": "*"}},
    ),
    "a docker host by id and host": docker(id="*", hostName="h"),
    "a docker host by name and reference": docker(resourceName="r", dockerHostRef={"name": "d"}),
    "a docker host by nothing": docker(),
    "a data source by id and name": data_source(
        "give the data source by assetId or by assetName", assetId="1", assetName="a"
    ),
    "a data source by nothing": data_source("give the data source by assetId or by assetName"),
    "two products": server("give exactly one of testHub and perfecto", perfecto=LAB),
    "no product": Refused({}, ("give exactly one of testHub and perfecto",), "ExecutionServer"),
    "adopt and scheduled": run(
        "leave out scheduled and retry", adopt={"executionId": "e"}, scheduled={"in": "PT15M"}
    ),
    "adopt and retry": run(
        "leave out scheduled and retry", adopt={"executionId": "e"}, retry={"limit": 1}
    ),
    "a tag of ours": run("choose another name", tags=["execution-operator.run.0815"]),
    "plain http": hub("use https, or set allowPlainHTTP: true", url="http://hub.example.com"),
    "plain HTTP in capitals": hub(
        "use https, or set allowPlainHTTP: true", url="HTTP://hub.example.com"
    ),
    "plain http to a lab": Refused(
        {"perfecto": LAB | {"url": "http://lab.example.com"}},
        ("use https, or set allowPlainHTTP: true",),
        "ExecutionServer",
    ),
    "plain http, allowed false": Refused(
        {"testHub": HUB | {"url": "http://hub.example.com"}, "allowPlainHTTP": False},
        ("use https, or set allowPlainHTTP: true",),
        "ExecutionServer",
    ),
}

BOUNDS = {
    "a variable without name": run("a variable has a name", variables={"": "x"}),
    "an environment variable without name": run(
        "an environment variable has a name", advancedSettings={"environmentVariables": {"": "x"}}
    ),
    "an environment variable with =": run(
        "without =", advancedSettings={"environmentVariables": {"A=B": "x"}}
    ),
    "too many tags": run("spec.tags", "at most 20 items", tags=names(21)),
    "a tag twice": run("spec.tags[1]", "Duplicate value", tags=["a", "a"]),
    "a tag too long": run("spec.tags[0]", "may not be more than 128", tags=["t" * 129]),
    "an empty tag": run("spec.tags[0]", "should be at least 1 chars long", tags=[""]),
    "too many variables": run("spec.variables", "at most 200", variables=many(201)),
    "a variable too long": run("may not be more than 4096", variables={"v": "v" * 4097}),
    "too many variable sources": run(
        "spec.variablesFrom", "at most 20 items", variablesFrom=[{"secretRef": REF}] * 21
    ),
    "too many data sources": run(
        "spec.dataSources",
        "at most 50 items",
        dataSources=[{"source": {"assetId": "1"}, "replacement": {"datasetId": "5"}}] * 51,
    ),
    "too many locations": run(
        "spec.remoteLocations",
        "at most 50 items",
        remoteLocations=[{"dockerExecution": {"id": "*"}}] * 51,
    ),
    "too many monitoring tags": run(
        "spec.resourceMonitoringTags", "at most 50 items", resourceMonitoringTags=names(51)
    ),
    "too many rules": run(
        "spec.requires", "at most 50 items", requires=[{"interceptRuleRef": {"name": "r"}}] * 51
    ),
    "too many JVM arguments": run(
        "jvmArguments", "at most 50 items", advancedSettings={"jvmArguments": names(51)}
    ),
    "too many program arguments": run(
        "programArguments", "at most 50 items", advancedSettings={"programArguments": names(51)}
    ),
    "an argument too long": run(
        "jvmArguments[0]",
        "may not be more than 1024",
        advancedSettings={"jvmArguments": ["x" * 1025]},
    ),
    "too many environment variables": run(
        "environmentVariables", "at most 100", advancedSettings={"environmentVariables": many(101)}
    ),
    "too many configurations": run(
        "configuration", "at most 100", advancedSettings={"configuration": many(101)}
    ),
    "no accepted verdict": run("spec.acceptedVerdicts", "at least 1 items", acceptedVerdicts=[]),
    "an unknown verdict": run(
        "spec.acceptedVerdicts[0]", 'supported values: "PASS", "FAIL"', acceptedVerdicts=["GOOD"]
    ),
    "an unknown completion": run(
        "spec.completion", 'supported values: "Finished", "Running"', completion="Sometime"
    ),
    "an unknown deletion policy": run(
        "spec.deletionPolicy", 'supported values: "Stop", "Orphan"', deletionPolicy="Delete"
    ),
    "a stop that takes too long": run(
        "spec.stop.timeoutSeconds", "less than or equal to 3600", stop={"timeoutSeconds": 3601}
    ),
    "too many retries": run("spec.retry.limit", "less than or equal to 10", retry={"limit": 11}),
    "fewer than no retries": run(
        "spec.retry.limit", "greater than or equal to 0", retry={"limit": -1}
    ),
    "an environment too long": run(
        "spec.environment", "may not be more than 253", environment="e" * 254
    ),
    "an id too long": run("spec.project.id", "may not be more than 128", project={"id": "1" * 129}),
    "an asset too long": run(
        "spec.testAsset.name", "may not be more than 1024", testAsset=ASSET | {"name": "a" * 1025}
    ),
    "a duration too long": run(
        "spec.timeouts.run", "may not be more than 32", timeouts={"run": "1" * 32 + "s"}
    ),
    "an asset without branch": run(
        "spec.testAsset.revision", "Required value", testAsset={"name": "a"}
    ),
    "a run without server": Refused(
        {name: value for name, value in RUN.items() if name != "serverRef"},
        ("spec.serverRef", "Required value"),
    ),
    "a url too long": hub(
        "spec.testHub.url", "may not be more than 2048", url="https://h/" + "x" * 2048
    ),
    "no requests a second": server(
        "requestsPerSecond", "greater than or equal to 1", rateLimit={"requestsPerSecond": 0}
    ),
    "no active runs": server("maxActiveRuns", "greater than or equal to 1", maxActiveRuns=0),
    "a token without key": hub(
        "offlineTokenSecretRef.key", "Required value", offlineTokenSecretRef={"name": "t"}
    ),
}

BAD_DURATIONS = ("-5m", "5", "5x", "", "1.5h", "5 m", "PT5M", "1d")
DURATION_FIELDS = {
    "timeouts.queue": lambda text: run("spec.timeouts.queue", timeouts={"queue": text}),
    "timeouts.run": lambda text: run("spec.timeouts.run", timeouts={"run": text}),
    "retry.backoff": lambda text: run("spec.retry.backoff", retry={"limit": 1, "backoff": text}),
    "deletionTimeout": lambda text: run("spec.deletionTimeout", deletionTimeout=text),
    "ttlAfterFinished": lambda text: run("spec.ttlAfterFinished", ttlAfterFinished=text),
    "pollInterval": lambda text: server("spec.pollInterval", pollInterval=text),
    "timeouts.connect": lambda text: server("spec.timeouts.connect", timeouts={"connect": text}),
    "timeouts.request": lambda text: server("spec.timeouts.request", timeouts={"request": text}),
}
DURATIONS = {
    f"{name} of {text!r}": refused(text)
    for name, refused in DURATION_FIELDS.items()
    for text in BAD_DURATIONS
}
FORMS = {
    "a tag with a comma": run("spec.tags[0]", tags=["a,b"]),
    "a date without zone": run("spec.scheduled.at", scheduled={"at": "2026-12-01T15:00:25"}),
    "a schedule in minutes": run("spec.scheduled.in", scheduled={"in": "15m"}),
    "a url with user": hub("spec.testHub.url", url="https://me:pw@hub.example.com"),
    "a lab's url with user": Refused(
        {"perfecto": LAB | {"url": "https://me@lab.example.com"}},
        ("spec.perfecto.url",),
        "ExecutionServer",
    ),
    "a url without scheme": hub("spec.testHub.url", url="hub.example.com"),
    "a url of another scheme": hub("spec.testHub.url", url="ftp://hub.example.com"),
    "a proxy with user": server("spec.proxyURL", proxyURL="http://me:pw@proxy:3128"),
}


def rows(*tables: dict[str, Refused]) -> pytest.MarkDecorator:
    table = {name: row for one in tables for name, row in one.items()}
    return pytest.mark.parametrize("row", table.values(), ids=table.keys())


@pytest.fixture
def refusal(api):
    return functools.partial(sentence_for, api)


@rows(ALTERNATIVES)
async def test_what_excludes_itself_is_refused_with_what_to_give(refusal, row):
    sentence = await refusal(row)
    assert [part for part in row.says if part not in sentence] == [], sentence


@rows(BOUNDS)
async def test_what_is_too_much_is_refused_with_its_place_and_the_bound(refusal, row):
    sentence = await refusal(row)
    assert [part for part in row.says if part not in sentence] == [], sentence


@rows(DURATIONS, FORMS)
async def test_what_has_a_wrong_form_is_refused_with_its_place(refusal, row):
    sentence = await refusal(row)
    assert [part for part in row.says if part not in sentence] == [], sentence


@rows({"a duration": DURATIONS["timeouts.queue of '-5m'"]}, FORMS)
async def test_what_has_a_wrong_form_is_told_the_right_one_in_words(refusal, row):
    assert "should match" not in await refusal(row)


@rows({"no product": ALTERNATIVES["no product"]})
async def test_no_rule_fails_by_itself(refusal, row):
    assert "evaluating rule" not in await refusal(row)


@rows(
    {
        "a date that is none": run("scheduled.at", scheduled={"at": "2026-13-45T99:99:99Z"}),
        "a 30th of February": run("scheduled.at", scheduled={"at": "2026-02-30T00:00:00Z"}),
        "a 31st of April": run("scheduled.at", scheduled={"at": "2026-04-31T00:00:00Z"}),
        "a time that is none": run("scheduled.in", scheduled={"in": "P1DT"}),
    }
)
async def test_a_schedule_that_no_server_takes_is_refused(refusal, row):
    assert row.says[0] in await refusal(row)


@pytest.mark.parametrize(
    "row",
    [run(), server(), server(testHub=HUB | {"url": "http://h"}, allowPlainHTTP=True)],
    ids=["run", "server", "http"],
)
async def test_what_is_allowed_is_taken(api, row):
    """The specs that the tables change are good, so that it is the change that is refused."""
    assert (await create(api, row))["spec"] == row.spec
