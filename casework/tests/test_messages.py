"""The outbox of messages against a gateway over real HTTP on loopback (F13): never lost, never twice, proved."""

import contextlib
import hmac
import json
import logging
import threading
import time
import uuid
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core import mail

from casework.actions.letters import issue_letter
from casework.actions.letters.messages import LEASE, hear_of_message, queue_message, send_due_messages
from casework.actions.letters.receipts import take_refusal
from casework.enums import Channel, LetterKind
from casework.gateways import channels_offered
from casework.models import Duty, Message
from casework.rules.letter_texts import FULL_WIDTH
from casework.rules.messages import WAITS
from organisation import clock
from organisation.errors import Malformed, NotYours, Refused
from students.tests.factories import make_guardian, make_pupil

TOKEN = "gateway-token"


class FakeGateway:
    """A provider with a memory: what it took, what it sent out, how it behaves next."""

    def __init__(self):
        self.taken, self.posts, self.questions = {}, [], 0
        self.next, self.status = [], "accepted"
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                gateway.posts.append({"body": body, "headers": dict(self.headers)})
                how = gateway.next.pop(0) if gateway.next else "ok"
                if how in ("ok", "taken_500", "taken_slow", "garbage_taken", "cut"):
                    gateway.taken.setdefault(body["request_id"], []).append(body)
                if how == "taken_slow":
                    time.sleep(2)
                if how == "cut":
                    self.connection.close()
                    return
                answers = {
                    "500": (500, b"oops"),
                    "taken_500": (500, b"oops"),
                    "400": (400, b'{"code": "BLACKLIST"}'),
                    "400_number": (400, b'{"code": "no 13912345678"}'),
                    "429": (429, b"{}"),
                    "garbage_taken": (200, b"<html>ok</html>"),
                    "huge": (200, b"x" * 300_000),
                    "redirect": (302, b""),
                }
                code, content = answers.get(how, (202, b'{"id": "m-1", "state": "accepted"}'))
                self.answer(code, content, how)

            def do_GET(self):
                gateway.questions += 1
                key = self.path.rsplit("/", 1)[1]
                if gateway.status == "broken":
                    self.answer(503, b"")
                elif key in gateway.taken:
                    self.answer(200, json.dumps({"id": "m-1", "state": gateway.status}).encode())
                else:
                    self.answer(404, b"{}")

            def answer(self, code, content, how=""):
                self.send_response(code)
                if how == "redirect":
                    self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                with contextlib.suppress(OSError):
                    self.wfile.write(content)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def gateway(settings):
    fake = FakeGateway()
    settings.GATEWAY_URL, settings.GATEWAY_TOKEN, settings.GATEWAY_TIMEOUT = fake.url, TOKEN, 1
    settings.GATEWAY_CHANNELS = ["sms", "wecom"]
    yield fake
    fake.close()


@pytest.fixture
def pupil(class_a):
    return make_pupil(class_a, "马小龙")


@pytest.fixture
def guardian(pupil):
    return make_guardian(pupil, "马大山", phone="13912345678")


@pytest.fixture
def letter(pupil, class_teacher):
    return issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher)


def link(token):
    return f"https://kc.example/l/{token}/"


@pytest.fixture
def queue(letter, guardian, class_teacher, gateway):
    def ask(**more):
        given = {"channel": Channel.SMS, "guardian": guardian, "request_id": uuid.uuid4(), **more}
        return queue_message(letter, given.pop("channel"), by=class_teacher, address_of_link=link, **given)

    return ask


def make_due(message):
    Message.objects.filter(pk=message.pk).update(next_try_at=clock.now() - timedelta(seconds=1))


def go(message):
    """One more round, as if its time had come."""
    make_due(message)
    send_due_messages()
    message.refresh_from_db()
    return message


def test_a_message_goes_to_one_guardian_with_a_link_of_its_own(queue, gateway):
    message = go(queue())

    (post,) = gateway.posts
    assert message.state == "sent"
    assert post["body"]["to"] == "13912345678"
    said = "【学校2152000123】马大山您好:学校有一份《家长约谈通知书》请您查看并签收"
    assert post["body"]["text"].startswith(said.translate(FULL_WIDTH))
    assert "https://kc.example/l/" in post["body"]["text"]
    assert "马小龙" not in post["body"]["text"]
    assert post["headers"]["Authorization"] == f"Bearer {TOKEN}"
    assert post["headers"]["Idempotency-Key"] == str(message.request_id)


