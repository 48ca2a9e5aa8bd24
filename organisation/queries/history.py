"""Who changed what on a record, and when (django-simple-history), in the words of its fields."""

from django.db.models import ForeignKey

from organisation.fields import SealedField
from organisation.models import Person

KINDS = {"+": "新建", "~": "修改", "-": "删除"}


def history_of(instance, *, limit=50, hidden=()) -> list[dict]:
    """The record's changes, newest first: {"when", "who", "kind", "changes": [(label, before, after)]}.

    Sealed values are only said to have changed; of `hidden` fields not even that.
    """
    rows = list(instance.history.all()[: limit + 1])
    names = _names(instance, rows)
    fields = [field for field in instance._meta.concrete_fields if _is_named(field) and field.name not in hidden]
    tracked = [field for field in fields if hasattr(rows[0], field.attname)] if rows else []
    entries = []
    for new, old in zip(rows, [*rows, None][1:], strict=True):
        changes = [_change(field, old, new, names) for field in tracked if _differs(field, old, new)]
        if new.history_type == "~" and not changes:
            continue  # a key or a count moved on, which tells nobody anything
        entries.append(
            {
                "when": new.history_date,
                "who": names[Person].get(new.history_user_id, "系统"),
                "kind": KINDS[new.history_type],
                "changes": changes,
            }
        )
    return entries[:limit]


def _is_named(field):
    """Only what people have a word for; keys and paths change without telling anybody anything."""
    return not field.primary_key and str(field.verbose_name) != field.name.replace("_", " ")


def _differs(field, old, new):
    return old is not None and getattr(old, field.attname) != getattr(new, field.attname)


def _change(field, old, new, names):
    if isinstance(field, SealedField):
        return str(field.verbose_name), "(已隐去)", "(已更改)"
    return str(field.verbose_name), _shown(field, old, names), _shown(field, new, names)


def _shown(field, row, names):
    value = getattr(row, field.attname)
    if value in (None, ""):
        return "空"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(field, ForeignKey):
        return names[field.related_model].get(value, str(value))
    return dict(field.flatchoices).get(value, value)


def _names(instance, rows):
    """{model: {key: text}} of all that the rows point to, one statement a model."""
    wanted = {Person: {row.history_user_id for row in rows}}
    for field in instance._meta.concrete_fields:
        if isinstance(field, ForeignKey):
            keys = {getattr(row, field.attname, None) for row in rows}
            wanted.setdefault(field.related_model, set()).update(keys)
    return {
        model: {row.pk: str(row) for row in model._default_manager.filter(pk__in=keys - {None})}
        for model, keys in wanted.items()
    }
