"""The admin site: accounts, posts, units, calendar, jobs. No pupil data, for superusers neither (roles.md)."""

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from knox.models import AuthToken
from simple_history.admin import SimpleHistoryAdmin

from organisation.actions.outbox import note_change
from organisation.models import Job, Person, Post, Regulation, SchoolDay, StatutoryDay, Term, Unit

admin.site.site_header = admin.site.site_title = "控辍保学 账号管理"
admin.site.index_title = "账号、岗位、单位、校历、任务"
for foreign in (AuthToken, Authenticator, EmailAddress, Group):
    admin.site.unregister(foreign)  # posts are the groups here, tokens and second factors belong to their owners


@admin.register(Person)
class PersonAdmin(SimpleHistoryAdmin):
    list_display = ["login", "name", "staff_number", "state"]
    search_fields = ["login", "name", "staff_number"]
    fields = ["login", "name", "staff_number", "phone", "is_active", "is_staff", "must_change_password"]

    @admin.display(description="状态", ordering="is_active")
    def state(self, person):
        return "停用" if not person.is_active else "管理员" if person.is_staff else "启用"

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Post)
class PostAdmin(SimpleHistoryAdmin):
    list_display = ["person", "kind", "unit", "first_day", "last_day", "substitutes"]
    list_filter = ["kind"]
    search_fields = ["person__name", "person__login", "unit__code"]
    autocomplete_fields = ["person", "unit"]
    list_select_related = ["person", "unit"]

    @admin.display(description="代班", ordering="is_substitute")
    def substitutes(self, post):
        return "是" if post.is_substitute else ""

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        note_change("post", path=obj.unit.path, since=obj.first_day)


@admin.register(Unit)
class UnitAdmin(SimpleHistoryAdmin):
    """Units are made by set-up and by rosters; here their names and closing dates are corrected."""

    list_display = ["code", "name", "kind", "closed_on"]
    list_filter = ["kind"]
    search_fields = ["code", "name"]
    fields = ["code", "name", "kind", "school_kind", "system", "is_boarding", "closed_on"]
    readonly_fields = ["code", "kind", "system"]

    def has_add_permission(self, request):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class CalendarAdmin(SimpleHistoryAdmin):
    """Whatever depends on school days is followed up."""

    autocomplete_fields = ["unit"]
    list_select_related = ["unit"]

    def save_model(self, request, obj, form, change):
        super().save_model(request, obj, form, change)
        note_change("calendar", path=obj.unit.path, since=getattr(obj, "date", None) or obj.first_day)


@admin.register(Term)
class TermAdmin(CalendarAdmin):
    list_display = ["unit", "year", "number", "first_day", "last_day"]


@admin.register(SchoolDay)
class SchoolDayAdmin(CalendarAdmin):
    list_display = ["unit", "date", "session", "opens", "note"]

    @admin.display(description="安排", ordering="is_open")
    def opens(self, day):
        return "上课" if day.is_open else "放假"


@admin.register(StatutoryDay)
class StatutoryDayAdmin(SimpleHistoryAdmin):
    list_display = ["date", "works", "name"]

    @admin.display(description="安排", ordering="is_workday")
    def works(self, day):
        return "上班" if day.is_workday else "放假"


class ReadOnly:
    def has_add_permission(self, request):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


@admin.register(Regulation)
class RegulationAdmin(ReadOnly, SimpleHistoryAdmin):
    list_display = ["unit", "version", "title", "state", "effective_from"]


@admin.register(Job)
class JobAdmin(ReadOnly, admin.ModelAdmin):
    list_display = ["title", "asked_by", "state", "created_at", "ended"]
    list_filter = ["state"]
    fields = ["title", "asked_by", "unit", "state", "done", "total", "message", "created_at", "ended"]

    @admin.display(description="结束时间", ordering="finished_at")
    def ended(self, job):
        return job.finished_at
