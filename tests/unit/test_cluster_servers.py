import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import cluster
from cluster import supervisor
from cluster.errors import ClusterError
from cluster.probe import wait_until
from cluster.servers import Server, Servers, open_servers

LIMIT_SECONDS = 30
SHELL = "/bin/sh"


@pytest.fixture
def servers() -> Iterator[Servers]:
    with open_servers() as opened:
        yield opened


def shell(name: str, script: str, *, log: Path) -> Server:
    return Server(name, (SHELL, "-c", script), log)


def sleeper(name: str, folder: Path) -> Server:
    """Return a server that writes its process id to a file and then sleeps."""
    log = folder / f"{name}.log"
    return shell(name, f"echo $$ > {folder}/{name}.pid; exec sleep 1000", log=log)


def pid_of(name: str, folder: Path) -> int:
    file = folder / f"{name}.pid"
    until(lambda: file.exists() and file.read_text().endswith("\n"))
    return int(file.read_text())


def runs(pid: int) -> bool:
    """Say whether the process is there; one that nobody has waited for has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def until(holds: Callable[[], bool]) -> None:
    wait_until(holds, limit_seconds=LIMIT_SECONDS, check=lambda: None)


def check_fails(servers: Servers) -> bool:
    try:
        servers.check()
    except ClusterError:
        return True
    return False


def test_running_servers_pass_the_check(servers: Servers, tmp_path: Path) -> None:
    servers.start(sleeper("one", tmp_path))
    servers.check()


def test_ended_server_is_told_with_its_last_lines(servers: Servers, tmp_path: Path) -> None:
    script = "for i in 1 2 3 4 5 6; do echo line $i; done; exit 3"
    servers.start(shell("one", script, log=tmp_path / "log"))
    until(lambda: check_fails(servers))
    told = "^one has ended with exit code 3: line 2; line 3; line 4; line 5; line 6$"
    with pytest.raises(ClusterError, match=told):
        servers.check()


def test_unknown_program_is_told_in_one_line(servers: Servers, tmp_path: Path) -> None:
    server = Server("one", (str(tmp_path / "none"),), tmp_path / "log")
    with pytest.raises(ClusterError, match=r"^cannot start one: .*No such file or directory"):
        servers.start(server)


def test_server_is_not_started_twice(servers: Servers, tmp_path: Path) -> None:
    servers.start(sleeper("one", tmp_path))
    with pytest.raises(ClusterError, match=r"^cannot start one: it runs already$"):
        servers.start(sleeper("one", tmp_path))


def test_stopped_server_has_ended(servers: Servers, tmp_path: Path) -> None:
    servers.start(sleeper("one", tmp_path))
    pid = pid_of("one", tmp_path)
    assert servers.stop("one") == -signal.SIGTERM
    assert not runs(pid)


def test_server_that_does_not_run_cannot_be_stopped(servers: Servers) -> None:
    with pytest.raises(ClusterError, match=r"^cannot stop one: it does not run$"):
        servers.stop("one")


def test_stopped_server_can_be_started_again(servers: Servers, tmp_path: Path) -> None:
    servers.start(Server("one", (SHELL, "-c", "exec sleep 1000"), tmp_path / "log"))
    servers.stop("one")
    servers.start(sleeper("one", tmp_path))
    assert runs(pid_of("one", tmp_path))


def test_servers_stop_in_reverse_order_of_their_start(tmp_path: Path) -> None:
    with open_servers() as servers:
        for name in ("first", "second", "third"):
            script = (
                f"trap 'echo {name} >> {tmp_path}/order; exit' TERM; touch {tmp_path}/{name}\n"
                "while :; do sleep 0.05; done"
            )
            servers.start(shell(name, script, log=tmp_path / "log"))
            until((tmp_path / name).exists)
    assert (tmp_path / "order").read_text().split() == ["third", "second", "first"]


def test_folder_is_removed_at_the_end() -> None:
    with open_servers() as servers:
        (servers.folder / "file").touch()
    assert not servers.folder.exists()


def test_folder_is_for_our_eyes_only(servers: Servers) -> None:
    assert servers.folder.stat().st_mode & 0o777 == 0o700


def test_server_sees_nothing_of_our_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ETCD_DATA_DIR", "elsewhere")
    with open_servers() as servers:
        servers.start(shell("one", "env; echo end; exec sleep 1000", log=tmp_path / "log"))
        until(lambda: (tmp_path / "log").read_text().endswith("end\n"))
    assert "ETCD" not in (tmp_path / "log").read_text()


def test_server_is_in_another_session_than_the_terminal(servers: Servers, tmp_path: Path) -> None:
    servers.start(sleeper("one", tmp_path))
    assert os.getsid(pid_of("one", tmp_path)) != os.getsid(0)


def test_servers_outlive_the_thread_that_started_them(servers: Servers, tmp_path: Path) -> None:
    thread = threading.Thread(target=servers.start, args=(sleeper("one", tmp_path),))
    thread.start()
    thread.join(LIMIT_SECONDS)
    pid_of("one", tmp_path)
    servers.check()


def test_killed_supervisor_takes_its_servers_along(tmp_path: Path) -> None:
    with open_servers() as servers:
        servers.start(sleeper("one", tmp_path))
        pid = pid_of("one", tmp_path)
        os.kill(parent_of(pid), signal.SIGKILL)
        until(lambda: not runs(pid))
        with pytest.raises(ClusterError, match=r"supervisor .*has ended$"):
            servers.check()
    servers.folder.rmdir()


@pytest.mark.parametrize(
    "before_the_end",
    [
        pytest.param("", id="alone"),
        # A forked process holds the supervisor's standard input open.
        pytest.param("fork_one_that_lives_on()", id="forked"),
    ],
)
def test_killed_parent_leaves_neither_servers_nor_folder(
    tmp_path: Path, before_the_end: str
) -> None:
    program = f"""
        import os, sys, time
        from pathlib import Path
        from cluster.servers import Server, open_servers

        def fork_one_that_lives_on():
            if os.fork() == 0:
                os.close(1)
                while not Path("{tmp_path}/end").exists():
                    time.sleep(0.05)
                os._exit(0)

        with open_servers() as servers:
            command = ("/bin/sh", "-c", "echo $$ > {tmp_path}/one.pid; exec sleep 1000")
            servers.start(Server("one", command, Path("{tmp_path}/log")))
            print(servers.folder, flush=True)
            {before_the_end}
            time.sleep(1000)
    """
    with start_python(textwrap.dedent(program)) as parent:
        assert parent.stdout is not None
        folder = Path(parent.stdout.readline().strip())
        pid = pid_of("one", tmp_path)
        parent.kill()
    try:
        until(lambda: not runs(pid))
        until(lambda: not folder.exists())
    finally:
        (tmp_path / "end").touch()


def test_supervisor_whose_parent_does_not_listen_ends_without_a_word() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with subprocess.Popen(
        [sys.executable, supervisor.__file__, str(os.getpid())],
        stdin=subprocess.PIPE,
        stdout=writing,
        stderr=subprocess.PIPE,
        env={name: text for name, text in os.environ.items() if name != "PYTHONUNBUFFERED"},
    ) as process:
        os.close(writing)
        assert process.stderr is not None
        assert (process.wait(LIMIT_SECONDS), process.stderr.read()) == (0, b"")


def start_python(program: str) -> subprocess.Popen[str]:
    tools = Path(cluster.__file__).parents[1]
    return subprocess.Popen(
        [sys.executable, "-c", program],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(tools)},
    )


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
