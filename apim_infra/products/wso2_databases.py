"""The Job that makes WSO2's databases: owners, databases, and the tables that the product's image holds scripts for.

The scripts begin by dropping what they make, so each runs once, as a whole, in a database without tables; one that has some, made before or restored, is
left as it is.
"""

from apim_infra.products.plans import Access, Composed, JobPlan
from apim_infra.products.wso2_values import (
    APIM_DATABASE,
    DATABASE_APIM,
    DATABASE_SHARED,
    POD_LABEL,
    SECRET,
    SHARED_DATABASE,
)

JOB = "wso2-databases"
CLIENT_IMAGE = (
    "ghcr.io/cloudnative-pg/postgresql:17.11-202608170816-standard-trixie"
    "@sha256:91e0de662d53895a45f1396f4ee1a75daeb0c26fc87853afc9c8f43e01fdaa21"
)
"""Image with `psql` (catalogue of images of CloudNativePG, 2026-08-22)."""
ADMINISTRATOR_PASSWORD = "database-administrator-password"  # noqa: S105 - the name of a key
"""Key, in the product's secret, of the password of the store's administrator."""
IMAGE_USER = 10001
"""User of the product's images, who may read their files (charts of WSO2, 4.7.0-1)."""

_SCRIPT = r"""
# make DATABASE FILE: an owner with $OWNER_PASSWORD, a database of its, and the tables of the file.
make() {
  PGUSER="$ADMIN_USER" PGPASSWORD="$ADMIN_PASSWORD" psql -X -q -v ON_ERROR_STOP=1 -d "$ADMIN_DATABASE" -v name="$1" <<'SQL'
\getenv password OWNER_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" PASSWORD :'password';
GRANT :"name" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
  export PGUSER="$1" PGPASSWORD="$OWNER_PASSWORD" PGDATABASE="$1"
  tables="$(psql -X -tA -v ON_ERROR_STOP=1 -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")"
  if [ "$tables" != 0 ]; then
    echo "database $1 has its $tables tables already"
    return
  fi
  # One transaction of this Job's own, so that there are all tables or none.
  sed -E '/^[[:space:]]*(BEGIN( TRANSACTION)?|COMMIT)[[:space:]]*;[[:space:]]*$/Id' "$2" > /tmp/tables.sql
  psql -X -q -v ON_ERROR_STOP=1 --single-transaction -f /tmp/tables.sql
  echo "database $1 has got its tables"
}

OWNER_PASSWORD="$APIM_PASSWORD"; export OWNER_PASSWORD
make "$APIM_DATABASE" /files/apimgt/postgresql.sql
OWNER_PASSWORD="$SHARED_PASSWORD"
make "$SHARED_DATABASE" /files/postgresql.sql
"""


def databases_job(access: Access, image: Composed, home: str) -> JobPlan:
    """Return the Job that makes the databases from the scripts in `image`, whose product lies in the folder `home`."""
    store = access.stores["postgresql"]
    return JobPlan(
        name=JOB,
        image=CLIENT_IMAGE,
        script=_SCRIPT,
        pool="management",
        environment={
            "PGHOST": store.host,
            "PGPORT": Composed("{port}", {"port": store.port}),
            "PGSSLMODE": "require" if store.tls else "prefer",
            "ADMIN_USER": store.username,
            "ADMIN_DATABASE": store.database,
            "APIM_DATABASE": DATABASE_APIM,
            "SHARED_DATABASE": DATABASE_SHARED,
        },
        secret_environment={
            "ADMIN_PASSWORD": (SECRET, ADMINISTRATOR_PASSWORD),
            "APIM_PASSWORD": (SECRET, APIM_DATABASE),
            "SHARED_PASSWORD": (SECRET, SHARED_DATABASE),
        },
        labels={POD_LABEL: JOB},
        user=IMAGE_USER,
        files=(image, f"{home}/dbscripts"),
    )
