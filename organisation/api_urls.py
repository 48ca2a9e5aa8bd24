from django.urls import path

from organisation.api import views

urlpatterns = [path("units/", views.Units.as_view(), name="api_units")]
