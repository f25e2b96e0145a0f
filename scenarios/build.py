"""Draw the two days that are too long to write by hand, big-city.json and heatwave-peak.json, and lay out the others.

``python scenarios/build.py`` writes the drawn days again, byte for byte, and the others in the layout that the package writes.
Positions lie along a real street of each quarter: up to 300 m either way from a point on it, or on a parallel one.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import cos, radians, sin
from pathlib import Path
from random import Random
from typing import Any, TypeVar

from dispatch import schema

Json = dict[str, Any]
T = TypeVar("T")

FOLDER = Path(__file__).parent


# ------------------------------------------------------------------ drawing


@dataclass(frozen=True)
class Street:
    """A street, a point on it (degrees), the bearing it runs in (degrees from north), and the region it is in."""

    name: str
    lat: float
    lon: float
    bearing: float
    region: str


@dataclass(frozen=True)
class Job:
    """A kind of work: how often it is asked for (any unit), minutes on site, and what it takes."""

    title: str
    often: float
    kind: str
    priority: int
    minutes: tuple[int, int]
    skill: str
    tier: int = 1
    slots: bool = True


def streets(text: str) -> list[Street]:
    """Read one street a line: name, lat, lon, bearing, region."""
    rows = (line.rsplit(",", 4) for line in text.strip().splitlines())
    return [Street(name.strip(), float(lat), float(lon), float(bearing), region.strip()) for name, lat, lon, bearing, region in rows]


def pick(rng: Random, options: Sequence[T]) -> T:
    """Return one of the options. Only `Random.random` is used: its numbers are the same in every Python."""
    return options[int(rng.random() * len(options))]


def pick_job(rng: Random, jobs: Sequence[Job]) -> Job:
    """Return a job, as often as it is asked for."""
    rest = rng.random() * sum(job.often for job in jobs)
    for job in jobs:
        rest -= job.often
        if rest < 0:
            return job
    return jobs[-1]


def between(rng: Random, low: int, high: int, step: int = 5) -> int:
    """Return a multiple of `step` from `low` to `high`, both included."""
    return low + step * int(rng.random() * ((high - low) // step + 1))


def place(rng: Random, street: Street) -> Json:
    """Return a point along a street."""
    along, across = (2 * rng.random() - 1) * 300, pick(rng, (-110, 0, 0, 110))
    bearing = radians(street.bearing)
    north, east = along * cos(bearing) - across * sin(bearing), along * sin(bearing) + across * cos(bearing)
    lat, lon = street.lat + north / 111_195, street.lon + east / (111_195 * cos(radians(street.lat)))
    return {"lat": round(lat, 5), "lon": round(lon, 5), "address": f"{street.name} {2 + int((along + 300) / 6)}"}


@dataclass(frozen=True)
class Site:
    """Where a business customer is."""

    customer: str
    region: str
    place: Json


def sites(rng: Random, customers: Sequence[Json], options: Sequence[Street]) -> list[Site]:
    """Return one site for each customer."""
    chosen = [(c, pick(rng, options)) for c in customers]
    return [Site(c["id"], street.region, place(rng, street)) for c, street in chosen]


@dataclass(frozen=True)
class Day:
    """The date, its offset and the half days and slots that people are offered."""

    date: str
    offset: str
    slots: tuple[tuple[str, str], ...]

    def at(self, clock: str) -> str:
        """Return the moment of a time of day."""
        return f"{self.date}T{clock}:00{self.offset}"

    def minute(self, minutes: int) -> str:
        """Return the moment so many minutes after midnight."""
        return self.at(f"{minutes // 60:02d}:{minutes % 60:02d}")

    def shift(self, start: str, end: str, overtime_until: str, lunch: tuple[str, str]) -> Json:
        """Return a shift with a lunch of 45 minutes."""
        rest = {"earliest": self.at(lunch[0]), "latest": self.at(lunch[1]), "duration": "PT45M"}
        return {"id": "day", "start": self.at(start), "end": self.at(end), "overtime_until": self.at(overtime_until), "breaks": [rest]}


def ticket(rng: Random, day: Day, number: int, job: Job, homes: Sequence[Street], businesses: Sequence[Site]) -> Json:
    """Return a ticket: at a home in a slot that was offered, or at a business at any time."""
    drawn: Json = {"id": f"T-{number:03d}", "title": job.title}
    if job.slots:
        street = pick(rng, homes)
        drawn |= {"region": street.region, "place": place(rng, street)}
    else:
        site = pick(rng, businesses)
        drawn |= {"customer": site.customer, "region": site.region, "place": site.place}
    drawn |= {"kind": job.kind, "priority": job.priority, "skills": [{"skill": job.skill, "tier": job.tier}]}
    drawn["service"] = f"PT{between(rng, *job.minutes)}M"
    if job.slots:
        start, end = pick(rng, day.slots)
        drawn["windows"] = [{"start": day.at(start), "end": day.at(end)}]
    else:
        drawn["opened_at"] = day.minute(between(rng, 6 * 60 + 15, 7 * 60 + 15))
    return drawn


def engineer(rng: Random, number: int, name: str, street: Street, skills: Json, shift: Json) -> Json:
    """Return an engineer who starts from home."""
    home = place(rng, street)
    listed = [{"skill": skill, "tier": tier} for skill, tier in skills.items()]
    return {"id": f"E-{number:02d}", "name": name, "region": street.region, "home": home, "skills": listed, "shifts": [shift]}


# ------------------------------------------------------------------ Chengdu in August


CHENGDU = streets("""
    Zhengfu Street, 30.6685, 104.0665, 95, centre
    Chunxi Road, 30.6562, 104.0790, 5, centre
    Changshun Street, 30.6678, 104.0560, 0, centre
    Hongxing Road, 30.6610, 104.0825, 10, centre
    Fuqin Street, 30.6835, 104.0450, 90, centre
    Mengzhuiwan Street, 30.6705, 104.1010, 80, centre
    Jianshe Road, 30.6735, 104.1090, 85, east
    Shuangqiao Road, 30.6480, 104.1040, 5, east
    Wannian Road, 30.6590, 104.1210, 60, east
    Erxianqiao Road, 30.6850, 104.1260, 90, east
    Longtan Road, 30.7040, 104.1720, 45, east
    Yinghui Road, 30.6290, 104.1360, 90, east
    Shizishan Road, 30.6270, 104.1130, 30, east
    Yulin Street, 30.6290, 104.0565, 90, south
    Tongzilin Road, 30.6175, 104.0690, 0, south
    Kehua Road, 30.6270, 104.0780, 0, south
    Shenxianshu Road, 30.6130, 104.0560, 90, south
    Jiaozi Avenue, 30.5880, 104.0660, 90, south
    Tianfu 2nd Street, 30.5560, 104.0640, 90, south
    Tianhua Road, 30.5420, 104.0660, 0, south
    Huafu Avenue, 30.5060, 104.0660, 90, south
    Wuhouci Street, 30.6450, 104.0480, 85, west
    Shuangnan Road, 30.6370, 104.0290, 0, west
    Guanghua Road, 30.6640, 104.0180, 95, west
    Qinghua Road, 30.6650, 104.0290, 100, west
    Shuhan Road, 30.6830, 104.0180, 110, west
    Chadianzi Street, 30.7060, 104.0170, 120, west
    Wuke Road, 30.6090, 104.0110, 45, west
    Heyi Road, 30.6970, 103.8460, 90, west
    Sima Bridge Street, 30.7000, 104.0860, 0, north
    Jiefang Road, 30.6880, 104.0850, 10, north
    Jinfeng Road, 30.7190, 104.0740, 90, north
    Dafeng Street, 30.7660, 104.0560, 0, north
    Xipu Street, 30.7610, 103.9750, 120, north
