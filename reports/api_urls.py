from django.urls import path

from reports.api import figures

urlpatterns = [
    path("rates/", figures.Rates.as_view(), name="api_rates"),
    path("rates/<int:pk>/students/", figures.RatePupils.as_view(), name="api_rate_students"),
    path("returns/", figures.Returns.as_view(), name="api_returns"),
    path("returns/<int:pk>/file/", figures.ReturnFile.as_view(), name="api_return_file"),
]
