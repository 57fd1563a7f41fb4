"""The Job that makes WSO2's databases: owners, databases, and the tables that the product's image holds scripts for.

The scripts begin by dropping what they make, so each runs once: in one transaction with the table by which the Job knows later that it has run. A database
that has tables already, restored or brought along, is left as it is.
"""

from apim_infra.products.plans import Access, Composed, JobPlan
from apim_infra.products.wso2_values import (
    APIM_DATABASE,
    CONTROL_PLANE,
    DATABASE_APIM,
    DATABASE_SHARED,
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
as_owner() { PGUSER="$1" PGPASSWORD="$OWNER_PASSWORD" psql -X -q -v ON_ERROR_STOP=1 -d "$1" "${@:2}"; }

make() {
  PGUSER="$ADMIN_USER" PGPASSWORD="$ADMIN_PASSWORD" psql -X -q -v ON_ERROR_STOP=1 -d "$ADMIN_DATABASE" -v name="$1" <<'SQL'
\getenv password OWNER_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" PASSWORD :'password';
GRANT :"name" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
  if [ "$(owned "$1" -tA -c "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")" != 0 ]; then
    echo "database $1 has its tables already"
    return
  fi
  {
    sed -E '/^[[:space:]]*(BEGIN( TRANSACTION)?|COMMIT)[[:space:]]*;[[:space:]]*$/Id' "/files/$2"
    echo 'CREATE TABLE platform_schema AS SELECT now() AS loaded_at;'
  } | owned "$1" --single-transaction -f -
  echo "database $1 has got its tables"
}
"""


def databases_job(access: Access, tag: str) -> JobPlan:
    """Return the Job that makes the databases from the scripts in the control plane's image."""
    raise NotImplementedError