""")

COOLING = [
    Job("Server room is overheating", 5, "emergency", 1, (50, 80), "chiller", 2, slots=False),
    Job("Ward cooling has failed", 5, "emergency", 1, (50, 90), "chiller", 2, slots=False),
    Job("No cooling, elderly resident", 14, "repair", 2, (35, 55), "split-unit"),
    Job("Shop cooling has failed", 12, "repair", 2, (50, 80), "multi-split", 2, slots=False),
    Job("Unit does not cool", 30, "repair", 3, (35, 60), "split-unit"),
    Job("Unit leaks water indoors", 14, "repair", 3, (30, 50), "split-unit"),
    Job("Noisy outdoor unit", 12, "repair", 4, (30, 50), "split-unit"),
    Job("Filters and coil cleaning", 16, "preventive", 5, (40, 60), "split-unit"),
]

CHENGDU_NAMES = [
    "Zhang Lei", "Wang Min", "Li Qiang", "Liu Fang", "Chen Gang", "Yang Jing", "Zhao Peng", "Huang Yan", "Zhou Tao", "Wu Xia",
    "Xu Ming", "Sun Li",
]  # fmt: skip


def heatwave_peak() -> Json:
    """Return a day on which 140 people ask for twelve engineers, twice as many as usual."""
    rng = Random(2022)
    day = Day("2026-08-04", "+08:00", (("09:00", "12:00"), ("12:00", "15:00"), ("14:00", "18:00"), ("09:00", "18:00")))
    trades: list[Json] = [{"split-unit": 3, "multi-split": 3, "chiller": 3}, {"split-unit": 2, "multi-split": 2, "chiller": 2}]
    trades += [{"split-unit": 2, "multi-split": 2}, {"split-unit": 2}]
    quarters = ("centre", "east", "south", "west", "north")
    customers: list[Json] = [
        {"id": name, "class": "vip"}
        for name in ("Chenghua Hospital", "Jinjiang Data Centre", "Qingyang Clinic", "Tianfu Mall", "Wuhou Market Hall", "Jinniu Care Home")
    ]
    shift = day.shift("08:00", "18:00", "20:00", ("11:30", "13:30"))
    team = []
    for i, name in enumerate(CHENGDU_NAMES):
        homes = [s for s in CHENGDU if s.region == quarters[i % len(quarters)]]
        team.append(engineer(rng, i + 1, name, pick(rng, homes), trades[i % len(trades)], shift))
    businesses = sites(rng, customers, CHENGDU)
    work = [ticket(rng, day, i + 1, pick_job(rng, COOLING), CHENGDU, businesses) for i in range(140)]
    return {
        "format": "dispatch/1",
        "name": "Heatwave peak, Chengdu",
        "time_zone": "Asia/Shanghai",
        "now": day.at("07:30"),
        "policy": "promise-first",
        "travel": {"source": "crow", "speed_kmh": 28, "detour": 1.3},
        "service_levels": [
            {"kind": "emergency", "customer_class": "vip", "respond_within": "PT3H", "late_factor": 2},
            {"kind": "repair", "customer_class": "vip", "respond_within": "PT8H"},
        ],
        "regions": [{"id": "chengdu"}, *({"id": q, "parent": "chengdu"} for q in quarters)],
        "customers": customers,
        "engineers": team,
        "tickets": work,
    }


# ------------------------------------------------------------------ Madrid in May


MADRID = streets("""
    Calle Mayor, 40.4162, -3.7070, 95, centre
    Calle de San Bernardo, 40.4265, -3.7075, 170, centre
    Calle de Hortaleza, 40.4235, -3.6990, 20, centre
    Calle de Embajadores, 40.4080, -3.7030, 15, centre
    Calle de Goya, 40.4250, -3.6780, 88, centre
    Calle de Ibiza, 40.4180, -3.6720, 90, centre
    Calle de Cavanilles, 40.4050, -3.6750, 165, centre
    Calle de Santa Engracia, 40.4360, -3.7000, 5, centre
    Calle de la Princesa, 40.4300, -3.7160, 150, centre
    Paseo de las Delicias, 40.4000, -3.6940, 0, centre
    Calle de Bravo Murillo, 40.4560, -3.7020, 10, north
    Paseo de la Habana, 40.4560, -3.6820, 50, north
    Calle de Agustín de Foxá, 40.4720, -3.6840, 5, north
    Avenida de Monforte de Lemos, 40.4775, -3.7090, 80, north
    Calle de Francos Rodríguez, 40.4590, -3.7120, 120, north
    Calle de Mirasierra, 40.4890, -3.7150, 60, north
    Avenida de Montecarmelo, 40.5040, -3.6980, 70, north
    Avenida del Camino de Santiago, 40.5060, -3.6710, 60, north
    Calle de Príncipe Carlos, 40.4930, -3.6580, 90, north
    Calle de la Marquesa Viuda de Aldama, 40.5400, -3.6420, 10, north
    Calle Real, 40.5500, -3.6270, 30, north
    Calle de López de Hoyos, 40.4450, -3.6690, 45, east
    Calle de Arturo Soria, 40.4560, -3.6560, 0, east
    Calle de Mar de Cristal, 40.4700, -3.6400, 80, east
    Calle de Alcalá, 40.4330, -3.6440, 70, east
    Calle de Hermanos García Noblejas, 40.4310, -3.6330, 170, east
    Avenida de Canillejas a Vicálvaro, 40.4330, -3.6110, 160, east
    Calle de Suecia, 40.4250, -3.5970, 100, east
    Avenida de Moratalaz, 40.4070, -3.6450, 95, east
    Calle de San Cipriano, 40.4030, -3.6050, 80, east
    Calle de Galicia, 40.4250, -3.5600, 0, east
    Avenida de la Constitución, 40.4560, -3.4790, 75, east
    Avenida de la Albufera, 40.3930, -3.6610, 115, south
    Paseo de Federico García Lorca, 40.3770, -3.6230, 100, south
    Avenida del Ensanche de Vallecas, 40.3670, -3.6010, 150, south
    Calle de Marcelo Usera, 40.3850, -3.7060, 60, south
    Calle de General Ricardos, 40.3900, -3.7330, 45, south
    Avenida de Oporto, 40.3880, -3.7300, 130, south
    Calle de Valmojado, 40.3880, -3.7620, 0, south
    Paseo de Alberto Palacios, 40.3450, -3.7080, 90, south
    Calle de Madrid, 40.3060, -3.7310, 0, south
    Avenida de Fuenlabrada, 40.3270, -3.7660, 150, south
    Calle Mayor de Alcorcón, 40.3470, -3.8250, 95, south
    Avenida de la Constitución de Móstoles, 40.3220, -3.8640, 60, south
    Paseo de Extremadura, 40.4100, -3.7330, 60, west
    Calle de Illescas, 40.3960, -3.7680, 100, west
    Avenida de Europa, 40.4420, -3.7950, 80, west
    Avenida de Valdemarín, 40.4610, -3.7800, 90, west
    Calle del Doctor Calero, 40.4730, -3.8720, 100, west
    Calle Real de Las Rozas, 40.4930, -3.8750, 140, west
