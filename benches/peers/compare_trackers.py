"""How well `watchpost track` and the trackers of PyPI's `trackers` join the same detections, in their
default settings, by TrackEval's HOTA, MOTA and IDF1. Run by scripts/compare-trackers:

python benches/peers/compare_trackers.py WATCHPOST [--only PART] [--parts] [--ours] [--pets GT] [--encodings DIR]

Sequences, by how real they are:
- vtest: what NanoDet-g finds in Debian's vtest.avi, as the scene's tests have it, 10 and 5 times a second.
  The pictures are those of MOTChallenge's PETS09-S2L1, whose truth (gt.txt) is named by --pets: its
  licence lets nobody hand it on. Boxes lower than any true one, and on people whom the truth leaves out,
  are not judged.
- encodings: what NanoDet-g finds in whole pictures of the same clip as other cameras would have encoded
  it (scripts/evaluate-encodings --encode makes them, --encodings names their folder), 5 times a second:
  the first of every two pictures and the second. Five encodings, so ten sequences.
- real: motmetrics carries the truth of MOTChallenge's TUD-Campus and TUD-Stadtmitte, and boxes that
  a detector and tracker of others found; these without their numbers are the detections.
- real paths: the same truth, seen by the made-up detector below.
- made up: walkers who cross a square, stand and meet, and traffic on a road with a queue, seen by
  the made-up detector, 25 and 5 times a second.

The detector misses what is hidden, for some pictures on end; its boxes tremble slowly and at once;
it is less sure of what it sees less of; it sees things where there are none, some for seconds, and
one where there are two. Chance is seeded by the sequence's name, so each run makes the same.
"""

import argparse
import contextlib
import io
import math
import random
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import motmetrics
import numpy as np
import supervision
import trackers
from trackeval.datasets._base_dataset import _BaseDataset
from trackeval.metrics import CLEAR, HOTA, Identity


@dataclass
class Sequence:
    name: str
    kind: str
    fps: float
    # Of each frame: {number: (left, top, width, height)}.
    truth: list
    # Of each frame: [(left, top, width, height, confidence)].
    detections: list
    of_class: str = "person"
    # Of each frame: boxes that are not judged.
    left_out: list = None
    # Boxes lower than this are not judged.
    lowest: float = 0.0


# Made-up scenes


def detected(chance, truth, fps, size, skill=1.0):
    """What a detector sees of each frame of `truth`."""
    seen, hidden_until, drift, phantoms = [], {}, {}, []
    keep = math.exp(-1 / (0.4 * fps))
    for frame, boxes in enumerate(truth):
        found = []
        for number, box in boxes.items():
            view = visible(box, [other for key, other in boxes.items() if key != number], size)
            slow = drift.get(number, [chance.gauss(0, 1) for _ in range(4)])
            drift[number] = slow = [
                keep * one + math.sqrt(1 - keep * keep) * chance.gauss(0, 1) for one in slow
            ]
            chance_of_miss = (0.04 if view > 0.7 else 0.25 if view > 0.4 else 0.85) / skill
            if frame < hidden_until.get(number, 0):
                continue
            if chance.random() < min(chance_of_miss, 0.95):
                hidden_until[number] = frame + 1 + int(chance.expovariate(1 / 0.12) * fps)
                continue
            found.append((*trembled(chance, box, slow, view), sureness(chance, view)))
            if chance.random() < 0.01:
                found.append((*part(box), chance.uniform(0.1, 0.5)))
        found += between(chance, list(boxes.values()))
        if chance.random() < 0.25 / fps:
            box = next(iter(boxes.values()), (0, 0, 60, 120))
            place = (chance.uniform(0, size[0]), chance.uniform(0, size[1]), box[2], box[3])
            phantoms.append((frame + int(chance.expovariate(1 / 0.7) * fps), place))
        phantoms = [phantom for phantom in phantoms if phantom[0] >= frame]
        for _, place in phantoms:
            if chance.random() < 0.6:
                found.append((*trembled(chance, place, [0] * 4, 1), chance.uniform(0.2, 0.7)))
        seen.append([tuple(round(value, 3) for value in row) for row in found])
    return seen


