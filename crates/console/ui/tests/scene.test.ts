// What is drawn on a view, and how it is written into the configuration.
import { expect, test } from 'vitest';
import { crossesItself, freeName, isWhole, leftOf, moved, split, withCorner, without, type Shape, type ShapeKind } from '../src/scene/shapes';
import { fit } from '../src/scene/ground';
import { mistakeOf, withDay } from '../src/scene/schedule';
import { Draft, type Told } from '../src/scene/scene.svelte';
import { toDelete, toToml } from '../src/scene/toml';
import { cameraToml } from '../src/system/camera-toml';

const shape = (kind: ShapeKind, corners: [number, number][], name = 'sân "A"'): Shape => ({ key: 1, kind, name, corners, metres: corners });

test('corners are added, moved, taken away and put between, and stay on the view', () => {
  const line = withCorner(withCorner(withCorner(shape('tripwire', []), [-.2, .5]), [.33333333, 2]), [.9, .9]);
  expect(line.corners).toEqual([[0, .5], [.3333, 1]]);
  const zone = shape('zone', [[0, 0], [1, 0], [1, 1]]);
  expect(split(zone, 2).corners).toEqual([[0, 0], [1, 0], [1, 1], [.5, .5]]);
  expect(moved(zone, 0, [.25, .25]).corners[0]).toEqual([.25, .25]);
  expect(isWhole(without(zone, 1))).toBe(false);
});

test('an area whose sides cross is told', () => {
  expect(crossesItself(shape('zone', [[0, 0], [1, 1], [1, 0], [0, 1]]))).toBe(true);
  expect(crossesItself(shape('zone', [[0, 0], [1, 0], [1, 1], [0, 1]]))).toBe(false);
  expect(crossesItself(shape('zone', [[0, 0], [1, 0], [1, 1]]))).toBe(false);
});

test('left is the left of somebody who walks along the line on the picture', () => {
  const [x, y] = leftOf([[.5, 1], [.5, 0]], 16 / 9);
  expect(x).toBeLessThan(0);
  expect(y).toBeCloseTo(0);
  expect(leftOf([[.5, 0], [.5, 1]], 16 / 9)[0]).toBeGreaterThan(0);
});

test('a name is none that is taken', () => {
  expect(freeName([shape('zone', [], 'vung-1'), shape('tripwire', [], 'vung-2')], 'zone', 'vung')).toBe('vung-2');
});

test('what was drawn is written as the configuration reads it', () => {
  const corners: [number, number][] = [[0, .5], [.25, .5], [.25, 1]];
  const text = toToml(
    [shape('zone', corners), shape('tripwire', corners.slice(0, 2), 'vach'), shape('mask', corners), shape('ground', corners)],
    { id: 'yard-1', kind: 'wrong_way', severity: 2, zone: 'sân', way: [[0, 0], [1, 1]], classes: ['car'], schedule: undefined },
  );
  expect(text).toBe(`masks = [
  [[0, 0.5], [0.25, 0.5], [0.25, 1]],
]

[[camera.scene.zones]]
name = "sân \\"A\\""
polygon = [[0, 0.5], [0.25, 0.5], [0.25, 1]]

[[camera.scene.tripwires]]
name = "vach"
line = [[0, 0.5], [0.25, 0.5]]

[camera.scene.calibration]
points = [
  { picture = [0, 0.5], metres = [0, 0.5] },
  { picture = [0.25, 0.5], metres = [0.25, 0.5] },
  { picture = [0.25, 1], metres = [0.25, 1] },
]

[[camera.scene.rules]]
id = "yard-1"
kind = "wrong_way"
severity = 2
zone = "sân"
way = [[0, 0], [1, 1]]
classes = ["car"]
`);
  expect(toToml([], undefined)).toBe('');
});

test('a camera is written without its password', () => {
  const text = cameraToml({ id: 'cong-2', name: 'Cổng "2"', url: ' rtsp://10.0.0.1/s ', username: 'xem', isUdp: true, lat: 21.02, lon: 105.85, places: ['Hà Nội'] });
  expect(text).toBe(`[[camera]]
id = "cong-2"
name = "Cổng \\"2\\""
location = { lat = 21.02, lon = 105.85 }
places = ["Hà Nội"]
username = "xem"
password_file = "secrets/cong-2.password"
main = { url = "rtsp://10.0.0.1/s", transport = "udp" }
`);
});

/** A camera 6 m above a street, which looks along it: where a point of the ground is on the view. */
const seen = ([x, y]: [number, number]): [number, number] => [.5 + x / (y + 4) * .9, .3 + 5 / (y + 4)];

test('measured points show how badly they fit, and which the most', () => {
  const metres: [number, number][] = [[-4, 12], [4, 12], [-5, 40], [5, 40], [0, 20], [2.5, 31]];
  const good = fit(metres.map(seen), metres);
  expect(good?.residual).toBeLessThan(1e-6);
  const wrong = metres.map(([x, y], index): [number, number] => (index === 4 ? [x + 6, y] : [x, y]));
  const bad = fit(metres.map(seen), wrong);
  expect(bad?.residual).toBeGreaterThan(bad?.most ?? Infinity);
  expect(bad?.off.indexOf(Math.max(...bad.off))).toBe(4);
  expect(fit(metres.slice(0, 4).map(seen), metres.slice(0, 4))?.residual).toBeUndefined();
  expect(fit(metres.slice(0, 3).map(seen), metres.slice(0, 3))).toBeUndefined();
  const line: [number, number][] = [[0, 10], [0, 20], [0, 30], [0, 40]];
  expect(fit(line.map(seen), line)).toBeUndefined();
});

