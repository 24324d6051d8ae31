// The colours of words on every surface, by night and by day (WCAG 2.2, 1.4.3).
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const [night = '', day = ''] = readFileSync('src/tokens.css', 'utf8').split(":root[data-theme='day']");
const WORDS = ['tx-1', 'tx-2', 'tx-3', 'ac', 'p1', 'p2', 'p3', 'p4', 'ok', 'violet'];
const SURFACES = ['bg-0', 'bg-1', 'bg-2', 'bg-3', 'bg-4', 'ac-bg', 'p1-dim', 'p2-dim', 'p3-dim', 'p4-dim'];
/** Words on what is filled. */
const FILLED = [['on-fill', 'ac-fill'], ['p1-on', 'p1-fill'], ['p2-on', 'p2-fill'], ['p3-on', 'p3-fill'], ['p4-on', 'p4-fill'], ['bar-on', 'bar-fill']];

const colour = (name: string, look: string) => {
  const found = [look, night].map((css) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(css)?.[1]).find((one) => one !== undefined);
  if (!found) throw new Error(`no colour --${name}`);
  return found;
};
const luminance = (hex: string) => {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
function contrast(one: string, other: string) {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

test.each([['night', night], ['day', day]])('words can be read on every surface: %s', (_, look) => {
  const pairs = [...WORDS.flatMap((word) => SURFACES.map((surface) => [word, surface])), ...FILLED] as [string, string][];
  const faint = pairs.map(([word, surface]) => ({ pair: `--${word} on --${surface}`, is: contrast(colour(word, look), colour(surface, look)) })).filter(({ is }) => is < 4.5);
  expect(faint).toEqual([]);
});
