"""Persons that NanoDet-g finds in whole pictures of a clip, as the fixture of crates/scene has them of
vtest.avi: letterboxed to 416, confidence from 0.2, non-maximum suppression at an IoU of 0.6.

detections(CLIP, MODEL) returns of each picture [(left, top, width, height, confidence)] in pixels of
`size`; kept beside the clip as CLIP.det.txt, made once. A clip that was encoded smaller is told in the
pixels of the truth.
"""

from pathlib import Path

import cv2
import numpy
from nanodet import CONFIDENCE, IOU, NanoDet, fill, read

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
    detector = NanoDet(model)
    capture = cv2.VideoCapture(str(clip))
    while True:
        is_read, picture = capture.read()
        if not is_read:
            return
        tensor, scale = fill(picture, cv2.INTER_AREA)
        yield persons(detector.run(tensor), scale * picture.shape[1] / size[0])


def persons(outputs, scale):
    corners, confidences, labels = read(outputs, scale)
    is_person = labels == PERSON
    corners, confidences = corners[is_person], confidences[is_person]
    boxes = numpy.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], 1)
    kept = cv2.dnn.NMSBoxes(boxes.tolist(), confidences.tolist(), CONFIDENCE, IOU)
    return [(*map(float, boxes[one]), float(confidences[one])) for one in numpy.array(kept, int).ravel()]
