// Why something about an alert was not done or is not shown, as the officer reads it.
import { expect, test } from 'vitest';
import { mayComeLater, whyNotDone, whyNotShown } from '../src/alerts/explain';
import { Refused } from '../src/api/client';

const current = { state: 'acknowledged', version: 2, steps: [], latest: { action: 'ack', by: 'lan', at: '2026-11-27T14:47:31Z' } };

test('who was first is named, as what it is', () => {
  expect(whyNotDone(new Refused(409, { current }))).toEqual({ text: 'lan đã làm trước: “Xác nhận” lúc 21:47:31', isProblem: false, current });
});

test('what was not done says why', () => {
  expect(whyNotDone(new Refused(403, {}))).toMatchObject({ text: 'Tài khoản này không được làm việc đó', isProblem: true });
  expect(whyNotDone(new Refused(0, {})).text).toBe('Chưa làm được: Không liên lạc được với máy chủ');
  expect(whyNotDone(new Refused(400, { 'invalid-params': [{ name: 'to', reason: 'no account' }] })).text).toBe('Chưa làm được: to: no account');
});

test('what cannot be shown is not all the same', () => {
  const told = [0, 403, 404, 503].map((status) => whyNotShown(new Refused(status, {})));
  expect(told).toEqual(['Không liên lạc được với máy chủ', 'Cảnh báo này ngoài quyền của tài khoản', 'Không còn cảnh báo này', 'Máy chủ đang bận, đang tự thử lại']);
  expect([0, 403, 404, 429, 500, 503].map(mayComeLater)).toEqual([true, false, false, true, true, true]);
});
