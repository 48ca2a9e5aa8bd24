from django.urls import path

from reports.views import rates, returns

urlpatterns = [
    path("rates/", rates.rates, name="rates"),
    path("rates/compute/", rates.compute, name="compute_rates"),
    path("rates/<int:pk>/students/", rates.rate_pupils, name="rate_students"),
    path("returns/", returns.returns, name="returns"),
    path("returns/<int:pk>/", returns.one_return, name="return"),
    path("returns/<int:pk>/file/", returns.return_file, name="return_file"),
]
