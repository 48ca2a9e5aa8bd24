from django.urls import path

from accountability.views import awards, commendations, complain, complaints, exhibits, leads, overview

urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/new/", leads.lead_new, name="lead_new"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("exhibits/<uuid:pk>/", exhibits.exhibit, name="exhibit"),
    path("complain/", complain.complain, name="complain"),
    path("complain/query/", complain.complaint_query, name="complaint_query"),
    path("complaints/", complaints.complaints, name="complaints"),
    path("complaints/<int:pk>/", complaints.complaint, name="complaint"),
    path("accountability/", overview.overview, name="accountability"),
    path("nominations/", awards.nominations, name="nominations"),
    path("commendations/", commendations.commendations, name="commendations"),
    path("commendations/<int:pk>/", commendations.commendation, name="commendation"),
]
