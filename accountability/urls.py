from django.urls import path

from accountability.views import leads

urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
]
