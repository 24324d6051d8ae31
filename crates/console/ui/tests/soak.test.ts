// Growth is told from what goes up and down.
import { expect, test } from 'vitest';
import { settled, slope } from './soak/slope';

test('a slope is what grows a minute, whatever goes up and down', () => {
  expect(slope([1, 3, 5, 7])).toBeCloseTo(2);
  expect(Math.abs(slope([10, 12, 10, 12, 10, 12, 10]))).toBeLessThan(0.1);
  expect(slope([5])).toBe(0);
});

test('what comes before it has settled does not count', () => {
  expect(settled([1, 2, 3, 4, 5, 6, 7, 8])).toEqual([3, 4, 5, 6, 7, 8]);
  expect(settled([1, 2])).toEqual([1, 2]);
});
