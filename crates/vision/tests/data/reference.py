"""Says what Python's ONNX Runtime and OpenCV find in pictures of the demo clip.

Writes reference.json beside itself. Run from the repository's root, after scripts/setup --demo, in
an environment with onnxruntime 1.31.1, numpy and opencv-python-headless.
"""

import json
import pathlib
import subprocess

import cv2
import numpy
import onnxruntime

WIDTH, HEIGHT, INPUT = 768, 576, 416
FRAMES = [0, 200, 350, 500, 700]
MEAN = numpy.array([103.53, 116.28, 123.675], numpy.float32)
STD = numpy.array([57.375, 57.12, 58.395], numpy.float32)
LABELS = {0: "person", 1: "bicycle", 2: "car", 3: "motorcycle", 5: "bus", 7: "truck"}
CONFIDENCE, IOU = 0.35, 0.6

options = onnxruntime.SessionOptions()
options.intra_op_num_threads = 1
session = onnxruntime.InferenceSession("models/nanodet_g_416_int8.onnx", options)


def picture(index):
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", "var/demo/footage/vtest.avi"]
    command += ["-vf", f"select=eq(n\\,{index})", "-frames:v", "1", "-pix_fmt", "yuv420p"]
    raw = subprocess.run(command + ["-f", "rawvideo", "-"], check=True, capture_output=True).stdout
    planes = numpy.frombuffer(raw, numpy.uint8).reshape(HEIGHT * 3 // 2, WIDTH)
    return cv2.cvtColor(planes, cv2.COLOR_YUV2BGR_I420)


def detect(bgr):
    scale = min(INPUT / WIDTH, INPUT / HEIGHT)
    size = (round(WIDTH * scale), round(HEIGHT * scale))
    square = numpy.full((INPUT, INPUT, 3), 114, numpy.uint8)
    square[: size[1], : size[0]] = cv2.resize(bgr, size, interpolation=cv2.INTER_LINEAR)
    tensor = ((square.astype(numpy.float32) - MEAN) / STD).transpose(2, 0, 1)[None]
    outputs = [output[0] for output in session.run(None, {session.get_inputs()[0].name: tensor})]
    scores = {len(table): table for table in outputs if table.shape[1] == 80}
    bins = {len(table): table for table in outputs if table.shape[1] == 44}
    boxes, confidences, labels = [], [], []
    for stride in (8, 16, 32):
        side = INPUT // stride
        shares = numpy.exp(bins[side * side].reshape(-1, 4, 11))
        shares /= shares.sum(-1, keepdims=True)
        distances = (shares * numpy.arange(11)).sum(-1) * stride
        for cell in range(side * side):
            label = int(scores[side * side][cell].argmax())
            confidence = float(scores[side * side][cell][label])
            if confidence <= CONFIDENCE or label not in LABELS:
                continue
            x, y = (cell % side + 0.5) * stride, (cell // side + 0.5) * stride
            left, top, right, bottom = distances[cell]
            boxes.append([x - left, y - top, left + right, top + bottom])
            confidences.append(confidence)
            labels.append(label)
    found = []
    for label in sorted(set(labels)):
        own = [index for index in range(len(labels)) if labels[index] == label]
        kept = cv2.dnn.NMSBoxes(
            [boxes[index] for index in own], [confidences[index] for index in own], 0, IOU
        )
        for index in numpy.array(kept).ravel():
            box = [float(value / scale) for value in boxes[own[index]]]
            found.append(
                {
                    "class": LABELS[label],
                    "confidence": round(confidences[own[index]], 4),
                    "box_px": [round(value, 1) for value in box],
                }
            )
    return sorted(found, key=lambda one: -one["confidence"])


reference = [{"frame": index, "found": detect(picture(index))} for index in FRAMES]
target = pathlib.Path(__file__).with_suffix(".json")
target.write_text(json.dumps(reference, indent=1) + "\n")
