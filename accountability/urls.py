from django.urls import path

from accountability.views import complain, complaints, exhibits, leads, spot_counts, truth

urlpatterns = [
    path("leads/", leads.leads, name="leads"),
    path("leads/new/", leads.lead_new, name="lead_new"),
    path("leads/<int:pk>/", leads.lead, name="lead"),
    path("exhibits/<uuid:pk>/", exhibits.exhibit, name="exhibit"),
    path("complain/", complain.complain, name="complain"),
    path("complain/query/", complain.complaint_query, name="complaint_query"),
    path("complaints/", complaints.complaints, name="complaints"),
    path("complaints/<int:pk>/", complaints.complaint, name="complaint"),
    path("truth/", truth.truth, name="truth"),
    path("truth/<int:pk>/", truth.truth_hit, name="truth_hit"),
    path("truth/rates/", truth.truth_rates, name="truth_rates"),
    path("truth/counts/", spot_counts.spot_counts, name="spot_counts"),
    path("truth/counts/new/", spot_counts.spot_count_new, name="spot_count_new"),
]
