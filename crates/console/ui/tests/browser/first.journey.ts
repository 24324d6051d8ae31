// A server that nobody has an account on says what to do.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site } from './site';

const site = new Site({ isUnstaffed: true });

beforeAll(() => site.start());
afterAll(() => site.stop());

test('the first visit names the command that makes the first account', async () => {
  const { page, complaints, close } = await sitDown(site, '/');
  await page.getByRole('heading', { name: 'Chưa có tài khoản nào' }).waitFor();
  await page.getByText(/watchpost user add quan-tri/).waitFor();
  await shoot(page, 'first-run');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
