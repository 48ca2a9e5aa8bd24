"""Addresses that are opened without a login."""

from django.conf import settings
from django.urls import reverse


def public_address(request, route: str, token: str) -> str:
    """The address under which people outside open a link: the county's own where it is set."""
    path = reverse(route, args=[token])
    return f"{settings.PUBLIC_URL}{path}" if settings.PUBLIC_URL else request.build_absolute_uri(path)