def test_the_house_forgets_the_link_once_it_is_out(queue):
    assert go(queue()).secret == ""


def test_a_message_taken_and_answered_with_500_is_not_sent_twice(queue, gateway):
    gateway.next = ["taken_500"]
    message = go(queue())
    assert (message.state, message.unclear) == ("queued", True)

    message = go(message)

    assert message.state == "sent"
    assert len(gateway.posts) == 1


@pytest.mark.parametrize("how", ["taken_slow", "cut", "garbage_taken"])
def test_a_message_taken_whose_answer_was_lost_is_not_sent_twice(queue, gateway, how):
    gateway.next = [how]
    message = go(queue())
    assert (message.state, message.unclear) == ("queued", True)

    assert go(message).state == "sent"
    assert [len(taken) for taken in gateway.taken.values()] == [1]
    assert len(gateway.posts) == 1


def test_a_message_that_never_arrived_is_sent_again_with_the_same_number(queue, gateway):
    gateway.next = ["500"]
    message = go(go(queue()))

    assert message.state == "sent"
    assert len({post["body"]["request_id"] for post in gateway.posts}) == 1
    assert [len(taken) for taken in gateway.taken.values()] == [1]


def test_while_nobody_knows_nothing_is_sent(queue, gateway):
    gateway.next, gateway.status = ["taken_500"], "broken"
    message = queue()

    for _ in range(4):
        go(message)

    assert len(gateway.posts) == 1
    assert (message.state, message.unclear) == ("queued", True)


def test_a_worker_that_died_over_a_message_leaves_it_unclear(queue, gateway):
    message = queue()
    gateway.taken[str(message.request_id)] = [{}]  # the provider has it, the worker never came back
    Message.objects.filter(pk=message.pk).update(tries=1, unclear=True)

    assert go(message).state == "sent"
    assert gateway.posts == []


def test_a_gateway_that_is_away_is_tried_again_later(queue, gateway, settings):
    settings.GATEWAY_URL = "http://127.0.0.1:9"
    message = go(queue())

    assert (message.state, message.unclear, message.error) == ("queued", False, "网关连不上")
    assert message.next_try_at > clock.now()


@pytest.mark.parametrize("how", ["429", "huge", "redirect"])
def test_what_is_no_answer_is_tried_again_later(queue, gateway, how):
    gateway.next = [how]

    assert go(queue()).state == "queued"


def test_a_refusal_is_final_and_somebody_is_told(queue, gateway, class_a):
    gateway.next = ["400"]
    message = go(queue())

    duty = Duty.objects.get(kind="letter_serve")
    assert (message.state, message.error) == ("failed", "网关拒收(BLACKLIST)")
    assert (duty.post_kind, duty.chair_path) == ("class_teacher", class_a.path)
    assert len(gateway.posts) == 1


def test_a_number_in_a_refusal_is_not_kept(queue, gateway):
    gateway.next = ["400_number"]

    assert "139" not in go(queue()).error


def test_in_the_end_a_message_is_given_up(queue, gateway):
    gateway.next = ["429"] * 20
    message = queue()
    for _ in range(len(WAITS) + 1):
        go(message)

    assert (message.state, message.tries) == ("failed", len(WAITS) + 1)
    assert message.secret == ""
    assert send_due_messages() == {"sent": 0, "failed": 0, "later": 0}


def test_a_receipt_closes_what_the_failure_opened(queue, gateway, letter, class_teacher):
    gateway.next = ["400"]
    go(queue())

    take_refusal(letter, witness="王某", note="留置", by=class_teacher)

    assert Duty.objects.get(kind="letter_serve").state == "done"


def test_a_letter_that_was_signed_meanwhile_is_not_announced(queue, gateway, letter, class_teacher):
    message = queue()
    take_refusal(letter, witness="王某", note="留置", by=class_teacher)

    assert go(message).state == "failed"
    assert gateway.posts == []
    assert not Duty.objects.filter(kind="letter_serve").exists()


