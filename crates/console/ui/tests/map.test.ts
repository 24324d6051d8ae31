// What a base map says of its makers is shown as words, whatever is written there.
import { expect, test } from 'vitest';
import { attributionOf } from '../src/map/attribution';

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
