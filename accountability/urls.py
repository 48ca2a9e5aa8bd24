from django.urls import path

from accountability.views import complain, complaints, exhibits, leads

urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/new/", leads.lead_new, name="lead_new"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("exhibits/<uuid:pk>/", exhibits.exhibit, name="exhibit"),
    path("complain/", complain.complain, name="complain"),
    path("complain/query/", complain.complaint_query, name="complaint_query"),
    path("complaints/", complaints.complaints, name="complaints"),
    path("complaints/<int:pk>/", complaints.complaint, name="complaint"),
]
