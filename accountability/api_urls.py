from django.urls import path

from accountability.api import awards, findings

urlpatterns = [
    path("award-bans/", awards.AwardBans.as_view(), name="api_award_bans"),
    path("findings/", findings.Findings.as_view(), name="api_findings"),
    path("findings/<int:pk>/", findings.FindingDetail.as_view(), name="api_finding"),
    path("findings/<int:pk>/<slug:verb>/", findings.FindingVerb.as_view(), name="api_finding_verb"),
]
