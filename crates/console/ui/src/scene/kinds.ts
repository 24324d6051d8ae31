// The kinds of rules and what each is told (`docs/rules/`), as far as they are set on this page.

/** What a setting is: the name of something drawn, a way drawn as a tripwire, a number, a direction. */
export type SettingType = 'zone' | 'tripwire' | 'signal' | 'way' | 'number' | 'direction';

export interface Setting {
  name: string;
  type: SettingType;
  /** Of a number: with what it begins, and its limits. */
  start?: number;
  least?: number;
  most?: number;
  step?: number;
}

const seconds = (name: string, start: number, least = 0): Setting => ({ name, type: 'number', start, least, most: 86_400, step: 1 });
const zone: Setting = { name: 'zone', type: 'zone' };

export const KINDS: Record<string, Setting[]> = {
  intrusion: [zone, seconds('for_s', 1)],
  loitering: [zone, seconds('for_s', 60)],
  line_crossing: [{ name: 'tripwire', type: 'tripwire' }, { name: 'direction', type: 'direction' }],
  count: [{ name: 'tripwire', type: 'tripwire' }, seconds('interval_s', 60, 1)],
  wrong_way: [zone, { name: 'way', type: 'way' }, { name: 'angle_deg', type: 'number', start: 45, least: 5, most: 85, step: 5 },
    { name: 'distance_sizes', type: 'number', start: 2, least: 1, most: 50, step: .5 }],
  illegal_stop: [zone, seconds('for_s', 120, 1)],
  forbidden_class: [zone, seconds('for_s', 2)],
  illegal_turn: [{ name: 'first', type: 'tripwire' }, { name: 'first_direction', type: 'direction' }, { name: 'then', type: 'tripwire' },
    { name: 'then_direction', type: 'direction' }, { name: 'within_s', type: 'number', start: 20, least: 1, most: 600, step: 1 }],
  box_blocking: [zone, seconds('for_s', 5, 1)],
  red_light: [{ name: 'signal', type: 'signal' }, { name: 'stop_line', type: 'tripwire' }, { name: 'junction_line', type: 'tripwire' },
    { name: 'grace_s', type: 'number', start: 1, least: 0, most: 60, step: .5 }, { name: 'within_s', type: 'number', start: 15, least: 1, most: 600, step: 1 }],
  stop_line: [{ name: 'signal', type: 'signal' }, zone, seconds('for_s', 3, 1), { name: 'grace_s', type: 'number', start: 1, least: 0, most: 60, step: .5 }],
  speeding: [zone, { name: 'limit_kmh', type: 'number', start: 50, least: 5, most: 200, step: 5 }],
  crowd: [zone, { name: 'at_least', type: 'number', start: 20, least: 2, most: 1000, step: 1 }, seconds('for_s', 10, 1)],
  congestion: [zone, { name: 'at_least', type: 'number', start: 8, least: 2, most: 1000, step: 1 },
    { name: 'slower_than_sizes', type: 'number', start: .5, least: .05, most: 20, step: .05 }, seconds('for_s', 60, 5)],
};

export const CLASSES = ['person', 'bicycle', 'motorcycle', 'car', 'bus', 'truck'];
export const DIRECTIONS = ['both', 'left_to_right', 'right_to_left'];
/** Kinds that judge nothing unless they are told which classes. */
export const NEEDS_CLASSES = new Set(['forbidden_class']);

/** A rule as it stands in the configuration: one flat table. */
export type Rule = Record<string, unknown> & { id: string; kind: string; severity: number };
