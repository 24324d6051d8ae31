// What is drawn on a view, and how it is written into the configuration.
import { expect, test } from 'vitest';
import { crossesItself, freeName, isWhole, leftOf, moved, split, withCorner, without, type Shape, type ShapeKind } from '../src/scene/shapes';
import { toToml } from '../src/scene/toml';
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
