"""Travel times from a routing server: complete, within its limits, and every trouble named."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx2
import pytest
import stamina

from dispatch import planning, travel
from dispatch.errors import TravelError
from dispatch.model import SERVERS, Server, ServerTravel
from dispatch.solver import Options
from dispatch.travel import UNREACHABLE, Means, asking
from tests.travel.servers import PLACES, URLS, Fake, by, day, expected, seconds

OSRM = ServerTravel("osrm", URLS["osrm"])


@pytest.fixture(autouse=True)
def _nobody_waits_or_prints() -> Iterator[None]:
    hooks = stamina.instrumentation.get_on_retry_hooks()
    stamina.instrumentation.set_on_retry_hooks([])
    stamina.set_testing(True, attempts=6)
    yield
    stamina.set_testing(False)
    stamina.instrumentation.set_on_retry_hooks(hooks)


def refusal(handler: Callable[[httpx2.Request], httpx2.Response], server: ServerTravel = OSRM, **fields: object) -> str:
    """Return with what words a problem is refused."""
    with pytest.raises(TravelError) as refused:
        travel.matrix(day(server), by(handler, **fields))
    return str(refused.value)


def answering(status: int = 200, **fields: object) -> Callable[[httpx2.Request], httpx2.Response]:
    return lambda _: httpx2.Response(status, **fields)  # type: ignore[arg-type]  # as the class has them


# -------------------------------------------------------------- what is asked


@pytest.mark.parametrize("source", SERVERS)
def test_every_server_tells_the_travel_of_every_pair_in_the_right_direction(source: Server) -> None:
    fake = Fake(source)
    found = travel.matrix(day(ServerTravel(source, URLS[source])), by(fake))
    assert (found.seconds.tolist(), found.metres.tolist()) == expected()
    assert (len(fake.requests), found.warnings) == (1, ())


@pytest.mark.parametrize("source", SERVERS)
@pytest.mark.parametrize("most", [1, 4, 7])
def test_a_block_that_is_too_big_is_asked_for_in_halves_and_the_next_is_smaller(source: Server, most: int) -> None:
    fake = Fake(source, most=most)
    found = travel.matrix(day(ServerTravel(source, URLS[source])), by(fake))
    assert (found.seconds.tolist(), found.metres.tolist()) == expected()
    assert max(len(a) * len(b) for a, b in fake.asked) <= most
    assert fake.refused <= 3


def test_many_places_are_asked_for_in_blocks_and_progress_is_told() -> None:
    places = [(52 + i / 1000, 4 + (i * i % 97) / 100) for i in range(120)]
    fake, told = Fake("valhalla", most=2500), list[tuple[str, int, int]]()
    found = travel.matrix(day(ServerTravel("valhalla", URLS["valhalla"]), places), by(fake, on_progress=lambda *a: told.append(a)))
    assert found.seconds.tolist() == expected(places)[0]
    assert (fake.refused, len(fake.asked), fake.pairs) == (0, 9, 14_400)
    assert told[-1] == ("Travel times from Valhalla at http://valhalla.test/", 14_400, 14_400)


def test_places_within_a_metre_are_asked_about_once() -> None:
    fake = Fake("osrm")
    found = travel.matrix(day(OSRM, [*PLACES, (52.1000004, 4.4999996)]), by(fake))
    assert (fake.pairs, found.seconds.shape) == (25, (6, 6))
    assert found.seconds[5].tolist() == [*(seconds(PLACES[0], p) for p in PLACES), 0]


@pytest.mark.parametrize("places", [PLACES[:1], [PLACES[0], PLACES[0]]])
def test_nobody_is_asked_about_a_single_place(places: list[tuple[float, float]]) -> None:
    fake = Fake("osrm")
    assert travel.matrix(day(OSRM, places), by(fake)).seconds.tolist() == [[0]]
    assert fake.requests == []


@pytest.mark.parametrize("source", SERVERS)
def test_where_there_is_no_way_it_is_unreachable_and_the_plan_says_so(source: Server) -> None:
    island = PLACES[3]
    found = travel.matrix(day(ServerTravel(source, URLS[source])), by(Fake(source, island=frozenset((island,)))))
    wanted = [[0 if a == b else UNREACHABLE if island in (a, b) else seconds(a, b) for b in PLACES] for a in PLACES]
    assert found.seconds.tolist() == wanted
    assert found.metres[3].tolist() == [0] * 5
    assert [(w.code, w.pointer) for w in found.warnings] == [("PLACE_UNREACHABLE", "/tickets/2/place")]


@pytest.mark.parametrize(("source", "name"), [("osrm", "OSRM at http://osrm.test"), ("valhalla", "Valhalla at http://valhalla.test/")])
@pytest.mark.parametrize(("i", "who"), [(0, "engineer ann"), (2, "ticket T2"), (4, "ticket T4")])
def test_a_place_without_a_road_is_named(source: Server, name: str, i: int, who: str) -> None:
    lat, lon = PLACES[i]
    assert refusal(Fake(source, sea=frozenset((PLACES[i],))), ServerTravel(source, URLS[source])) == (
        f"{name} knows no road near {who} at lat {lat}, lon {lon}. Check the position, or give the server a map of that area."
    )


def test_places_too_far_apart_for_a_server_are_named() -> None:
    fake = Fake("valhalla", moon=frozenset((PLACES[3],)))
    assert refusal(fake, ServerTravel("valhalla", URLS["valhalla"])) == (
        "Valhalla at http://valhalla.test/ finds ticket T3 and engineer ann too far apart: Path distance exceeds the max distance limit: "
        "400000 meters. Check their positions, or raise the limit of the server."
    )
    assert len(fake.requests) < 8


def test_a_key_goes_to_its_host_and_to_no_other() -> None:
    ours, theirs = Fake("openrouteservice"), Fake("osrm")
    keys = {"ors.test": "secret"}
    travel.matrix(day(ServerTravel("openrouteservice", URLS["openrouteservice"])), by(ours, keys=keys))
    travel.matrix(day(OSRM), by(theirs, keys=keys))
    assert [r.headers.get("Authorization") for r in (*ours.requests, *theirs.requests)] == ["secret", None]


# ------------------------------------------------------------ what goes wrong

TABLE = [[0, 1, 1, 1, 1]] * 5
WRONG = [
    ({"code": "Ok"}, "'durations' is missing"),
    ([TABLE, TABLE], "it has another shape"),
    (7, "it has another shape"),
    ({"durations": None, "distances": TABLE}, "rows are missing"),
    ({"durations": [0, 1, 2, 3, 4], "distances": TABLE}, "rows are missing"),
    ({"durations": TABLE[:4], "distances": TABLE}, "4 rows of [5] numbers instead of 5 of 5"),
    ({"durations": [*TABLE[:4], [0, 1, 1, 1]], "distances": TABLE}, "5 rows of [4, 5] numbers instead of 5 of 5"),
    ({"durations": TABLE, "distances": [[1]]}, "1 rows of [1] numbers instead of 5 of 5"),
    ({"durations": [["0", 1, 1, 1, 1]] * 5, "distances": TABLE}, "a value is not a number"),
    ({"durations": [[True, 1, 1, 1, 1]] * 5, "distances": TABLE}, "a value is not a number"),
    ({"durations": [[0, [1], 1, 1, 1]] * 5, "distances": TABLE}, "a value is not a number"),
    ({"durations": [[0, -5, 1, 1, 1]] * 5, "distances": TABLE}, "a value is -5"),
    ({"durations": TABLE, "distances": [[0, 1, 1, 1, -0.5]] * 5}, "a value is -0.5"),
    ({"durations": [[0, 1e9, 1, 1, 1]] * 5, "distances": TABLE}, "a value is 1e+09"),
    ({"durations": [[0, 10**400, 1, 1, 1]] * 5, "distances": TABLE}, "int too large to convert to float"),
]


@pytest.mark.parametrize(("document", "why"), WRONG, ids=lambda v: v if isinstance(v, str) else "")
def test_an_answer_that_is_no_table_is_refused_with_the_reason(document: object, why: str) -> None:
    assert refusal(answering(json=document)) == (
        f"OSRM at http://osrm.test answers with what is no table of travel times: {why}. See to travel.source and the server."
    )


@pytest.mark.parametrize(
    "document", [{"sources_to_targets": 5}, {"sources_to_targets": [[5]]}, {"sources_to_targets": {"durations": []}}, []]
)
def test_other_shapes_of_valhalla_are_refused_as_well(document: object) -> None:
    told = refusal(answering(json=document), ServerTravel("valhalla", URLS["valhalla"]))
    assert told.startswith("Valhalla at http://valhalla.test/ answers with what is no table of travel times: ")


@pytest.mark.parametrize(
    ("body", "start"),
    [
        (b"<html><body>Welcome to nginx!</body></html>", "'<html><body>Welcome to nginx!</body></html>'"),
        (b'{"code":"Ok","durations":[[0,1', '\'{"code":"Ok","durations":[[0,1\''),
        (b'{"durations":[[NaN]]}', "'{\"durations\":[[NaN]]}'"),
        (b"", "''"),
        (b"[" * 100_000, "'" + "[" * 60 + "'"),
        (b"\xff\xfe\x00", "'\ufffd\ufffd\\x00'"),
    ],
)
def test_an_answer_that_is_not_json_is_refused_with_its_beginning(body: bytes, start: str) -> None:
    assert refusal(answering(content=body)) == (
        f"OSRM at http://osrm.test answers with something that is not JSON: {start}. Correct travel.url, or see to the server."
    )


def test_an_answer_without_end_is_not_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "LARGEST", 2**20)
    read = 0

    def endless() -> Iterator[bytes]:
        nonlocal read
        while True:
            read += 1
            yield b"0," * 32_768

    assert refusal(answering(content=endless())) == "OSRM at http://osrm.test answers with more than 1 MiB. See to the server."
    assert read < 20


def test_a_redirect_is_not_followed_so_that_no_loop_and_no_other_server_is_met() -> None:
    fake = Fake("osrm")

    def turn(request: httpx2.Request) -> httpx2.Response:
        fake.requests.append(request)
        return httpx2.Response(302, headers={"Location": "https://osrm.test/table"})

    assert refusal(turn) == (
        "OSRM at http://osrm.test redirects to https://osrm.test/table. Give the address that answers itself in travel.url."
    )
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, {}, "refuses the request with status 401. Give the key that it asks for, or another server."),
        (403, {"error": "no"}, "refuses the request with status 403. Give the key that it asks for, or another server."),
        (
            400,
            {"code": "InvalidQuery", "message": "Query malformed at 9"},
            "refuses the request with status 400: Query malformed at 9. See to travel.source, travel.url and the server.",
        ),
    ],
)
def test_a_refusal_is_told_in_the_words_of_the_server(status: int, body: object, told: str) -> None:
    assert refusal(answering(status, json=body)) == f"OSRM at http://osrm.test {told}"


def test_a_page_that_is_not_there_means_another_server() -> None:
    told = refusal(answering(404, content=b"<html>Not Found</html>"))
    assert told == "OSRM at http://osrm.test has no such service (status 404). Correct travel.url and travel.source."


def test_a_request_too_long_for_a_gateway_is_asked_for_in_halves() -> None:
    fake = Fake("osrm")

    def gateway(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(414, content=b"<html>") if len(request.url.raw_path) > 120 else fake(request)

    assert travel.matrix(day(OSRM), by(gateway)).seconds.tolist() == expected()[0]


@pytest.mark.parametrize("trouble", [429, 500, 503, httpx2.ReadError("gone"), httpx2.RemoteProtocolError("cut off")])
def test_a_busy_or_broken_server_is_asked_again(trouble: int | Exception) -> None:
    fake, times = Fake("osrm"), 0

    def moody(request: httpx2.Request) -> httpx2.Response:
        nonlocal times
        times += 1
        if times > 3:
            return fake(request)
        if isinstance(trouble, Exception):
            raise trouble
        return httpx2.Response(trouble)

    assert travel.matrix(day(OSRM), by(moody)).seconds.tolist() == expected()[0]
    assert times == 4


def test_a_server_that_stays_broken_is_given_up() -> None:
    assert refusal(answering(503)) == (
        "OSRM at http://osrm.test is busy or broken: it answers with status 503. Try again later, or see to the server."
    )


@pytest.mark.parametrize(
    ("header", "waited"), [("7", 7.0), ("Thu, 01 Jan 1970 00:00:00 GMT", 0.0), ("Sun, 01 Mar 2026 12:00:30 GMT", 30.0)]
)
def test_a_server_that_says_when_to_come_back_is_asked_then(header: str, waited: float, monkeypatch: pytest.MonkeyPatch) -> None:
    import time_machine

    fake, slept = Fake("osrm"), list[float]()
    stamina.set_testing(False)
    monkeypatch.setattr("time.sleep", slept.append)

    def later(request: httpx2.Request) -> httpx2.Response:
        return fake(request) if slept else httpx2.Response(429, headers={"Retry-After": header})

    with time_machine.travel("2026-03-01T12:00:00Z", tick=False):
        travel.matrix(day(OSRM), by(later))
    assert slept == [waited]


def test_waits_grow_and_have_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = list[float]()
    stamina.set_testing(False)
    monkeypatch.setattr("time.sleep", slept.append)
    refusal(answering(503))
    assert [2**i <= wait <= 2**i + 1 for i, wait in enumerate(slept)] == [True] * 5


def test_a_server_that_wants_more_time_than_there_is_patience_is_given_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    stamina.set_testing(False)
    monkeypatch.setattr("time.sleep", lambda _: pytest.fail("waited"))
    assert "is busy or broken" in refusal(answering(429, headers={"Retry-After": "3600"}), patience=60)


def test_a_server_that_is_down_is_named_after_two_attempts() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(TravelError) as refused:
            travel.matrix(day(ServerTravel("osrm", url)), Means())
    assert str(refused.value) == f"OSRM at {url} cannot be reached: [Errno 111] Connection refused. Start it, or correct travel.url."


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (httpx2.ReadTimeout("slow"), "has not answered within 60 s. See to the server, or try again later."),
        (httpx2.ConnectTimeout("far"), "cannot be reached within 5 s. Start it, or correct travel.url."),
        (httpx2.UnsupportedProtocol("no"), "cannot be asked: no. See to the server, or correct travel.url."),
        (httpx2.DecodingError("bad gzip"), "cannot be asked: bad gzip. See to the server, or correct travel.url."),
    ],
)
def test_a_server_that_is_slow_or_odd_is_named(error: Exception, told: str) -> None:
    def fail(_: httpx2.Request) -> httpx2.Response:
        raise error

    assert refusal(fail) == f"OSRM at http://osrm.test {told}"


def test_all_requests_together_take_no_longer_than_there_is_patience() -> None:
    now, fake = 0.0, Fake("valhalla", most=1)

    def slow(request: httpx2.Request) -> httpx2.Response:
        nonlocal now
        now += 10
        return fake(request)

    told = refusal(slow, ServerTravel("valhalla", URLS["valhalla"]), patience=45, clock=lambda: now)
    assert told == "Valhalla at http://valhalla.test/ has taken more than 45 s in all. See to the server, or try again later."
    assert len(fake.requests) == 5


def test_an_answer_that_trickles_is_given_up() -> None:
    now = 0.0

    def trickle() -> Iterator[bytes]:
        nonlocal now
        while True:
            now += 20
            yield b" "

    assert "has taken more than 45 s in all" in refusal(answering(content=trickle()), patience=45, clock=lambda: now)


@pytest.mark.parametrize("url", ["http://[:::::]:1", "http://☃.invalid", "http://a..b", "http://."])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(TravelError, match=r"^OSRM (at|cannot have the address) http.* [Cc]orrect travel\.url\.$"):
        travel.matrix(day(ServerTravel("osrm", url)), Means())


def test_a_plan_falls_back_on_the_crow_where_that_is_wanted_and_says_why() -> None:
    before = travel.use(by(answering(503)))
    try:
        planned = planning.plan(day(replace(OSRM, on_failure="crow", speed_kmh=50)), Options(iterations=5))
    finally:
        travel.use(before)
    assert [(w.code, w.pointer, w.message) for w in planned.plan.warnings] == [
        (
            "TRAVEL_FALLBACK",
            "/travel",
            "OSRM at http://osrm.test is busy or broken: it answers with status 503. Try again later, or see to the server. "
            "Travel is as the crow flies instead, at 50 km/h with a detour of 1.3. Mend what failed and plan again.",
        )
    ]
    assert planned.violations == ()