def visible(box, others, size):
    """The part of `box` in the picture that none nearer (lower) covers, 0..1, by a grid."""
    left, top, width, height = box
    nearer = [other for other in others if other[1] + other[3] > top + height]
    clear = 0
    for across in range(5):
        for down in range(5):
            x, y = left + width * (across + 0.5) / 5, top + height * (down + 0.5) / 5
            inside = 0 <= x <= size[0] and 0 <= y <= size[1]
            covered = any(o[0] <= x <= o[0] + o[2] and o[1] <= y <= o[1] + o[3] for o in nearer)
            clear += inside and not covered
    return clear / 25


def trembled(chance, box, slow, view):
    left, top, width, height = box
    rough = 1 + 1.5 * (1 - view)
    sides = [left, top, left + width, top + height]
    for index, side in enumerate((width, height, width, height)):
        sides[index] += side * rough * (0.02 * slow[index] + chance.gauss(0, 0.02))
    return sides[0], sides[1], max(sides[2] - sides[0], 2), max(sides[3] - sides[1], 2)


def sureness(chance, view):
    return min(max(0.35 + 0.5 * view + chance.gauss(0, 0.12), 0.05), 0.99)


def part(box):
    left, top, width, height = box
    return left, top, width, height * 0.5


def between(chance, boxes):
    """One box around two who stand close, now and then."""
    found = []
    for index, one in enumerate(boxes):
        for other in boxes[index + 1 :]:
            near = abs(one[0] - other[0]) < one[2] and abs(one[1] - other[1]) < one[3] * 0.3
            if near and chance.random() < 0.03:
                left, top = min(one[0], other[0]), min(one[1], other[1])
                right = max(one[0] + one[2], other[0] + other[2])
                bottom = max(one[1] + one[3], other[1] + other[3])
                found.append((left, top, right - left, bottom - top, chance.uniform(0.2, 0.7)))
    return found


def square(chance, fps, seconds, people):
    """People who cross a square from side to side, stop and go on, seen from 4 m up."""
    truth = [{} for _ in range(int(seconds * fps))]
    for number in range(1, people + 1):
        start = chance.uniform(-15, seconds - 5)
        x, depth = chance.choice([-9.0, 9.0]), chance.uniform(8, 22)
        speed = -math.copysign(chance.uniform(0.9, 1.7), x)
        drift, height = chance.uniform(-0.3, 0.3), chance.uniform(1.6, 1.85)
        stops_at, stops_for = chance.uniform(-6, 6), chance.choice([0, 0, 0, 3, 8])
        waited, gait = 0.0, chance.uniform(0, 6)
        for frame in range(int(40 * fps)):
            time = start + frame / fps
            stands = abs(x - stops_at) < 0.2 and waited < stops_for
            waited += stands / fps
            if not stands:
                x, depth = x + speed / fps, depth + drift / fps
            if 0 <= time < seconds and abs(x) <= 10 and depth > 6:
                scale, swing = 1100 / depth, 0 if stands else 0.08 * math.sin(6 * time + gait)
                width = scale * (0.62 + swing)
                foot = 250 + 4.2 * scale
                box = (960 + x * scale - width / 2, foot - height * scale, width, height * scale)
                if in_picture(box, (1920, 1080)):
                    truth[min(int(time * fps), len(truth) - 1)][number] = box
    return truth


