"""The cast: one county with two schools, another county, and the people who hold the posts. 2026-11-23 is a Monday."""

from datetime import date

import pytest
from django.db import connection

from organisation.enums import PostKind, Stage
from organisation.guards import lift_guards
from organisation.models import Unit
from organisation.queries.edition import forget_rule_books
from organisation.tests.factories import make_class, make_county, make_holder, make_person, make_school, make_township
from students.tests.factories import make_pupil

SCHOOL_DAY = date(2026, 11, 23)


@pytest.fixture(autouse=True)
def own_data_folder(settings, tmp_path_factory):
    """Keys, uploads and results of a test run lie in a folder of its own; keys are made once a run."""
    settings.DATA_DIR = tmp_path_factory.getbasetemp() / "data"
    settings.DATA_DIR.mkdir(exist_ok=True)
    settings.KONGCHUO_TODAY = SCHOOL_DAY.isoformat()
    forget_rule_books()


@pytest.fixture(autouse=True, scope="session")
def tables_may_be_emptied():
    """On SQLite a test's tables are emptied by DELETE, which the guards of history refuse; they stand again after it."""
    operations_class = type(connection.ops)
    flush = operations_class.execute_sql_flush

    def lifted(operations, statements):
        if statements and connection.vendor == "sqlite":
            lift_guards()
        return flush(operations, statements)

    operations_class.execute_sql_flush = lifted
    yield
    operations_class.execute_sql_flush = flush


@pytest.fixture
def as_(client):
    """Signs a person in: `as_(principal).get(...)`."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def school_day():
    return SCHOOL_DAY


@pytest.fixture
def county(db):
    return make_county("520502")


@pytest.fixture
def township(county):
    return make_township(county, "520502101")


@pytest.fixture
def school_a(township):
    return make_school(township, "2152000123")


@pytest.fixture
def class_a(school_a):
    """八(1)班 of school A: entered junior in 2025."""
    return make_class(school_a)


@pytest.fixture
def pupils_a(class_a):
    return [make_pupil(class_a, name) for name in ("马小龙", "陈佳琪", "阿依古丽·买买提")]


@pytest.fixture
def school_b(township):
    return make_school(township, "2152000456")


@pytest.fixture
def class_b(school_b):
    return make_class(school_b)


@pytest.fixture
def primary_class(school_a):
    """三(1)班 of school A."""
    return make_class(school_a, stage=Stage.PRIMARY, entered=2024)


@pytest.fixture
def class_teacher(class_a):
    return make_holder(PostKind.CLASS_TEACHER, class_a, "余老师")


@pytest.fixture
def subject_teacher(class_a):
    return make_holder(PostKind.SUBJECT_TEACHER, class_a, "任老师")


@pytest.fixture
def grade_head(class_a):
    return make_holder(PostKind.GRADE_HEAD, Unit.objects.get_parent(class_a), "年级组长王")


@pytest.fixture
def head_of_teaching(school_a):
    return make_holder(PostKind.HEAD_OF_TEACHING, school_a, "李主任")


@pytest.fixture
def registrar(school_a):
    return make_holder(PostKind.REGISTRAR, school_a, "学籍员")


@pytest.fixture
def deputy_principal(school_a):
    return make_holder(PostKind.DEPUTY_PRINCIPAL, school_a, "副校长陈")


@pytest.fixture
def principal(school_a):
    return make_holder(PostKind.PRINCIPAL, school_a, "张校长")


@pytest.fixture
def township_officer(township):
    return make_holder(PostKind.TOWNSHIP_OFFICER, township, "镇干部")


@pytest.fixture
def county_clerk(county):
    return make_holder(PostKind.COUNTY_CLERK, county, "局办事员")


@pytest.fixture
def bureau_head(county):
    return make_holder(PostKind.BUREAU_HEAD, county, "局长")


@pytest.fixture
def prefecture_officer(county):
    return make_holder(PostKind.PREFECTURE_OFFICER, Unit.objects.get_parent(county), "市局")


@pytest.fixture
def stranger(class_b):
    """A class teacher of another school."""
    return make_holder(PostKind.CLASS_TEACHER, class_b, "外校教师")


@pytest.fixture
def other_clerk(db):
    """A clerk of another county."""
    return make_holder(PostKind.COUNTY_CLERK, make_county("520523"), "外县办事员")


@pytest.fixture
def former_teacher(class_a):
    """Somebody whose post in class A has ended."""
    return make_holder(
        PostKind.CLASS_TEACHER, class_a, "原班主任", first_day=date(2025, 9, 1), last_day=date(2026, 8, 31)
    )


@pytest.fixture
def administrator(db):
    return make_person("管理员", login="root", is_staff=True, is_superuser=True)


@pytest.fixture
def connection_(db):
    return connection
