from django.urls import path

from accountability.api import awards

urlpatterns = [path("award-bans/", awards.AwardBans.as_view(), name="api_award_bans")]