def road(chance, fps, seconds, vehicles):
    """Two lanes each way with cars and two-wheelers, one queue at a light that turns green."""
    truth = [{} for _ in range(int(seconds * fps))]
    lanes = {lane: [] for lane in (-5.2, -1.8, 1.8, 5.2)}
    for number in range(1, vehicles + 1):
        lane = chance.choice(list(lanes))
        small = chance.random() < 0.4
        size = (0.8, 1.6) if small else (1.8, 1.6)
        lanes[lane].append([number, lane + (chance.uniform(-1, 1) if small else 0), size,
                            chance.uniform(-20, seconds - 3), chance.uniform(7, 14)])
    for lane, queue in lanes.items():
        comes, ahead = lane > 0, {}
        for number, x, size, start, speed in sorted(queue, key=lambda one: one[3]):
            way, at_s, goes = 0.0, {}, speed
            for step in range(int(60 * fps)):
                tick = int(round(start * fps)) + step
                red = comes and tick < seconds * 0.6 * fps and way < 52
                room = min(52 - way if red else 99, ahead.get(tick, 99) - way - 6)
                wanted = speed if room > 3 * goes / 2 + 2 else max(0.0, min(speed, room / 1.5))
                goes += max(-5 / fps, min(2.5 / fps, wanted - goes))
                goes = max(goes, 0.0)
                way += goes / fps
                at_s[tick] = way
                if way > 75:
                    break
                depth = 80 - way if comes else 8 + way
                if 0 <= tick < len(truth) and 8 < depth < 75:
                    scale = 1300 / depth
                    foot = 220 + 6 * scale
                    box = (960 + x * scale - size[0] * scale / 2, foot - size[1] * scale,
                           size[0] * scale, size[1] * scale)
                    if in_picture(box, (1920, 1080)):
                        truth[tick][number] = box
            ahead = at_s
    return truth


def in_picture(box, size):
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return 0 <= x <= size[0] and 0 <= y <= size[1]


# Real sequences


def rows(path):
    lines = [line.split(",") for line in path.read_text().splitlines() if line.strip()]
    return [(int(line[0]), int(line[1]), *map(float, line[2:7])) for line in lines]


def tud(name):
    folder = Path(motmetrics.__file__).parent / "data" / name
    truth_rows, found = rows(folder / "gt.txt"), rows(folder / "test.txt")
    last = max(row[0] for row in truth_rows)
    truth, detections = [{} for _ in range(last)], [[] for _ in range(last)]
    for frame, number, *box, _ in truth_rows:
        truth[frame - 1][number] = tuple(box)
    for frame, _, *box, _ in found:
        # -1 in the file: not known. What is told is sure.
        detections[frame - 1].append((*box, 0.9))
    return truth, detections


ROOT = Path(__file__).parents[2]
PETS_PICTURES, PETS_SIZE = 795, (768, 576)
# Part of the name of each encoding whose pictures are those of the clip, one by one.
ENCODINGS = ["crf-21", "crf-26-gop-50", "800k", "400k", "h265-crf-22"]


def pets(truth_file, encodings=None):
    """vtest.avi with MOTChallenge's truth, at every picture and at every second one."""
    found_file = ROOT / "crates/scene/tests/fixtures/vtest-nanodet-g-int8.txt"
    found = [[] for _ in range(PETS_PICTURES)]
    for frame, _, *box, confidence in rows(found_file):
        found[frame - 1].append((*box, confidence))
    truth, left_out = [{} for _ in found], [[] for _ in found]
    for frame, number, *box, is_judged in rows(truth_file):
        if is_judged:
            truth[frame - 1][number] = tuple(box)
        else:
            left_out[frame - 1].append(tuple(box))
    lowest = 0.85 * min(box[3] for frame in truth for box in frame.values())

    def looked_at(label, kind, found, first, step):
        every = slice(first, PETS_PICTURES, step)
        return Sequence(f"vtest {label}", kind, 10 / step, truth[every], found[every],
                        left_out=left_out[every], lowest=lowest)

    for label, first, step in [("10/s", 0, 1), ("5/s", 0, 2), ("5/s, the others", 1, 2)]:
        yield looked_at(label, f"vtest {10 // step}/s", found, first, step)
    for name in ENCODINGS if encodings else []:
        clips = sorted(encodings.glob(f"*vtest*{name}*.mp4"))
        if len(clips) != 1:
            raise SystemExit(f"{encodings} holds {len(clips)} clips of vtest {name}: "
                             "scripts/evaluate-encodings --encode makes them")
        # Needs OpenCV and ONNX Runtime, which the others do not.
        from whole_pictures import detections
        found = detections(clips[0], ROOT / "models/nanodet_g_416_int8.onnx", PETS_SIZE)
        if len(found) != PETS_PICTURES:
            raise SystemExit(f"{clips[0]} has {len(found)} pictures, not {PETS_PICTURES}")
        for first, others in [(0, ""), (1, ", the others")]:
            yield looked_at(f"{name}{others}", "encodings", found, first, 2)