def test_a_second_click_is_the_same_message(queue, gateway):
    request = uuid.uuid4()

    first, second = queue(request_id=request), queue(request_id=request)
    go(first)

    assert first == second
    assert len(gateway.posts) == 1


def test_anothers_request_number_is_refused(queue, pupil, class_teacher, guardian):
    message = queue()
    other = issue_letter(LetterKind.SUMMONS, pupil, by=class_teacher)

    with pytest.raises(Refused) as refusal:
        queue_message(
            other,
            Channel.SMS,
            by=class_teacher,
            request_id=message.request_id,
            guardian=guardian,
            address_of_link=link,
        )

    assert refusal.value.code == "same_request"


def test_a_message_under_way_is_left_alone(queue, gateway):
    message = queue()
    Message.objects.filter(pk=message.pk).update(next_try_at=clock.now() + LEASE)

    send_due_messages()

    assert gateway.posts == []


def test_delivery_is_asked_after(queue, gateway):
    message = go(queue())
    gateway.status = "delivered"

    message = go(message)

    assert message.state == "delivered"
    assert message.delivered_at
    assert message.next_try_at is None


def test_it_is_not_asked_without_end(queue, gateway):
    message = go(queue())
    for _ in range(6):
        if message.next_try_at:
            go(message)

    assert message.state == "sent"
    assert message.next_try_at is None
    assert gateway.questions == 4


# Who may, to whom, by what


def test_without_a_gateway_no_channel_is_offered(as_, letter, guardian, class_teacher, settings):
    settings.GATEWAY_URL = ""

    assert channels_offered() == []
    assert "发消息通知" not in as_(class_teacher).get(f"/letters/{letter.pk}/").content.decode()


def test_only_channels_that_are_set_up_are_taken(queue):
    assert channels_offered() == [Channel.SMS, Channel.WECOM]
    with pytest.raises(Malformed):
        queue(channel=Channel.DINGTALK)


def test_a_guardian_of_another_child_is_refused(queue, class_a):
    with pytest.raises(Malformed):
        queue(guardian=make_guardian(make_pupil(class_a), "别人"))


@pytest.mark.parametrize("phone", ["", "0857-8223344", "1391234567"])
def test_a_guardian_without_a_mobile_is_told_otherwise(queue, guardian, phone):
    guardian.phone = phone

    with pytest.raises(Malformed) as refusal:
        queue(guardian=guardian)

    assert "没有登记手机号码" in refusal.value.message


def test_a_stranger_sends_nothing(letter, guardian, stranger, gateway):
    with pytest.raises(NotYours):
        queue_message(
            letter, Channel.SMS, by=stranger, request_id=uuid.uuid4(), guardian=guardian, address_of_link=link
        )


def test_the_page_sends_and_shows_what_became_of_it(as_, letter, guardian, class_teacher, gateway):
    data = {"verb": "send", "send-guardian": guardian.pk, "send-channel": "sms", "send-request_id": uuid.uuid4()}
    page = as_(class_teacher)

    page.post(f"/letters/{letter.pk}/", data)
    send_due_messages()

    shown = page.get(f"/letters/{letter.pk}/").content.decode()
    assert "已发送" in shown
    assert "13912345678" not in shown
    assert "http://testserver/l/" in gateway.posts[0]["body"]["text"]


def test_numbers_and_links_never_reach_the_log(queue, gateway, caplog):
    caplog.set_level(logging.DEBUG)
    gateway.next = ["500", "400_number"]
    go(go(queue()))

    assert "13912345678" not in caplog.text
    assert "/l/" not in caplog.text


def test_the_number_and_the_link_lie_sealed(queue, connection_):
    message = queue()
    with connection_.cursor() as cursor:
        cursor.execute("SELECT address, secret, text FROM casework_message")
        row = str(cursor.fetchone())

    assert message.address == "13912345678"
    assert "13912345678" not in row
    assert "kc.example" not in row


# Word from the provider


def callback(client, body, *, token=TOKEN, stamp=None):
    raw = json.dumps(body).encode() if isinstance(body, dict) else body
    stamp = str(int(time.time())) if stamp is None else stamp
    signature = hmac.new(token.encode(), stamp.encode() + b"." + raw, "sha256").hexdigest()
    headers = {"X-Timestamp": stamp, "X-Signature": signature}
    return client.post("/hooks/messages/", raw, content_type="application/json", headers=headers)


