"""`pupil__among=keys`: like `__in`, for thousands of keys that Python would otherwise look at one by one."""

from operator import index

from django.core.exceptions import EmptyResultSet
from django.db.models import AutoField, BigAutoField, ForeignKey, Lookup


@ForeignKey.register_lookup
@BigAutoField.register_lookup
@AutoField.register_lookup
class Among(Lookup):
    """Rows whose integer key is one of many; the keys travel as one parameter."""

    lookup_name = "among"
    prepare_rhs = False

    def get_prep_lookup(self):
        return [index(key) for key in self.rhs]

    def get_db_prep_lookup(self, value, connection):
        brackets = "{%s}" if connection.vendor == "postgresql" else "[%s]"
        return "%s", [brackets % ",".join(map(str, value))]

    def as_sql(self, compiler, connection):
        if not self.rhs:
            raise EmptyResultSet
        column, parameters = self.process_lhs(compiler, connection)
        keys, given = self.process_rhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY({keys}::bigint[])", [*parameters, *given]
        return f"{column} IN (SELECT value FROM json_each({keys}))", [*parameters, *given]
