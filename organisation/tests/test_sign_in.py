import time

import pytest
from django.urls import reverse

from organisation.actions.posts import reset_password
from organisation.tests.factories import PASSWORD, make_person

LOGIN = "/accounts/login/"


@pytest.fixture
def account(db):
    person = make_person("王芳", login="wangfang")
    person.set_password(PASSWORD)
    person.save()
    return person


def try_login(client, password=PASSWORD, login="wangfang"):
    return client.post(LOGIN, {"login": login, "password": password})


def test_login_and_password_lead_to_the_start_page(client, account):
    response = try_login(client)
    assert (response.status_code, response.headers["Location"]) == (302, "/start/")


def test_the_bare_address_leads_by_the_login_to_where_work_starts(client, account):
    assert client.get("/").headers["Location"] == LOGIN


def test_five_wrong_passwords_lock_the_account_for_the_right_one_too(client, account):
    statuses = [try_login(client, "falsch").status_code for _ in range(5)]
    assert statuses[0] == 200
    response = try_login(client)
    assert response.status_code == 429
    assert "_auth_user_id" not in client.session


def test_a_one_time_password_lifts_the_lock(client, account):
    for _ in range(5):
        try_login(client, "falsch")
    administrator = make_person("管理员", login="guanli", is_staff=True, is_superuser=True)
    secret = reset_password(account, by=administrator)
    assert try_login(client, secret).headers["Location"] == "/start/"


def test_a_spoofed_address_does_not_get_round_the_lock(client, account):
    for n in range(5):
        client.post(LOGIN, {"login": "wangfang", "password": "falsch"}, headers={"X-Forwarded-For": f"10.0.0.{n}"})
    assert try_login(client).status_code == 429


def test_an_unknown_account_answers_like_a_known_one(client, account):
    known, unknown = try_login(client, "falsch"), try_login(client, "falsch", login="niemand")
    strip = lambda response: response.content.decode().replace("wangfang", "").replace("niemand", "")  # noqa: E731
    assert known.status_code == unknown.status_code == 200
    assert len(strip(known)) == pytest.approx(len(strip(unknown)), abs=200)


def test_passwords_are_kept_by_argon2(account):
    account.refresh_from_db()
    assert account.password.startswith("argon2")


def test_a_first_password_is_changed_before_anything_else(client, account):
    account.must_change_password = True
    account.save()
    client.force_login(account)
    assert client.get("/").headers["Location"] == reverse("account_change_password")

    new = "Neu-und-lang-2026"
    client.post(
        reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": new, "password2": new}, follow=True
    )
    account.refresh_from_db()
    assert not account.must_change_password


def test_a_session_ends_when_nobody_uses_it(client, account, settings):
    client.force_login(account)
    assert client.get("/").status_code == 200
    session = client.session
    session["seen_at"] = int(time.time()) - settings.SESSION_IDLE_MINUTES * 60 - 1
    session.save()
    assert client.get("/").headers["Location"].startswith(LOGIN)


def test_a_disabled_account_is_out_at_once(client, account):
    client.force_login(account)
    account.is_active = False
    account.save()
    assert client.get("/").headers["Location"].startswith(LOGIN)


def test_htmx_is_told_to_go_to_the_login_page(client):
    response = client.get("/badges/", headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"].startswith(LOGIN)


def test_who_is_signed_out_under_a_fragment_comes_back_to_its_page(client):
    page = {"HX-Request": "true", "HX-Current-URL": "http://testserver/rates/?unit=520502"}
    response = client.get("/badges/", headers=page)
    assert response.headers["HX-Redirect"] == f"{LOGIN}?next=/rates/%3Funit%3D520502"


@pytest.mark.parametrize("page", ["/", LOGIN, "/jobs/", "/healthz", "/api/v1/schema/"])
def test_every_answer_carries_the_strict_headers(client, account, page):
    client.force_login(account)
    headers = client.get(page).headers
    policy = headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_nobody_signs_up(client, db):
    assert client.post("/accounts/help/").status_code == 405
    assert "管理员" in client.get("/accounts/help/").content.decode()


@pytest.mark.parametrize("page", ["/accounts/2fa/", "/accounts/2fa/totp/activate/", "/accounts/reauthenticate/"])
def test_the_pages_of_the_second_factor_wear_the_houses_dress(client, account, page):
    try_login(client)
    html = client.get(page, follow=True).content.decode()
    assert 'lang="zh-CN"' in html
    assert 'class="kc-side"' in html
