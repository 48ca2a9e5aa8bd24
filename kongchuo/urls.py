from django.contrib import admin
from django.urls import include, path

FLOORS = ("organisation", "students", "casework", "accountability", "reports")

urlpatterns = [
    path("admin/", admin.site.urls),
    *(path("", include(f"{floor}.urls")) for floor in FLOORS),
    *(path("api/v1/", include(f"{floor}.api_urls")) for floor in FLOORS),
]
