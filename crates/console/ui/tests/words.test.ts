// Every word is said in both languages, and none stands in a component.
import { readFileSync, readdirSync } from 'node:fs';
import { parse } from 'svelte/compiler';
import { expect, test } from 'vitest';
import { Refused } from '../src/api/client';
import * as problems from '../src/api/problem-words';
import * as calls from '../src/calls/words';
import { evidenceEn, evidenceVi } from '../src/evidence/words';
import * as map from '../src/map/words';
import * as replay from '../src/replay/words';
import * as password from '../src/session/words';
import * as scene from '../src/scene/words';
import * as system from '../src/system/words';
import type { Problem } from '../src/api/types';
import { en } from '../src/words/en';
import { vi } from '../src/words/vi';

/** The words of every page, and those that come with some pages alone. */
const CATALOGUES = [{ of: 'pages', vi, en }, { of: 'system', ...system }, { of: 'scene', ...scene }, { of: 'password', ...password }, { of: 'calls', ...calls }, { of: 'replay', ...replay }, { of: 'map', ...map }, { of: 'problems', ...problems }, { of: 'evidence', vi: evidenceVi, en: evidenceEn }];

type Tree = { [key: string]: unknown };

function leaves(tree: unknown, path: string[] = []): [string, unknown][] {
  if (typeof tree !== 'object' || tree === null) return [[path.join('.'), tree]];
  return Object.entries(tree as Tree).flatMap(([key, value]) => leaves(value, [...path, key]));
}

/** Words of a function: called with what stands for a number or a name. */
const spoken = (leaf: unknown): string => (typeof leaf === 'function' ? String((leaf as (...args: unknown[]) => unknown)(2, 2, 2, 2)) : String(leaf));

/** What is written alike in both languages: names, units. */
const ALIKE = new Set([
  'shell.product', 'shell.seconds', 'alerts.times', 'alerts.announced', 'detail.milliseconds', 'detail.meters', 'map.meters', 'cameras.kbit',
  'cameras.percent', 'storage.gib', 'storage.tib', 'accounts.of', 'cameras.degrees', 'system.gib', 'search.gap', 'search.took', 'timeline.row', 'detail.track_of', 'handling.by',
  'export.progress', 'export.mib', 'hold.span', 'case.added', 'verify.gap',
]);
const MARKS = /[ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ]/i;

test.each(CATALOGUES)('both languages have the same words: $of', ({ vi, en }) => {
  expect(leaves(en).map(([path]) => path)).toEqual(leaves(vi).map(([path]) => path));
});

test.each(CATALOGUES)('nothing is left untranslated: $of', ({ vi, en }) => {
  const english = new Map(leaves(en));
  for (const [path, leaf] of leaves(vi)) {
    const [here, there] = [spoken(leaf), spoken(english.get(path))];
    expect(here.trim(), path).not.toBe('');
    expect(there, `${path} is Vietnamese in English`).not.toMatch(MARKS);
    if (!ALIKE.has(path)) expect(there, `${path} is the same in both languages`).not.toBe(here);
  }
});

test('every action of the audit trail has a word, and can be asked for', () => {
  const source = readFileSync('../../domain/src/audit.rs', 'utf8');
  const actions = [...source.matchAll(/Self::\w+ => "(\w+)"/g)].map(([, word]) => word);
  expect(actions.length).toBeGreaterThan(10);
  expect(Object.keys(system.vi.audit.actions).toSorted()).toEqual(actions.toSorted());
});

test('every problem of the service is told in both languages', () => {
  const source = readFileSync('../../api/src/problem.rs', 'utf8');
  // As `kind` says them: the stable name of a type, then its title.
  const types = [...source.matchAll(/"([a-z]+(?:-[a-z]+)*)",\s*"[A-Z]/g)].map(([, type]) => type);
  expect(types.length).toBeGreaterThan(40);
  expect(Object.keys(problems.vi).toSorted()).toEqual([...new Set([...types, 'other'])].toSorted());
});

test('a refusal is told in the language spoken, with what the service says beneath', () => {
  const told = (problem: Partial<Problem>, status = 400) => problems.tellRefusal(new Refused(status, problem));
  expect(told({ type: 'urn:watchpost:problem:case-exists', detail: 'there is a case "7" already' })).toEqual({ word: problems.vi['case-exists'], detail: 'there is a case "7" already' });
  expect(told({ type: 'urn:watchpost:problem:invalid-parameters', detail: 'x', 'invalid-params': [{ name: 'end', reason: 'is needed' }] }).detail).toBe('end: is needed');
  expect(told({ type: 'urn:watchpost:problem:of-a-newer-service', detail: 'no' })).toEqual({ word: problems.vi.other, detail: 'no' });
  expect(told({}, 0)).toEqual({ word: vi.shell.unreachable, detail: undefined });
});

test('who is the second person is called as the role is', () => {
  for (const words of [evidenceVi.may_not, evidenceVi.seal.asked_hint]) expect(words).toContain(system.vi.role['supervisor']);
  for (const words of [evidenceEn.may_not, evidenceEn.seal.asked_hint]) expect(words).toContain(system.en.role['supervisor']);
});

interface Node {
  type: string;
  name?: string;
  data?: string;
  value?: unknown;
  [key: string]: unknown;
}

/** Attributes that are read or heard. */
const HEARD = new Set(['aria-label', 'title', 'alt', 'placeholder', 'aria-valuetext', 'label']);
/** A letter of any language; keys on a keyboard are named as they are printed. */
const LETTER = /\p{L}{2,}/u;

function hardCoded(node: unknown, found: string[], inKey = false): string[] {
  if (Array.isArray(node)) node.forEach((one) => hardCoded(one, found, inKey));
  else if (typeof node === 'object' && node !== null) {
    const { type, name, data, value } = node as Node;
    if (type === 'Text' && !inKey && LETTER.test(data ?? '')) found.push(String(data).trim());
    if (type === 'StyleDirective' || (type === 'Attribute' && !HEARD.has(name ?? ''))) return found;
    if (type === 'Attribute') return hardCoded(value, found);
    const isKey = inKey || (type === 'RegularElement' && name === 'kbd');
    for (const [key, child] of Object.entries(node)) {
      if (!['css', 'instance', 'module', 'metadata', 'comments'].includes(key)) hardCoded(child, found, isKey);
    }
  }
  return found;
}

const components = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.svelte'));

test.each(components)('%s says nothing of its own', (file) => {
  const tree = parse(readFileSync(`src/${file}`, 'utf8'), { modern: true });
  expect(hardCoded(tree.fragment, [])).toEqual([]);
});
