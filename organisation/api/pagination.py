from django.core.exceptions import ValidationError
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """{"next", "previous", "results"}, in a fixed order, 50 a page, `?limit=` up to 500."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("pk",)

    def decode_cursor(self, request):
        """A cursor that nobody was given leads nowhere."""
        cursor = super().decode_cursor(request)
        if cursor is not None and "\0" in (cursor.position or ""):
            raise NotFound
        return cursor

    def paginate_queryset(self, queryset, request, view=None):
        try:
            return super().paginate_queryset(queryset, request, view)
        except (
            ValidationError,
            ValueError,
        ) as error:  # the position is no value of the column that the list is in order of
            raise NotFound from error

    def get_ordering(self, request, queryset, view):
        """The queryset's own order, made total by its key, is the list's."""
        own = [field for field in queryset.query.order_by or queryset.model._meta.ordering if isinstance(field, str)]
        names = [field.lstrip("-") for field in own]
        return (*own,) if "pk" in names or "id" in names else (*own, "pk")
