"""Queries of PostgreSQL's catalogs: the objects to grant, and the privileges that a user has already.

Names in the results are quoted where necessary and have their schema, because only pg_catalog is in the search path.
"""

from typing import Final, NamedTuple

from ...engines.postgres.names import quoted


class Grantable(NamedTuple):
    """The database, the schema or one of its tables: an object on which the user needs a privilege.

    Attributes:
        kind: database, schema or table; views, materialized views, partitioned and foreign tables are tables too.
        name: as in the catalog, without quotes.
        target: its name in GRANT.
        owner: the role that owns it.
        is_extensions: whether it belongs to an extension, not to the application.
        can_be_granted: whether the administrator may grant the privilege.
        can_be_used: whether the user has the privilege, for example through another role.
        can_be_joined: whether the administrator can become a member of the owner and still log in with a password,
            which members of rds_iam cannot.
    """

    kind: str
    name: str
    target: str
    owner: str
    is_extensions: bool
    can_be_granted: bool
    can_be_used: bool
    can_be_joined: bool

    @property
    def privilege(self) -> "Privilege":
        """The privilege that the user needs."""
        return Privilege("", {"database": "CONNECT", "schema": "USAGE", "table": "SELECT"}[self.kind], self.target)


class Privilege(NamedTuple):
    """A privilege on an object, or on objects that will be created.

    Attributes:
        scope: the beginning of its statements: empty, or ALTER DEFAULT PRIVILEGES with the role.
        name: the privilege, with the column of a column privilege.
        target: the object's name in GRANT.
    """

    scope: str
    name: str
    target: str

    def grant(self, user: str) -> str:
        """Return the statement that grants it."""
        return f"{self.scope}GRANT {self.name} ON {self.target} TO {quoted(user)}"

    def revoke(self, user: str, *, option_only: bool) -> str:
        """Return the statement that revokes it, or only its grant option."""
        option = "GRANT OPTION FOR " if option_only else ""
        return f"{self.scope}REVOKE {option}{self.name} ON {self.target} FROM {quoted(user)}"


class Held(NamedTuple):
    """A privilege that a user has.

    Attributes:
        has_grant_option: whether the user may grant it to others.
        grantor: the role that granted it; each grant of the same privilege is a Held of its own.
    """

    privilege: Privilege
    has_grant_option: bool
    grantor: str

    @property
    def description(self) -> str:
        """The privilege in words."""
        scope, name, target = self.privilege
        option = " WITH GRANT OPTION" if self.has_grant_option else ""
        return f"{scope}GRANT {name} ON {target}{option}, granted by {self.grantor}"


SESSION: Final = (
    "SET standard_conforming_strings = on",
    # No user's function or table may replace one of the catalog.
    "SET search_path = pg_catalog, pg_temp",
)

ROLES: Final = """\
SELECT rolname, rolcanlogin, EXISTS (
  SELECT FROM pg_auth_members WHERE member = pg_roles.oid AND roleid = (SELECT oid FROM pg_roles WHERE rolname = $2))
FROM pg_roles WHERE rolname IN ($1, $2)"""
"""$1 a user, $2 rds_iam: which of the two exist, whether they may log in, and whether they are members of rds_iam."""

MEMBERSHIP: Final = "SELECT pg_has_role($1::name, 'MEMBER')"
"""$1 rds_iam: whether the administrator is a member of it, directly or through other roles."""

GRANTABLES: Final = """\
WITH things (kind, name, target, owner, is_extensions, can_be_granted, can_be_used) AS (
  SELECT 'database', datname::text, format('DATABASE %I', datname), datdba, false,
    has_database_privilege(oid, 'CONNECT WITH GRANT OPTION'), has_database_privilege($1::name, oid, 'CONNECT')
  FROM pg_database WHERE datname = current_database()
  UNION ALL SELECT 'schema', nspname::text, format('SCHEMA %I', nspname), nspowner, false,
    has_schema_privilege(oid, 'USAGE WITH GRANT OPTION'), has_schema_privilege($1::name, oid, 'USAGE')
  FROM pg_namespace WHERE nspname = $2
  UNION ALL SELECT 'table', relname::text, format('TABLE %I.%I', nspname, relname), relowner,
    EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'),
    has_table_privilege(pg_class.oid, 'SELECT WITH GRANT OPTION'),
    has_table_privilege($1::name, pg_class.oid, 'SELECT')
  FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
  WHERE nspname = $2 AND relkind IN ('r', 'v', 'm', 'p', 'f'))
SELECT kind, name, target, pg_get_userbyid(owner)::text, is_extensions, can_be_granted, can_be_used,
  NOT pg_has_role(owner, $3::name, 'MEMBER') AND pg_get_userbyid(owner) NOT LIKE 'pg\\_%'
FROM things ORDER BY kind, name"""
"""$1 a user, $2 the schema, $3 rds_iam: the Grantables."""

