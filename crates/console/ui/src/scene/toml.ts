// What was drawn and set, as it is written into a camera's section of the configuration (TOML 1.0).
import type { Rule } from './kinds';
import type { Signal } from './scene.svelte';
import { isLamp, type Shape, type ShapeKind } from './shapes';

/** Writes the parts below `[[camera]]`: shapes by the kind, traffic lights, the rule if there is one; and that there are
 * no masks any more where there were. */
export function toToml(shapes: Shape[], rule: Rule | undefined, signals: Signal[] = [], areMasksGone = false): string {
  const parts: string[] = areMasksGone ? ['masks = []'] : [];
  const masks = shapes.filter(({ kind }) => kind === 'mask');
  if (masks.length > 0) parts.push(`masks = [\n${masks.map(({ corners }) => `  ${value(corners)},`).join('\n')}\n]`);
  for (const { kind, name, corners, metres } of shapes) {
    if (kind === 'zone') parts.push(`[[camera.scene.zones]]\nname = ${value(name)}\npolygon = ${value(corners)}`);
    if (kind === 'tripwire') parts.push(`[[camera.scene.tripwires]]\nname = ${value(name)}\nline = ${value(corners)}`);
    if (kind === 'ground') {
      const points = corners.map((picture, index) => `  { picture = ${value(picture)}, metres = ${value(metres[index] ?? [0, 0])} },`);
      parts.push(`[camera.scene.calibration]\npoints = [\n${points.join('\n')}\n]`);
    }
  }
  for (const signal of signals) parts.push(`[[camera.scene.signals]]\n${Object.entries(signal).map(([key, one]) => `${key} = ${value(one)}`).join('\n')}`);
  if (rule) {
    const keys = Object.entries(rule).filter(([, one]) => one !== undefined && one !== null);
    parts.push(`[[camera.scene.rules]]\n${keys.map(([key, one]) => `${key} = ${value(one)}`).join('\n')}`);
  }
  return parts.length > 0 ? `${parts.join('\n\n')}\n` : '';
}

function value(given: unknown): string {
  if (Array.isArray(given)) return `[${given.map(value).join(', ')}]`;
  if (typeof given === 'object' && given !== null) {
    const keys = Object.entries(given).filter(([, one]) => one !== undefined && one !== null);
    return `{ ${keys.map(([key, one]) => `${key} = ${value(one)}`).join(', ')} }`;
  }
  // A string of JSON is a basic string of TOML, but for what TOML forbids in one (§ String).
  if (typeof given === 'string') return JSON.stringify(given).replaceAll('\u007f', '\\u007f');
  return String(given);
}

const TABLE: Partial<Record<ShapeKind, string>> = { zone: 'zones', tripwire: 'tripwires' };

/** Names the parts of the configuration that are to be deleted for shapes to be gone; `signals` are those that are left. */
export function toDelete(removed: Shape[], signals: Signal[]): string[] {
  const parts = removed.flatMap(({ kind, name }) => {
    const table = TABLE[kind];
    if (table) return [`[[camera.scene.${table}]] name = ${value(name)}`];
    if (kind === 'ground') return ['[camera.scene.calibration]'];
    // One lamp less is written with its traffic light.
    if (isLamp(kind) && !signals.some((signal) => signal.name === name)) return [`[[camera.scene.signals]] name = ${value(name)}`];
    return [];
  });
  return [...new Set(parts)];
}
