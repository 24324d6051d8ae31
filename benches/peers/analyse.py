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
import onnxruntime

CLIP = sys.argv[1] if len(sys.argv) > 1 else "var/demo/footage/vtest-h264.mp4"
MODEL = "models/nanodet_g_416_int8.onnx"
PICTURES, INPUT = 100, 416
MEAN = numpy.array([103.53, 116.28, 123.675], numpy.float32)
STD = numpy.array([57.375, 57.12, 58.395], numpy.float32)
CONFIDENCE, IOU = 0.2, 0.6

cv2.setNumThreads(1)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession(MODEL, options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name


def fill(picture):
    height, width = picture.shape[:2]
    scale = min(INPUT / width, INPUT / height)
    size = (round(width * scale), round(height * scale))
    square = numpy.full((INPUT, INPUT, 3), 114, numpy.uint8)
    square[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    tensor = (square.astype(numpy.float32) - MEAN) / STD
    return numpy.ascontiguousarray(tensor.transpose(2, 0, 1)[None]), scale


def read(outputs, scale):
    tables = [output[0] for output in outputs]
    scores = {len(table): table for table in tables if table.shape[1] == 80}
    bins = {len(table): table for table in tables if table.shape[1] == 44}
    boxes, confidences, labels = [], [], []
    for stride in (8, 16, 32):
        side = INPUT // stride
        best = scores[side * side].max(axis=1)
        cells = numpy.flatnonzero(best > CONFIDENCE)
        shares = numpy.exp(bins[side * side][cells].reshape(-1, 4, 11))
        distances = (shares / shares.sum(-1, keepdims=True) * numpy.arange(11)).sum(-1) * stride
        x, y = (cells % side + 0.5) * stride, (cells // side + 0.5) * stride
        left, top = x - distances[:, 0], y - distances[:, 1]
        width, height = distances[:, 0] + distances[:, 2], distances[:, 1] + distances[:, 3]
        boxes.append(numpy.stack([left, top, width, height], 1) / scale)
        confidences.append(best[cells])
        labels.append(scores[side * side][cells].argmax(axis=1))
    boxes, confidences = numpy.concatenate(boxes), numpy.concatenate(confidences)
    kept = cv2.dnn.NMSBoxesBatched(
        boxes.tolist(), confidences.tolist(), numpy.concatenate(labels).tolist(), CONFIDENCE, IOU
    )
    return boxes[numpy.array(kept, int).ravel()]


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
    outputs = timed("run the model", session.run, None, {name: tensor})
    timed("read its boxes", read, outputs, scale)

height, width = picture.shape[:2]
print(f"| hand-written peer, {width}×{height}, CPU | median per picture |")
print("|---|---|")
medians = {stage: statistics.median(times) for stage, times in stages.items()}
for stage, median in medians.items():
    print(f"| {stage} | {median:.2f} ms |")
print(f"| all | {sum(medians.values()):.2f} ms |")
