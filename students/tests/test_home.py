"""今日 for who oversees a school; the day's overview by school for who oversees several."""

from datetime import date

from organisation.enums import PostKind
from organisation.tests.factories import make_holder
from students.tests.factories import make_pupil, make_roll

DAY = date(2026, 11, 23)


def home_of(client):
    return client.get("/").content.decode()


def test_what_needs_me_stands_before_the_numbers(as_, principal, pupils_a):
    html = home_of(as_(principal))
    assert html.index("需要我办的") < html.index("上午点名")


def test_a_class_that_has_not_called_opens_its_roll(as_, principal, class_a, class_teacher, primary_class, pupils_a):
    make_pupil(primary_class, "小学生")
    make_roll(primary_class, DAY, "am", by=class_teacher)
    html = home_of(as_(principal))
    assert f'href="/rolls/{class_a.code}/{DAY}/am/"' in html
    assert f'href="/rolls/{primary_class.code}/{DAY}/am/"' not in html


def test_a_class_teachers_today_opens_the_roll(as_, class_teacher, class_a, pupils_a):
    assert f'href="/rolls/{class_a.code}/{DAY}/am/"' in home_of(as_(class_teacher))


def test_a_county_sees_schools_before_classes(as_, county, class_a, class_b, pupils_a):
    make_pupil(class_b, "外校生")
    clerk = make_holder(PostKind.COUNTY_CLERK, county, "县里人")
    client = as_(clerk)
    html = client.get("/rolls/day/").content.decode()
    assert "school=2152000123" in html
    assert class_a.code not in html
    assert class_a.code in client.get("/rolls/day/?school=2152000123").content.decode()


def test_a_substitute_is_offered_only_to_who_may_name_one(as_, principal, head_of_teaching, class_a, pupils_a):
    link = f"/rolls/substitute/{class_a.code}/"
    assert link in as_(head_of_teaching).get("/rolls/day/").content.decode()
    assert link not in as_(principal).get("/rolls/day/").content.decode()
