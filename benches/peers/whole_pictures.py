"""Persons that NanoDet-g finds in whole pictures of a clip, as the fixture of crates/scene has them of
vtest.avi: letterboxed to 416, confidence from 0.2, non-maximum suppression at an IoU of 0.6.

detections(CLIP, MODEL) returns of each picture [(left, top, width, height, confidence)] in pixels of
`size`; kept beside the clip as CLIP.det.txt, made once. A clip that was encoded smaller is told in the
pixels of the truth.
"""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime

INPUT = 416
MEAN = np.array([103.53, 116.28, 123.675], np.float32)
STD = np.array([57.375, 57.12, 58.395], np.float32)
CONFIDENCE, IOU = 0.2, 0.6
PERSON = 0


def detections(clip, model, size):
    kept = clip.with_suffix(".det.txt")
    if not kept.is_file():
        found = list(detected(clip, model, size))
        lines = [
            f"{frame},-1,{left:.2f},{top:.2f},{width:.2f},{height:.2f},{confidence:.3f},-1,-1,-1\n"
            for frame, boxes in enumerate(found, 1)
            for left, top, width, height, confidence in boxes
        ]
        part = kept.with_suffix(".part")
        part.write_text(f"{len(found)},-1,0,0,0,0,0,-1,-1,-1\n" + "".join(lines))
        part.rename(kept)
    rows = [list(map(float, line.split(","))) for line in kept.read_text().splitlines()]
    pictures = [[] for _ in range(int(rows[0][0]))]
    for frame, _, left, top, width, height, confidence, *_ in rows[1:]:
        pictures[int(frame) - 1].append((left, top, width, height, confidence))
    return pictures


def detected(clip, model, size):
    cv2.setNumThreads(1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    capture = cv2.VideoCapture(str(clip))
    while True:
        is_read, picture = capture.read()
        if not is_read:
            return
        height, width = picture.shape[:2]
        scale = min(INPUT / width, INPUT / height)
        inner = (round(width * scale), round(height * scale))
        square = np.full((INPUT, INPUT, 3), 114, np.uint8)
        square[: inner[1], : inner[0]] = cv2.resize(picture, inner, interpolation=cv2.INTER_AREA)
        tensor = ((square.astype(np.float32) - MEAN) / STD).transpose(2, 0, 1)[None]
        tables = [output[0] for output in session.run(None, {name: np.ascontiguousarray(tensor)})]
        yield persons(tables, scale * width / size[0])


def persons(tables, scale):
    scores = {len(table): table for table in tables if table.shape[1] == 80}
    bins = {len(table): table for table in tables if table.shape[1] != 80}
    boxes, confidences = [], []
    for stride in (8, 16, 32):
        side = INPUT // stride
        of_cells = scores[side * side]
        is_person = (of_cells.argmax(axis=1) == PERSON) & (of_cells[:, PERSON] >= CONFIDENCE)
        cells = np.flatnonzero(is_person)
        shares = np.exp(bins[side * side][cells].reshape(len(cells), 4, -1))
        shares /= shares.sum(-1, keepdims=True)
        distances = (shares * np.arange(shares.shape[-1])).sum(-1) * stride
        x, y = (cells % side + 0.5) * stride, (cells // side + 0.5) * stride
        left, top = x - distances[:, 0], y - distances[:, 1]
        width, height = distances[:, 0] + distances[:, 2], distances[:, 1] + distances[:, 3]
        boxes.append(np.stack([left, top, width, height], 1) / scale)
        confidences.append(of_cells[cells, PERSON])
    boxes, confidences = np.concatenate(boxes), np.concatenate(confidences)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), confidences.tolist(), CONFIDENCE, IOU)
    return [(*map(float, boxes[one]), float(confidences[one])) for one in np.array(kept, int).ravel()]