""")

NETWORK = [
    Job("Office without network", 5, "emergency", 1, (40, 75), "business-network", 2, slots=False),
    Job("Medical alarm line is dead", 4, "emergency", 1, (30, 45), "copper", 2, slots=False),
    Job("Telephone system upgrade", 5, "upgrade", 4, (60, 90), "business-network", 3, slots=False),
    Job("No internet", 28, "repair", 2, (25, 45), "fibre"),
    Job("Slow or unstable internet", 22, "repair", 3, (25, 45), "wifi"),
    Job("New fibre connection", 30, "installation", 3, (45, 70), "fibre"),
    Job("Replace copper line by fibre", 16, "upgrade", 4, (45, 60), "fibre", 2),
    Job("Television and mesh set-up", 14, "installation", 4, (30, 45), "wifi"),
    Job("Collect old equipment", 8, "recycling", 5, (10, 15), "wifi"),
]

MADRID_FIRST = ("Ana", "Luis", "Marta", "Javier", "Elena", "Pablo", "Lucía", "Diego", "Carmen", "Sergio")
MADRID_LAST = ("García", "Moreno", "Ruiz", "Navarro", "Torres", "Vega", "Molina", "Castro", "Ortega", "Serrano", "Iglesias", "Cano")


def big_city() -> Json:
    """Return a day of 300 tickets for 40 engineers."""
    rng = Random(28)
    day = Day("2026-05-12", "+02:00", (("09:00", "11:00"), ("11:00", "13:00"), ("13:00", "16:00"), ("16:00", "18:30"), ("09:00", "13:00")))
    trades: list[Json] = [
        {"fibre": 2, "wifi": 2},
        {"fibre": 1, "wifi": 1},
        {"fibre": 2, "copper": 2, "wifi": 1},
        {"fibre": 3, "business-network": 3, "wifi": 2},
        {"fibre": 1, "wifi": 2},
        {"fibre": 2, "business-network": 2, "copper": 2},
    ]
    early, late = day.shift("08:00", "16:00", "17:00", ("12:30", "14:30")), day.shift("10:30", "19:00", "20:00", ("13:30", "15:30"))
    customers: list[Json] = [{"id": f"Business customer {i}", "class": "vip" if i <= 4 else "business"} for i in range(1, 13)]
    team = []
    for i in range(40):
        name = f"{MADRID_FIRST[i % 10]} {MADRID_LAST[(i * 7) % 12]}"
        team.append(engineer(rng, i + 1, name, pick(rng, MADRID), trades[i % len(trades)], late if i % 7 in (2, 4) else early))
    businesses = sites(rng, customers, MADRID)
    work = [ticket(rng, day, i + 1, pick_job(rng, NETWORK), MADRID, businesses) for i in range(300)]
    return {
        "format": "dispatch/1",
        "name": "Big city, Madrid",
        "time_zone": "Europe/Madrid",
        "now": day.at("07:30"),
        "policy": "balanced",
        "travel": {"source": "crow", "speed_kmh": 30, "detour": 1.35},
        "service_levels": [
            {"kind": "emergency", "customer_class": "vip", "respond_within": "PT3H", "late_factor": 2},
            {"kind": "emergency", "respond_within": "PT4H"},
        ],
        "regions": [{"id": "madrid"}, *({"id": r, "parent": "madrid"} for r in ("centre", "north", "east", "south", "west"))],
        "customers": customers,
        "engineers": team,
        "tickets": work,
    }


def documents() -> dict[str, bytes]:
    """Return the content of each problem file by its name: two drawn, the others as they are, all in the layout of the package."""
    written = {p.name: p.read_bytes() for p in sorted(FOLDER.glob("*.json")) if "." not in p.stem}
    drawn = {"big-city.json": json.dumps(big_city()), "heatwave-peak.json": json.dumps(heatwave_peak())}
    return {name: schema.write_problem(schema.read_problem(text)) for name, text in (written | drawn).items()}


if __name__ == "__main__":
    for name, content in documents().items():
        (FOLDER / name).write_bytes(content)
