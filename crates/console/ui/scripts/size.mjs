// Holds what a browser must fetch before the queue is drawn to its limit; the map is not in it.
import { readFileSync, readdirSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const LIMIT = 120 * 1024;
const dist = new URL('../dist/', import.meta.url);
const page = readFileSync(new URL('index.html', dist), 'utf8');

/** The parts that the page names, and those that they import before they run. */
const wanted = new Set([...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map((match) => match[1]));
for (const part of wanted) {
  if (!part.endsWith('.js')) continue;
  const text = readFileSync(new URL(part, dist), 'utf8');
  for (const [, name] of text.matchAll(/(?:import|from)\s*["']\.\/([^"']+\.js)["']/g)) wanted.add(`assets/${name}`);
}
const bytes = [...wanted].map((part) => gzipSync(readFileSync(new URL(part, dist))).length).reduce((a, b) => a + b, 0);
const map = readdirSync(new URL('assets/', dist)).find((name) => name.startsWith('city-map') && name.endsWith('.js'));
if (wanted.has(`assets/${map}`)) {
  console.error('the map is fetched before the queue is drawn');
  process.exit(1);
}
console.log(`before the queue is drawn: ${(bytes / 1024).toFixed(1)} kB (gzip) in ${wanted.size} files`);
if (bytes > LIMIT) {
  console.error(`that is more than ${LIMIT / 1024} kB`);
  process.exit(1);
}
