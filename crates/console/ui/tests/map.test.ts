// What a base map says of its makers is shown as words, whatever is written there; what the site draws itself lies
// between it and the cameras.
import { expect, test } from 'vitest';
import { attributionOf } from '../src/map/attribution';
import { lookOf } from '../src/map/site-layers';
import { style } from '../src/map/style';

test.each([
  ['<a href="https://www.openstreetmap.org/copyright" target="_blank">&copy; OpenStreetMap contributors</a>', '© OpenStreetMap contributors'],
  ['Cục Đo đạc, Bản đồ  và\nThông tin địa lý', 'Cục Đo đạc, Bản đồ và Thông tin địa lý'],
  ['A &amp; B &#169; &unknown;', 'A & B © &unknown;'],
  ['<img src=x onerror=alert(1)>', ''],
  ['&lt;b&gt;', '<b>'],
  [undefined, ''],
  [{ html: 'no text' }, ''],
  ['x'.repeat(5000), 'x'.repeat(200)],
])('%s', (written, shown) => expect(attributionOf(written)).toBe(shown));

test('the site’s own layers lie above the base map or the grid, and below cameras and alerts', () => {
  const colour = () => '#123456';
  for (const basemap of [undefined, { url: 'pmtiles://base', layers: ['water', 'transportation', 'place'] }]) {
    const { layers, sources } = style(basemap, ['wards', 'posts'], colour);
    const ids = layers.map((layer) => layer.id);
    const own = ids.flatMap((id, at) => (id.startsWith('site-') ? [at] : []));
    expect(own).toHaveLength(10);
    expect(Object.keys(sources)).toEqual(expect.arrayContaining(['site-wards', 'site-posts']));
    const beneath = ids.flatMap((id, at) => (['land', 'grid', 'water', 'roads', 'place-names', 'sea'].includes(id) ? [at] : []));
    expect(Math.min(...own)).toBeGreaterThan(Math.max(...beneath));
    expect(Math.max(...own)).toBeLessThan(Math.min(...['area', 'views', 'cameras', 'alerts'].map((id) => ids.indexOf(id))));
    // No area lies over another layer's points.
    expect(ids.indexOf('site-posts-area')).toBeLessThan(ids.indexOf('site-wards-point'));
  }
});

test('eight layers are told apart without colour', () => {
  const looks = Array.from({ length: 8 }, (_, place) => JSON.stringify(lookOf(place)));
  expect(new Set(looks).size).toBe(8);
});