def test_a_callback_proves_delivery(client, queue):
    message = go(queue())

    answer = callback(client, {"request_id": str(message.request_id), "state": "delivered", "id": "m-1"})

    message.refresh_from_db()
    assert (answer.status_code, message.state) == (200, "delivered")


def test_a_replayed_callback_changes_nothing(client, queue):
    message = go(queue())
    said = {"request_id": str(message.request_id), "state": "delivered"}
    callback(client, said)
    message.refresh_from_db()
    before = message.delivered_at

    callback(client, said)
    callback(client, {**said, "state": "failed"})

    message.refresh_from_db()
    assert (message.state, message.delivered_at) == ("delivered", before)


@pytest.mark.parametrize(
    "wrong", [{"token": "other"}, {"stamp": "1600000000"}, {"stamp": ""}, {"stamp": "²"}, {"stamp": "9" * 40}]
)
def test_a_callback_that_is_not_signed_now_is_refused(client, queue, wrong):
    message = go(queue())

    answer = callback(client, {"request_id": str(message.request_id), "state": "delivered"}, **wrong)

    message.refresh_from_db()
    assert (answer.status_code, message.state) == (403, "sent")


def test_an_altered_callback_is_refused(client, gateway):
    stamp = str(int(time.time()))
    signature = hmac.new(TOKEN.encode(), stamp.encode() + b".{}", "sha256").hexdigest()

    answer = client.post(
        "/hooks/messages/",
        b'{"state": "delivered"}',
        content_type="application/json",
        headers={"X-Timestamp": stamp, "X-Signature": signature},
    )

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"garbage", 400),
        (b"[]", 400),
        (b'{"request_id": 5, "state": "delivered"}', 400),
        ({"request_id": str(uuid.UUID(int=1)), "state": "read"}, 400),
        ({"request_id": str(uuid.UUID(int=1)), "state": ["delivered"]}, 400),
        ({"request_id": str(uuid.UUID(int=1)), "state": "delivered"}, 404),
        (b"x" * 5000, 403),
    ],
)
def test_a_callback_that_says_nothing_of_ours_is_refused(client, db, gateway, body, status):
    assert callback(client, body).status_code == status


def test_without_a_gateway_nobody_calls_back(client, settings, db):
    settings.GATEWAY_TOKEN = ""

    assert callback(client, {}, token="").status_code == 403


def test_word_that_came_before_the_answer_stands(queue, gateway):
    message = queue()

    hear_of_message(message.request_id, "delivered")

    message.refresh_from_db()
    assert message.state == "delivered"
    assert go(message).state == "delivered"
    assert gateway.posts == []


def test_a_failure_that_is_told_later_is_told_on(client, queue):
    message = go(queue())

    callback(client, {"request_id": str(message.request_id), "state": "failed", "code": "UNDELIV"})

    message.refresh_from_db()
    assert (message.state, message.error) == ("failed", "没有送达(UNDELIV)")
    assert Duty.objects.filter(kind="letter_serve", state="open").exists()


# Mail


@pytest.fixture
def by_mail(queue, settings):
    settings.EMAIL_HOST = "mail.example"
    return queue(channel=Channel.EMAIL, mail="ma@example.org")


def test_mail_goes_out_with_the_messages_own_number(by_mail, settings):
    assert go(by_mail).state == "sent"

    (sent,) = mail.outbox
    assert sent.to == ["ma@example.org"]
    assert str(by_mail.request_id) in sent.extra_headers["Message-ID"]
    assert by_mail.next_try_at is None


def test_mail_of_which_nothing_is_known_is_left_to_a_person(by_mail):
    Message.objects.filter(pk=by_mail.pk).update(tries=1, unclear=True)

    assert go(by_mail).state == "failed"
    assert mail.outbox == []


def test_a_mail_server_that_is_away_is_tried_again(by_mail, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    message = go(by_mail)

    assert (message.state, message.unclear) == ("queued", False)


def test_a_bad_address_is_refused(queue, settings):
    settings.EMAIL_HOST = "mail.example"

    with pytest.raises(Malformed):
        queue(channel=Channel.EMAIL, mail="ma@")
