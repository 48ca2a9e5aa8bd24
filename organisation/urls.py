from django.urls import path

from organisation.views import health, home, jobs

urlpatterns = [
    path("", home.home, name="home"),
    path("start/", home.start, name="start"),
    path("badges/", home.badges, name="badges"),
    path("healthz", health.healthz, name="healthz"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/<uuid:pk>/", jobs.job, name="job"),
    path("jobs/<uuid:pk>/file/", jobs.job_file, name="job_file"),
]
