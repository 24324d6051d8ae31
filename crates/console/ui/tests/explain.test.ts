// Why something about an alert was not done or is not shown, as the officer reads it.
import { expect, test } from 'vitest';
import { mayComeLater, whyNotDone, whyNotShown } from '../src/alerts/explain';
import { Refused } from '../src/api/client';

const current = { state: 'acknowledged', version: 2, steps: [], latest: { action: 'ack', by: 'lan', at: '2026-11-27T14:47:31Z' } };

test('who was first is named, as what it is', () => {
  expect(whyNotDone(new Refused(409, { current }))).toEqual({ first: 'lan đã làm trước: “Xác nhận” lúc 21:47:31', current });
});

test('what was refused is told as that, with how the alert is handled now', () => {
  const refused = new Refused(403, {});
  expect(whyNotDone(refused)).toEqual({ refused, current: undefined });
  const early = new Refused(409, { current: { ...current, latest: undefined } });
  expect(whyNotDone(early)).toMatchObject({ refused: early, current: { version: 2 } });
});

test('what cannot be shown is not all the same', () => {
  const told = [0, 403, 404, 503].map((status) => whyNotShown(new Refused(status, {})));
  expect(told).toEqual(['Không liên lạc được với máy chủ', 'Cảnh báo này ngoài quyền của tài khoản', 'Không còn cảnh báo này', 'Máy chủ đang bận, đang tự thử lại']);
  expect([0, 403, 404, 429, 500, 503].map(mayComeLater)).toEqual([true, false, false, true, true, true]);
});
