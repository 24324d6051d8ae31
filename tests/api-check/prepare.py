"""Gives scripts/api-check something to ask for: waits for footage and events, puts a case, a hold, an
export and more there, and prints the names of all of them as NAME=value."""

import datetime
import os
import sys
import time

import requests

API = os.environ["WATCHPOST_API"] + "/api/v1"
ALL = {"Authorization": "Bearer " + os.environ["WATCHPOST_TOKEN"]}
PARTNER = {"Authorization": "Bearer " + os.environ["WATCHPOST_PARTNER_TOKEN"]}
PATIENCE_S = 180


def now():
    return datetime.datetime.now(datetime.timezone.utc)


def text(moment):
    return moment.isoformat().replace("+00:00", "Z")


def ask(method, path, body=None, headers=ALL):
    answer = requests.request(method, API + path, json=body, headers=headers, timeout=30)
    if not answer.ok:
        sys.exit(f"{method} {path}: {answer.status_code} {answer.text}")
    return answer.json() if answer.content else None


def eventually(what, find):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        try:
            found = find()
        except requests.ConnectionError:
            found = None
        if found:
            return found
        time.sleep(0.5)
    sys.exit(f"not within {PATIENCE_S} s: {what}")


def segment():
    spans = ask("GET", f"/cameras/gate/recordings?start={text(begin)}&end={text(now())}")["spans"]
    closed = [found for span in spans for found in span["segments"]]
    return closed[0] if closed else None


begin = now() - datetime.timedelta(seconds=5)
eventually("it listens", lambda: requests.get(API + "/health", timeout=5).ok)
purpose = ask("POST", "/purposes", {"case": "01/2026", "reason": "api-check"})
finding = {"id": "1", "camera": "yard", "time": text(now()), "kind": "illegal_stop", "class": "car"}
ask("POST", "/findings", finding, PARTNER)
file = eventually("a file is there", segment)
event = eventually("an event is found", lambda: ask("GET", "/events?limit=1")["events"])[0]
alert = eventually("an alert is raised", lambda: ask("GET", "/alerts?limit=1")["alerts"])[0]
span = {"start": text(begin), "end": text(now())}
case = ask("POST", "/cases", {"number": "02/2026", "title": "api-check"})
hold = ask("POST", "/holds", {"case": "01/2026", "reason": "x", "cameras": ["gate"], **span})
export = ask("POST", "/exports", {"purpose": purpose["id"], "cameras": ["gate"], **span})
region = ask(
    "POST",
    "/region-searches",
    {"camera": "gate", "region": [[0.1, 0.1], [0.9, 0.1], [0.9, 0.9]], **span},
)
search = ask("POST", "/saved-searches", {"name": "api-check", "query": "class=person"})
known = {
    "FILE": f"{file['id']}.mp4",
    "EVENT": event["id"],
    "ALERT": alert["id"],
    "CASE": case["id"],
    "HOLD": hold["id"],
    "EXPORT": export["id"],
    "REGION": region["id"],
    "SEARCH": search["id"],
    "PURPOSE": purpose["id"],
    "START": span["start"],
    "END": span["end"],
}
for name, value in known.items():
    print(f"WATCHPOST_{name}={value}")