def sequences(pets_truth=None, encodings=None):
    if pets_truth:
        yield from pets(pets_truth, encodings)
    for name, size in [("TUD-Campus", (640, 480)), ("TUD-Stadtmitte", (640, 480))]:
        truth, found = tud(name)
        yield Sequence(name, "real", 25, truth, found)
        for skill in (1.0, 0.5):
            label = f"{name}, detector {skill}"
            made = detected(random.Random(label), truth, 25, size, skill)
            yield Sequence(label, "real paths", 25, truth, made)
    for people in (12, 30, 60):
        for fps in (25, 5):
            name = f"square of {people}, {fps}/s"
            truth = square(random.Random(f"square {people}"), fps, 30, people)
            made = detected(random.Random(name), truth, fps, (1920, 1080))
            yield Sequence(name, f"made up {fps}/s", fps, truth, made)
    for vehicles in (20, 45):
        for fps in (25, 5):
            name = f"road of {vehicles}, {fps}/s"
            truth = road(random.Random(f"road {vehicles}"), fps, 30, vehicles)
            made = detected(random.Random(name), truth, fps, (1920, 1080))
            yield Sequence(name, f"made up {fps}/s", fps, truth, made, "car")


# Trackers


def by_watchpost(program, sequence):
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "det.txt"), Path(folder, "tracks.txt")
        lines = [
            f"{frame},-1,{left},{top},{width},{height},{confidence},-1,-1,-1\n"
            for frame, found in enumerate(sequence.detections, 1)
            for left, top, width, height, confidence in found
        ]
        source.write_text("".join(lines))
        subprocess.run(
            [program, "track", "--detections", source, "--out", target, "--fps",
             str(sequence.fps), "--class", sequence.of_class],
            check=True, stdout=subprocess.DEVNULL,
        )
        tracks = [{} for _ in sequence.truth]
        for frame, number, *box, _ in rows(target):
            if frame <= len(tracks):
                tracks[frame - 1][number] = tuple(box)
        return tracks


def by_peer(tracker, sequence):
    tracks = []
    for found in sequence.detections:
        boxes = np.array(found, dtype=np.float32).reshape(-1, 5)
        corners = boxes[:, :4].copy()
        corners[:, 2:] += corners[:, :2]
        detections = supervision.Detections(
            xyxy=corners, confidence=boxes[:, 4], class_id=np.zeros(len(boxes), dtype=int)
        )
        told = tracker.update(detections)
        tracks.append({
            int(number): (*corner[:2], *(corner[2:] - corner[:2]))
            for corner, number in zip(told.xyxy, told.tracker_id)
            if number >= 0
        })
    return tracks


def filled(tracks):
    """The same, with a straight way where a track was missed between two sightings."""
    tracks, last = [dict(frame) for frame in tracks], {}
    for frame, boxes in enumerate(list(map(dict, tracks))):
        for number, box in boxes.items():
            before = last.get(number, frame)
            for between in range(before + 1, frame):
                share = (between - before) / (frame - before)
                start = tracks[before][number]
                tracks[between][number] = tuple(a + (b - a) * share for a, b in zip(start, box))
            last[number] = frame
    return tracks


def judged(sequence, tracks):
    """The tracks without boxes that the truth says nothing of."""
    if sequence.left_out is None:
        return tracks
    kept = []
    for truth, left_out, boxes in zip(sequence.truth, sequence.left_out, tracks):
        frame = {}
        for number, box in boxes.items():
            is_left_out = any(overlap(box, other) > 0.5 for other in left_out)
            is_true = any(overlap(box, other) > 0.5 for other in truth.values())
            if box[3] >= sequence.lowest and (is_true or not is_left_out):
                frame[number] = box
        kept.append(frame)
    return kept


