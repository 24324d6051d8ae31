// Who sits at the desk: nothing is shown before somebody has signed in, and after they have left.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { OFFICER, Site } from './site';

const site = new Site();

beforeAll(() => site.start());
afterAll(() => site.stop());

test('the desk is taken over and left', async ({ skip }) => {
  skip(!site.cookie, 'this program has no accounts');
  const { page, complaints, close } = await sitDown(site, '/truc-ban', { isSignedIn: false });
  await page.getByRole('button', { name: 'Vào ca' }).waitFor();
  expect(await page.getByRole('option').count()).toBe(0);
  expect(await violations(page)).toEqual([]);
  await shoot(page, 'sign-in');
  await page.getByLabel('Tên tài khoản').fill(OFFICER.name);
  await page.getByLabel('Mật khẩu').fill('không phải mật khẩu này');
  await page.keyboard.press('Enter');
  await page.getByText('Tên hoặc mật khẩu không đúng').waitFor();
  await page.getByLabel('Mật khẩu').fill(OFFICER.password);
  await page.keyboard.press('Enter');
  await page.getByText(OFFICER.display).waitFor();
  await site.tell('high');
  await page.getByRole('option').filter({ hasText: 'Nghi xâm nhập' }).waitFor();
  await page.getByRole('button', { name: 'Thoát' }).click();
  await page.getByRole('button', { name: 'Vào ca' }).waitFor();
  expect(await page.getByRole('option').count()).toBe(0);
  expect(complaints).toEqual([]);
  await close();
});