CREATORS: Final = """\
SELECT rolname::text, format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I ', rolname, nspname)
FROM pg_roles JOIN pg_namespace ON nspname = $2
WHERE (rolname = current_user OR pg_roles.oid = nspowner OR pg_roles.oid IN (
    SELECT relowner FROM pg_class WHERE relnamespace = pg_namespace.oid AND relkind IN ('r', 'v', 'm', 'p', 'f')))
  AND pg_has_role(pg_roles.oid, 'USAGE') AND rolname <> $1 AND rolname NOT LIKE 'pg\\_%'
ORDER BY rolname"""
"""$1 a user, $2 the schema: the roles whose future tables in it the administrator can grant, and the scope."""

HELD: Final = """\
WITH objects (owner, scope, target, attribute, acl) AS (
  SELECT relowner, '', CASE relkind WHEN 'S' THEN 'SEQUENCE ' ELSE 'TABLE ' END || pg_class.oid::regclass, '', relacl
  FROM pg_class
  UNION ALL SELECT relowner, '', format('TABLE %s', attrelid::regclass), format(' (%I)', attname), attacl
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
  UNION ALL SELECT nspowner, '', format('SCHEMA %I', nspname), '', nspacl FROM pg_namespace
  UNION ALL SELECT datdba, '', format('DATABASE %I', datname), '', datacl FROM pg_database
  WHERE datname = current_database()
  UNION ALL SELECT proowner, '', format('ROUTINE %s', oid::regprocedure), '', proacl FROM pg_proc
  UNION ALL SELECT typowner, '', format('TYPE %I.%I', nspname, typname), '', typacl
  FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace
  UNION ALL SELECT lanowner, '', format('LANGUAGE %I', lanname), '', lanacl FROM pg_language
  UNION ALL SELECT lomowner, '', format('LARGE OBJECT %s', oid), '', lomacl FROM pg_largeobject_metadata
  UNION ALL SELECT fdwowner, '', format('FOREIGN DATA WRAPPER %I', fdwname), '', fdwacl FROM pg_foreign_data_wrapper
  UNION ALL SELECT srvowner, '', format('FOREIGN SERVER %I', srvname), '', srvacl FROM pg_foreign_server
  UNION ALL SELECT spcowner, '', format('TABLESPACE %I', spcname), '', spcacl FROM pg_tablespace
  UNION ALL SELECT defaclrole,
    format('ALTER DEFAULT PRIVILEGES FOR ROLE %I ', pg_get_userbyid(defaclrole))
      || coalesce('IN SCHEMA ' || nullif(defaclnamespace, 0)::regnamespace || ' ', ''),
    CASE defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'ROUTINES' WHEN 'T' THEN 'TYPES'
      WHEN 'n' THEN 'SCHEMAS' ELSE 'LARGE OBJECTS' END, '', defaclacl
  FROM pg_default_acl)
SELECT scope, privilege_type || attribute, target, is_grantable, pg_get_userbyid(grantor)::text
FROM objects CROSS JOIN LATERAL aclexplode(acl)
WHERE grantee = (SELECT oid FROM pg_roles WHERE rolname = $1) AND owner <> grantee
ORDER BY 3, 1, 2, 5"""
"""$1 a user: the fields of Held, without the privileges of owners, which cannot be revoked."""

BEYOND: Final = """\
WITH role AS (SELECT * FROM pg_roles WHERE rolname = $1)
SELECT 'the attribute ' || name
FROM role CROSS JOIN LATERAL (VALUES ('SUPERUSER', rolsuper), ('CREATEDB', rolcreatedb),
  ('CREATEROLE', rolcreaterole), ('REPLICATION', rolreplication), ('BYPASSRLS', rolbypassrls)
) AS attributes (name, is_set) WHERE is_set
UNION SELECT format(
  'membership in %I%s', others.rolname, CASE WHEN admin_option THEN ' with admin option' ELSE '' END)
FROM role JOIN pg_auth_members ON member = role.oid JOIN pg_roles AS others ON others.oid = roleid
WHERE others.rolname <> $2 OR admin_option
UNION SELECT format('ownership of %s %s', type, identity)
FROM role JOIN pg_shdepend ON refobjid = role.oid
  CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid)
WHERE deptype = 'o' AND dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
UNION SELECT format('privileges on %s %s', type, identity)
FROM role JOIN pg_shdepend ON refobjid = role.oid
  CROSS JOIN LATERAL pg_identify_object(classid, objid, objsubid)
WHERE deptype = 'a' AND dbid = 0 AND classid NOT IN ('pg_database'::regclass, 'pg_tablespace'::regclass)
UNION SELECT format('%s on the database %I', privilege_type, datname)
FROM role CROSS JOIN pg_database CROSS JOIN LATERAL aclexplode(datacl)
WHERE grantee = role.oid AND datdba <> grantee AND datname <> current_database()
UNION SELECT format('%s in the database %I', CASE deptype WHEN 'o' THEN 'ownership' ELSE 'privileges' END, datname)
FROM role JOIN pg_shdepend ON refobjid = role.oid JOIN pg_database ON pg_database.oid = dbid
WHERE deptype IN ('o', 'a') AND datname <> current_database()"""
"""$1 a user, $2 rds_iam: what the user has apart from privileges in this database, in words."""