def overlap(one, other):
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def scores(truth, tracks):
    def numbered(frames):
        numbers = {key: index for index, key in enumerate(sorted({k for f in frames for k in f}))}
        return [np.array([numbers[key] for key in frame], dtype=int) for frame in frames], len(numbers)

    def boxes(frame):
        return np.array(list(frame.values()), dtype=float).reshape(-1, 4)

    truth_ids, truth_count = numbered(truth)
    track_ids, track_count = numbered(tracks)
    data = {
        "num_timesteps": len(truth),
        "num_gt_ids": truth_count,
        "num_tracker_ids": track_count,
        "num_gt_dets": sum(map(len, truth)),
        "num_tracker_dets": sum(map(len, tracks)),
        "gt_ids": truth_ids,
        "tracker_ids": track_ids,
        "similarity_scores": [
            _BaseDataset._calculate_box_ious(boxes(one), boxes(other), box_format="xywh")
            if one and other else np.zeros((len(one), len(other)))
            for one, other in zip(truth, tracks)
        ],
    }
    quiet = {"PRINT_CONFIG": False}
    clear = CLEAR(quiet).eval_sequence(data)
    identity = Identity(quiet).eval_sequence(data)
    hota = HOTA().eval_sequence(data)
    of_hota = {name: 100 * float(np.mean(hota[name])) for name in ("HOTA", "DetA", "AssA", "LocA")}
    return of_hota | {
        "MOTA": 100 * float(clear["MOTA"]),
        "IDF1": 100 * float(identity["IDF1"]),
        "FN": int(clear["CLR_FN"]),
        "FP": int(clear["CLR_FP"]),
        "IDSW": int(clear["IDSW"]),
    }


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("watchpost")
    parser.add_argument("--only", default="", help="sequences whose name or kind holds this")
    parser.add_argument("--parts", action="store_true", help="what the figures are made of, too")
    parser.add_argument("--ours", action="store_true", help="watchpost alone")
    parser.add_argument("--pets", type=Path, metavar="GT", help="truth of PETS09-S2L1 (MOTChallenge 2015)")
    parser.add_argument("--encodings", type=Path, metavar="DIR", help="vtest encoded in other ways; needs --pets")
    options = parser.parse_args()
    columns = ["HOTA", "MOTA", "IDF1"]
    if options.parts:
        columns += ["DetA", "AssA", "LocA", "FN", "FP", "IDSW"]
    peers = {
        "SORT": trackers.SORTTracker,
        "ByteTrack": trackers.ByteTrackTracker,
        "OC-SORT": trackers.OCSORTTracker,
    }
    sums = {}
    print("| sequence | | tracker | " + " | ".join(columns) + " |")
    print("|---|---|---|" + "---|" * len(columns))
    for sequence in sequences(options.pets, options.encodings):
        if options.only not in sequence.name and options.only not in sequence.kind:
            continue
        found = {"watchpost": by_watchpost(options.watchpost, sequence)}
        for name, peer in ({} if options.ours else peers).items():
            found[name] = by_peer(peer(), sequence)
            found[f"{name}, filled"] = filled(found[name])
        for name, tracks in found.items():
            with contextlib.redirect_stdout(io.StringIO()):
                figures = scores(sequence.truth, judged(sequence, tracks))
            sums.setdefault((sequence.kind, name), []).append(figures)
            print(row(sequence.name, sequence.kind, name, figures, columns), flush=True)
    for (kind, name), of_all in sums.items():
        mean = {column: float(np.mean([one[column] for one in of_all])) for column in columns}
        print(row("**mean**", kind, name, mean, columns))


def row(sequence, kind, name, figures, columns):
    cells = [f"{figures[c]:.1f}" if isinstance(figures[c], float) else str(figures[c]) for c in columns]
    return f"| {sequence} | {kind} | {name} | " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
