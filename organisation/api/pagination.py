from rest_framework.pagination import CursorPagination


class Cursor(CursorPagination):
    """{"next", "previous", "results"}, in a fixed order, 50 a page, `?limit=` up to 500."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 500
    ordering = ("pk",)

    def get_ordering(self, request, queryset, view):
        """The queryset's own order, made total by its key, is the list's."""
        own = [field for field in queryset.query.order_by or queryset.model._meta.ordering if isinstance(field, str)]
        names = [field.lstrip("-") for field in own]
        return (*own,) if "pk" in names or "id" in names else (*own, "pk")
