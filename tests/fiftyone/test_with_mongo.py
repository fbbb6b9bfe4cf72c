"""tools/with_mongo.py as its users run it: a process with a command, signals and an exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools" / "with_mongo.py"
pytestmark = pytest.mark.mongo

#: prints where the server is, then writes a document
WRITE = """
import os, pymongo
uri, name = os.environ["FIFTYONE_DATABASE_URI"], os.environ["FIFTYONE_DATABASE_NAME"]
client = pymongo.MongoClient(uri)
client[name].things.insert_one({"seen": client[name].things.count_documents({})})
print(uri, name, client.admin.command("serverStatus")["pid"], flush=True)
"""


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """No server of the user's, and a folder for temporary files that can be looked through."""
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    mine = {key: value for key, value in os.environ.items() if not key.startswith("FIFTYONE_")}
    return {**mine, "TMPDIR": str(temporary)}


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def run(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(TOOL), *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=200,
    )


def start(environment: dict[str, str], code: str) -> tuple[subprocess.Popen[str], list[str]]:
    """Starts ``code`` beside a server; returns once it has printed its first line."""
    process = subprocess.Popen(
        [sys.executable, str(TOOL), *python(code)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline().split()


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.05)
    return False


def leftovers(environment: dict[str, str]) -> list[str]:
    return [path.name for path in Path(environment["TMPDIR"]).glob("visdiff-mongo-*")]


def test_command_gets_a_private_server_that_is_gone_afterwards(environment):
    done = run(environment, *python(WRITE))
    assert done.returncode == 0, done.stderr
    uri, _, pid = done.stdout.split()
    assert uri.startswith("mongodb://127.0.0.1:")
    assert wait_until_gone(int(pid))
    assert leftovers(environment) == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit(7)", 7),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    ],
)
def test_exit_status_is_the_commands(environment, code, status):
    assert run(environment, *python(code)).returncode == status
    assert leftovers(environment) == []


def test_unknown_command_is_127_and_leaves_nothing(environment):
    done = run(environment, "no-such-command-here")
    assert done.returncode == 127
    assert "no-such-command-here" in done.stderr
    assert leftovers(environment) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_reach_the_command_and_everything_ends(environment, number):
    handler = (
        "\nimport signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: sys.exit(23))\n"
        "print('handling', flush=True)\n"
        "time.sleep(120)\n"
    )
    process, (_, _, pid) = start(environment, WRITE + handler)
    assert process.stdout.readline() == "handling\n"
    process.send_signal(number)
    assert process.wait(60) == 23
    assert wait_until_gone(int(pid))
    assert leftovers(environment) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a parent's death")
def test_no_process_outlives_a_killed_tool(environment):
    sleeper = WRITE.replace(
        'print(uri, name, client.admin.command("serverStatus")["pid"], flush=True)',
        'print(client.admin.command("serverStatus")["pid"], os.getpid(), flush=True)\n'
        "import time; time.sleep(120)",
    )
    process, pids = start(environment, sleeper)
    process.kill()
    process.wait(30)
    assert len(pids) == 2
    assert all(wait_until_gone(int(pid)) for pid in pids)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a process adopt orphans")
def test_orphans_of_the_command_are_ended(environment):
    orphan = (
        "import subprocess, sys\n"
        "code = 'import time; time.sleep(300)'\n"
        "child = subprocess.Popen([sys.executable, '-c', code], start_new_session=True)\n"
        "print(child.pid, flush=True)\n"
    )
    # the orphan must not hold our pipe open, or reading would only end with it
    done = run(environment, *python(orphan.replace("start_new", "stdout=2, start_new")))
    assert done.returncode == 0, done.stderr
    assert wait_until_gone(int(done.stdout))


def test_kept_folder_holds_the_data_of_the_last_run(environment, tmp_path):
    count = WRITE + "print(client[name].things.count_documents({}))\n"
    counts = [
        run(environment, "--keep", str(tmp_path / "db"), "--", *python(count)).stdout.split()[-1]
        for _ in range(2)
    ]
    assert counts == ["1", "2"]


def test_failure_to_start_shows_the_servers_log(environment, tmp_path):
    # a folder that another server has open
    inner = [sys.executable, str(TOOL), "--keep", str(tmp_path), *python("print('ran')")]
    done = run(environment, "--keep", str(tmp_path), "env", "-u", "FIFTYONE_DATABASE_URI", *inner)
    assert done.returncode == 1
    assert "did not start" in done.stderr
    assert "DBPathInUse" in done.stderr
    assert "ran" not in done.stdout
    assert list(tmp_path.glob("*.log")) == []


def test_users_server_is_used_and_only_our_database_dropped(environment):
    inner = (
        "import os, subprocess, sys, pymongo\n"
        "client = pymongo.MongoClient(os.environ['FIFTYONE_DATABASE_URI'])\n"
        "client.theirs.things.insert_one({})\n"
        f"command = [sys.executable, {str(TOOL)!r}, sys.executable, '-c', {WRITE!r}]\n"
        "uri, name, pid = subprocess.check_output(command, text=True).split()\n"
        "assert uri == os.environ['FIFTYONE_DATABASE_URI']\n"
        "assert name != os.environ['FIFTYONE_DATABASE_NAME']\n"
        "assert 'theirs' in client.list_database_names()\n"
        "assert name not in client.list_database_names()\n"
        "assert client.admin.command('serverStatus')['pid'] == int(pid)\n"
    )
    done = run(environment, *python(inner))
    assert done.returncode == 0, done.stderr


def test_users_server_that_does_not_answer_is_named_without_its_password(environment):
    uri = "mongodb://someone:hidden@127.0.0.1:9/?serverSelectionTimeoutMS=300"
    done = run({**environment, "FIFTYONE_DATABASE_URI": uri}, *python("print('ran')"))
    assert done.returncode == 1
    assert "127.0.0.1:9" in done.stderr
    assert "hidden" not in done.stderr
    assert "ran" not in done.stdout