test('a window of the week says its days, and what is wrong with it', () => {
  const nights = { from: '22:00', to: '05:00' };
  const working = withDay(withDay(nights, 'sat'), 'sun');
  expect(working).toEqual({ ...nights, days: ['mon', 'tue', 'wed', 'thu', 'fri'] });
  expect(withDay(withDay(working, 'sun'), 'sat')).toEqual(nights);
  expect([nights, { from: '8:00' }, { from: '10:00', to: '10:00' }, { days: [] }, { from: '20:00', to: '24:00' }].map(mistakeOf)).toEqual([undefined, 'time', 'never', 'days', undefined]);
});

test('traffic lights and schedules are written as the configuration reads them', () => {
  const lamps = { red: [[.8, .1], [.82, .1], [.82, .13]], green: [[.8, .16], [.82, .16], [.82, .19]] };
  const text = toToml([], { id: 'yard-1', kind: 'red_light', severity: 2, signal: 'den-1', schedule: [{ from: '22:00', to: '05:00', days: ['sat', 'sun'] }] }, [{ name: 'den-1', valid_for_s: 2, source: { lamps } }]);
  expect(text).toBe(`[[camera.scene.signals]]
name = "den-1"
valid_for_s = 2
source = { lamps = { red = [[0.8, 0.1], [0.82, 0.1], [0.82, 0.13]], green = [[0.8, 0.16], [0.82, 0.16], [0.82, 0.19]] } }

[[camera.scene.rules]]
id = "yard-1"
kind = "red_light"
severity = 2
signal = "den-1"
schedule = [{ from = "22:00", to = "05:00", days = ["sat", "sun"] }]
`);
});

const square = (at: number): [number, number][] => [[at, at], [at + .1, at], [at + .1, at + .1]];
const TOLD: Told = {
  camera: 'yard', masks: [square(.5)],
  scene: {
    zones: [{ name: 'san', polygon: square(.1) }], tripwires: [{ name: 'vach', line: [[0, 0], [1, 1]] }], rules: [],
    signals: [{ name: 'den', source: { lamps: { red: square(.2), amber: square(.3), green: square(.4) } } }],
    calibration: { points: [0, 1, 2, 3].map((at) => ({ picture: [at / 4, .5], metres: [at, at] })) },
  },
};
const begun = () => {
  const draft = new Draft();
  draft.begin(TOLD);
  return draft;
};
const keyOf = (draft: Draft, kind: ShapeKind) => draft.shapes.find((one) => one.kind === kind)?.key ?? NaN;

test('whatever there is can be taken away, and what was done is taken back', () => {
  const draft = begun();
  const kinds = draft.shapes.map(({ kind }) => kind);
  expect(kinds).toEqual(['zone', 'tripwire', 'mask', 'red', 'amber', 'green', 'ground']);
  for (const kind of kinds) draft.remove(keyOf(draft, kind));
  expect(draft.shapes).toEqual([]);
  expect(toDelete(draft.removed(), draft.signals())).toEqual([
    '[[camera.scene.zones]] name = "san"', '[[camera.scene.tripwires]] name = "vach"', '[[camera.scene.signals]] name = "den"', '[camera.scene.calibration]',
  ]);
  expect(toToml(draft.changed(), undefined, draft.changedSignals(), draft.areMasksGone)).toBe('masks = []\n');
  for (const _ of kinds) draft.undo();
  expect(draft.shapes.map(({ kind }) => kind)).toEqual(kinds);
  expect([draft.canUndo, draft.removed(), draft.areMasksGone, draft.changed()]).toEqual([false, [], false, []]);
});

test('a traffic light without its amber lamp is written anew, one without red is none', () => {
  const draft = begun();
  draft.remove(keyOf(draft, 'amber'));
  expect(toDelete(draft.removed(), draft.signals())).toEqual([]);
  const [signal] = draft.changedSignals();
  expect(Object.keys((signal?.source as { lamps: object }).lamps)).toEqual(['red', 'green']);
  draft.remove(keyOf(draft, 'red'));
  expect(draft.changedSignals()).toEqual([]);
  expect(toDelete(draft.removed(), draft.signals())).toEqual(['[[camera.scene.signals]] name = "den"']);
  draft.undo();
  expect(draft.changedSignals()).toHaveLength(1);
});

test('a corner that is dragged is put back at once, and drawing corner by corner', () => {
  const draft = begun();
  const zone = draft.shapes[0];
  if (!zone) throw new Error('there is no zone');
  for (const x of [.2, .3, .4]) draft.put(moved(zone, 0, [x, x]), 'drag 1');
  draft.put(moved(zone, 0, [.9, .9]), 'drag 2');
  draft.undo();
  expect(draft.shapes[0]?.corners[0]).toEqual([.4, .4]);
  draft.undo();
  expect(draft.shapes[0]).toEqual(zone);
  draft.draw('red');
  const lamp = draft.get(draft.drawing);
  if (!lamp) throw new Error('nothing is drawn');
  draft.put(withCorner(lamp, [.5, .5]));
  draft.undo();
  expect(draft.get(draft.drawing)?.corners).toEqual([]);
  draft.undo();
  expect([draft.drawing, draft.canUndo]).toEqual([undefined, false]);
});
