"""What one looked-at picture costs a pipeline as people write it by hand: OpenCV's VideoCapture,
NumPy and Python's ONNX Runtime, the same clip, the same model, one thread; stage by stage.

Prints rows for the table of docs/benchmarks.md. Run from the repository's root by scripts/bench,
or in an environment with requirements.txt: python benches/peers/analyse.py [CLIP]
"""

import pathlib
import statistics
import sys
import time

import cv2
import numpy
from nanodet import CONFIDENCE, IOU, NanoDet, fill, read

CLIP = sys.argv[1] if len(sys.argv) > 1 else "var/demo/footage/vtest-h264.mp4"
MODEL = "models/nanodet_g_416_int8.onnx"
PICTURES = 100

detector = NanoDet(MODEL)


def boxes_of(outputs, scale):
    boxes, confidences, labels = read(outputs, scale)
    sides = numpy.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]], 1)
    found = [sides.tolist(), confidences.tolist(), labels.tolist()]
    return sides[numpy.array(cv2.dnn.NMSBoxesBatched(*found, CONFIDENCE, IOU), int).ravel()]


stages = {"decode": [], "fill the input": [], "run the model": [], "read its boxes": []}


def timed(stage, work, *arguments):
    # CPU time of all threads, so that none that a library starts goes unseen.
    before = time.process_time()
    done = work(*arguments)
    stages[stage].append((time.process_time() - before) * 1000)
    return done


if not pathlib.Path(CLIP).is_file():
    sys.exit(f"{CLIP} is missing: run scripts/setup --demo")
capture = cv2.VideoCapture(CLIP, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
for _ in range(PICTURES):
    is_read, picture = timed("decode", capture.read)
    if not is_read:
        sys.exit(f"{CLIP} ends after {len(stages['decode']) - 1} pictures: {PICTURES} are needed")
    tensor, scale = timed("fill the input", fill, picture)
    outputs = timed("run the model", detector.run, tensor)
    timed("read its boxes", boxes_of, outputs, scale)

height, width = picture.shape[:2]
print(f"| hand-written peer, {width}×{height}, CPU | median per picture |")
print("|---|---|")
medians = {stage: statistics.median(times) for stage, times in stages.items()}
for stage, median in medians.items():
    print(f"| {stage} | {median:.2f} ms |")
print(f"| all | {sum(medians.values()):.2f} ms |")
