"""The Job that makes WSO2's databases, run as it is against a PostgreSQL on this machine."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from apim_infra.products.plans import Access, Composed, StoreAccess
from apim_infra.products.wso2_databases import databases_job

PATHS = os.pathsep.join([*(str(path) for path in Path("/usr/lib/postgresql").glob("*/bin")), os.environ["PATH"]])
PROGRAMS = {name: shutil.which(name, path=PATHS) for name in ("initdb", "pg_ctl", "psql")}
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not all(PROGRAMS.values()), reason="PostgreSQL (initdb, pg_ctl, psql) is not on this machine"),
    pytest.mark.skipif(os.geteuid() == 0 and shutil.which("setpriv") is None, reason="PostgreSQL does not run as root"),
]
TABLES = """
BEGIN TRANSACTION;
DROP TABLE IF EXISTS {name};
CREATE TABLE {name} (id INTEGER);
CREATE OR REPLACE FUNCTION changed() RETURNS TRIGGER AS $$
BEGIN
  RETURN NEW;
END;
$$ LANGUAGE plpgsql;
commit ;
"""
PORT = "54329"
NOBODY = 65534


def command(name: str, *arguments: str) -> list[str]:
    """Return a command as somebody who is not root."""
    program = [str(PROGRAMS[name]), *arguments]
    if os.geteuid():
        return program
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *program]


@pytest.fixture(scope="module")
def server() -> Iterator[Path]:
    """Run a server by a socket in a folder of its own; its administrator is no superuser, as those of the clouds are none."""
    # Not in pytest's own folder, which nobody else may enter.
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        yield from served(Path(folder))


def served(folder: Path) -> Iterator[Path]:
    if not os.geteuid():
        os.chown(folder, NOBODY, NOBODY)
    data = folder / "data"
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(
        command("initdb", "-D", str(data), "-U", "root", "-A", "trust", "-N"),
        check=True,
        capture_output=True,
        env=environment,
    )
    with (data / "pg_hba.conf").open("w") as rules:
        rules.write("local all root trust\nlocal all all scram-sha-256\n")
    options = f"-k {folder} -p {PORT} -c listen_addresses= -c fsync=off"
    subprocess.run(
        command("pg_ctl", "-D", str(data), "-o", options, "-l", str(folder / "log"), "-w", "start"),
        check=True,
        capture_output=True,
        env=environment,
    )
    try:
        query(folder, "postgres", "CREATE ROLE administrator LOGIN CREATEDB CREATEROLE PASSWORD 'first'")
        yield folder
    finally:
        subprocess.run(command("pg_ctl", "-D", str(data), "-m", "immediate", "stop"), check=True, capture_output=True)


def query(server: Path, database: str, text: str) -> list[str]:
    found = subprocess.run(
        [
            str(PROGRAMS["psql"]),
            "-X",
            "-tA",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            str(server),
            "-p",
            PORT,
            "-U",
            "root",
            "-d",
            database,
            "-c",
            text,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    return found.stdout.split()


def run(server: Path, files: Path, apim: str = "second") -> subprocess.CompletedProcess[str]:
    store = StoreAccess(str(server), PORT, "postgres", "administrator", "first", tls=False)
    job = databases_job(Access({"postgresql": store}, {}, ""), Composed("", {}), "/home")
    given = {**job.environment, "PGPORT": PORT, "PGSSLMODE": "disable"}
    passwords = {"ADMIN_PASSWORD": "first", "APIM_PASSWORD": apim, "SHARED_PASSWORD": "third"}
    assert set(passwords) == set(job.secret_environment)
    scratch = "/tmp/tables.sql"  # noqa: S108 - a file in a volume of the pod
    script = job.script.replace(scratch, f"{files}/tables.sql").replace("/files/", f"{files}/")
    environment = {"PATH": os.environ["PATH"], **{key: str(value) for key, value in given.items()}, **passwords}
    return subprocess.run(["/bin/sh", "-euc", script], check=False, capture_output=True, text=True, env=environment)


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "apimgt").mkdir()
    (tmp_path / "apimgt" / "postgresql.sql").write_text(TABLES.format(name="AM_API"))
    (tmp_path / "postgresql.sql").write_text(TABLES.format(name="UM_USER"))
    return tmp_path


def tables(server: Path, database: str) -> list[str]:
    return query(server, database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")


def test_databases_are_made_once_and_whole(server: Path, files: Path) -> None:
    # A script that fails leaves no table behind, so that the next try begins anew.
    good = (files / "postgresql.sql").read_text()
    (files / "postgresql.sql").write_text(good.replace("commit ;", "SELECT nothing();\ncommit ;"))
    failed = run(server, files)
    assert failed.returncode != 0
    assert tables(server, "wso2_shared") == []
    (files / "postgresql.sql").write_text(good)

    made = run(server, files)
    assert made.returncode == 0, made.stderr
    assert (tables(server, "wso2_apim"), tables(server, "wso2_shared")) == (["am_api"], ["um_user"])
    owners = "SELECT datname, pg_get_userbyid(datdba) FROM pg_database WHERE datname LIKE 'wso2%' ORDER BY 1"
    assert query(server, "postgres", owners) == ["wso2_apim|wso2_apim", "wso2_shared|wso2_shared"]

    # Again, with another password: the scripts would drop every table, and are not run.
    query(server, "wso2_apim", "INSERT INTO am_api VALUES (1)")
    again = run(server, files, "changed")
    assert again.returncode == 0, again.stderr
    assert "has its 1 tables already" in again.stdout
    assert query(server, "wso2_apim", "SELECT count(*) FROM am_api") == ["1"]
    for found in (failed, made, again):
        assert not [word for word in ("first", "second", "third", "changed") if word in found.stdout + found.stderr]


def test_nobody_else_may_enter_a_database(server: Path, files: Path) -> None:
    assert run(server, files).returncode == 0
    query(server, "postgres", "DROP ROLE IF EXISTS stranger; CREATE ROLE stranger LOGIN")
    assert query(server, "postgres", "SELECT has_database_privilege('stranger', 'wso2_apim', 'CONNECT')") == ["f"]
