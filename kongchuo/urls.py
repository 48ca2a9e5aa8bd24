from allauth.account import views as account
from django.contrib import admin
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from organisation.views.account import ask_administrator

FLOORS = ("organisation", "students", "casework", "accountability", "reports")

# Of allauth's pages only those that serve people whose accounts are given to them; there are no mail addresses.
accounts = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", ask_administrator, name="account_reset_password"),
    path("help/", ask_administrator, name="account_signup"),
    path("contact/", ask_administrator, name="account_email"),
    path("password/set/", ask_administrator, name="account_set_password"),
    path("2fa/", include("allauth.mfa.urls")),
]
urlpatterns = [
    path("admin/", admin.site.urls),
    path("accounts/", include(accounts)),
    path("api/v1/schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path(
        "api/v1/docs/",
        SpectacularSwaggerSplitView.as_view(url_name="api_schema", template_name="api_docs.html"),
        name="api_docs",
    ),
    *(path("", include(f"{floor}.urls")) for floor in FLOORS),
    *(path("api/v1/", include(f"{floor}.api_urls")) for floor in FLOORS),
]
handler400 = "organisation.views.errors.bad_request"
handler403 = "organisation.views.errors.forbidden"
handler404 = "organisation.views.errors.not_found"
handler500 = "organisation.views.errors.broken"
