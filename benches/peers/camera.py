"""One camera analysed as people write it by hand: cv2.VideoCapture, five pictures a second, ONNX
Runtime with the same model, ByteTrack, a line that is crossed; one process per camera, one thread.

Prints one line of JSON: pictures looked at per second, CPU of one core (1 is all of it), memory,
crossings counted. Run by cargo bench --bench analysis -- --peer N, or in an environment with
requirements-camera.txt: python benches/peers/camera.py rtsp://127.0.0.1:8554/cam1/sub --seconds 20
"""

import argparse
import json
import os
import pathlib
import time

# Before cv2 is loaded: over TCP, as recorders do.
os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy
import supervision
from nanodet import IOU, NanoDet, fill, read
from trackers import ByteTrackTracker

# COCO's people and vehicles.
WANTED = [0, 1, 2, 3, 5, 7]

parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("--rate", type=float, default=5.0)
parser.add_argument("--seconds", type=float, default=20.0)
parser.add_argument("--model", default="models/nanodet_g_416_int8.onnx")
arguments = parser.parse_args()

detector = NanoDet(arguments.model)


def vehicles_and_people(outputs, scale):
    boxes, confidences, labels = read(outputs, scale)
    is_wanted = numpy.isin(labels, WANTED)
    found = supervision.Detections(
        xyxy=boxes[is_wanted].astype(numpy.float32),
        confidence=confidences[is_wanted].astype(numpy.float32),
        class_id=labels[is_wanted],
    )
    return found.with_nms(IOU)


capture = cv2.VideoCapture(arguments.url, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
if not capture.isOpened():
    raise SystemExit(f"{arguments.url} cannot be opened")
# Its thresholds are those of large detectors; a small one is less sure.
tracker = ByteTrackTracker(
    frame_rate=arguments.rate, track_activation_threshold=0.4, high_conf_det_threshold=0.4
)
line, interval = None, 1.0 / arguments.rate
# What comes at once at the start, and building everything, is not measured.
begin_at = time.monotonic() + 3.0
looked_at, cpu_before, began, due = 0, None, None, 0.0
while True:
    # Decodes, but converts only what is looked at.
    if not capture.grab():
        break
    now = time.monotonic()
    if cpu_before is None and now >= begin_at:
        looked_at, cpu_before, began = 0, time.process_time(), now
    if began is not None and now - began >= arguments.seconds:
        break
    if now < due:
        continue
    due = max(due + interval, now - interval)
    is_read, picture = capture.retrieve()
    if not is_read:
        continue
    tensor, scale = fill(picture)
    found = tracker.update(vehicles_and_people(detector.run(tensor), scale))
    if line is None:
        height, width = picture.shape[:2]
        top, bottom = supervision.Point(0.7292 * width, 0), supervision.Point(0.7292 * width, height)
        anchors = [supervision.Position.BOTTOM_CENTER]
        line = supervision.LineZone(start=bottom, end=top, triggering_anchors=anchors)
    line.trigger(found)
    looked_at += 1

if began is None:
    raise SystemExit(f"{arguments.url} ended before anything was measured")
elapsed = time.monotonic() - began
pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
print(
    json.dumps(
        {
            "looked_at_per_second": looked_at / elapsed,
            "cpu": (time.process_time() - cpu_before) / elapsed,
            "resident_mib": pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
            "crossings": line.in_count + line.out_count if line else 0,
        }
    )
)
