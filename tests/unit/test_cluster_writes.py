"""What the API server's own metrics say of writes."""

from cluster.writes import read_writes

METRICS = """\
# TYPE apiserver_request_total counter
apiserver_request_total{code="201",group="g",resource="agents",subresource="",verb="POST"} 3
apiserver_request_total{code="200",group="g",resource="agents",subresource="",verb="PATCH"} 2
apiserver_request_total{code="409",group="g",resource="agents",subresource="",verb="PATCH"} 1
apiserver_request_total{code="200",group="g",resource="agents",subresource="status",verb="PATCH"} 4
apiserver_request_total{code="200",group="g",resource="agents",subresource="",verb="DELETE"} 1
apiserver_request_total{code="200",group="g",resource="agents",subresource="",verb="LIST"} 8
apiserver_request_total{code="200",group="g",resource="agents",subresource="",verb="WATCH"} 9
apiserver_request_total{code="200",group="",resource="leases",subresource="",verb="PUT"} 1e+06
apiserver_request_total{code="201",group="",resource="events",subresource="",verb="POST"} 5
apiserver_request_slo_duration_seconds_count{resource="agents",verb="POST"} 7
"""


def test_writes_are_counted_by_resource_the_refused_ones_too():
    found = read_writes(METRICS, frozenset({"agents", "events"}))
    assert found == {"agents": 7, "agents/status": 4, "events": 5}


def test_reads_and_other_resources_do_not_count():
    assert read_writes(METRICS, frozenset({"agent"})) == {}
