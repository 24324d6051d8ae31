"""NanoDet-g as people run it by hand: NumPy, OpenCV and Python's ONNX Runtime on one thread.

A picture is letterboxed into the upper left of the model's square input; boxes come back in the pixels of
the picture, before any of them is suppressed.
"""

import cv2
import numpy
import onnxruntime

INPUT = 416
MEAN = numpy.array([103.53, 116.28, 123.675], numpy.float32)
STD = numpy.array([57.375, 57.12, 58.395], numpy.float32)
# The least confidence of a box, and the overlap from which the surer of two is kept.
CONFIDENCE, IOU = 0.2, 0.6


class NanoDet:
    def __init__(self, model):
        cv2.setNumThreads(1)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        providers = ["CPUExecutionProvider"]
        self.session = onnxruntime.InferenceSession(str(model), options, providers=providers)
        self.input = self.session.get_inputs()[0].name

    def run(self, tensor):
        return self.session.run(None, {self.input: tensor})


def fill(picture, interpolation=cv2.INTER_LINEAR):
    """Returns the input and how many of its pixels one of the picture is."""
    height, width = picture.shape[:2]
    scale = min(INPUT / width, INPUT / height)
    size = (round(width * scale), round(height * scale))
    square = numpy.full((INPUT, INPUT, 3), 114, numpy.uint8)
    square[: size[1], : size[0]] = cv2.resize(picture, size, interpolation=interpolation)
    tensor = (square.astype(numpy.float32) - MEAN) / STD
    return numpy.ascontiguousarray(tensor.transpose(2, 0, 1)[None]), scale


def read(outputs, scale):
    """Returns boxes (left, top, right, bottom), their confidences, and their classes of COCO."""
    tables = [output[0] for output in outputs]
    scores = {len(table): table for table in tables if table.shape[1] == 80}
    bins = {len(table): table for table in tables if table.shape[1] == 44}
    boxes, confidences, labels = [], [], []
    for stride in (8, 16, 32):
        side = INPUT // stride
        best = scores[side * side].max(axis=1)
        cells = numpy.flatnonzero(best > CONFIDENCE)
        shares = numpy.exp(bins[side * side][cells].reshape(-1, 4, 11))
        reach = (shares / shares.sum(-1, keepdims=True) * numpy.arange(11)).sum(-1) * stride
        x, y = (cells % side + 0.5) * stride, (cells // side + 0.5) * stride
        corners = [x - reach[:, 0], y - reach[:, 1], x + reach[:, 2], y + reach[:, 3]]
        boxes.append(numpy.stack(corners, 1) / scale)
        confidences.append(best[cells])
        labels.append(scores[side * side][cells].argmax(axis=1))
    return numpy.concatenate(boxes), numpy.concatenate(confidences), numpy.concatenate(labels)
