// What each role reaches: every page stands, says whose it is where it is not theirs, and nobody is told of a lost
// connection who follows nothing; what nobody answers reaches the lead; and a flood is told, and is over.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, type Person } from './site';

const PAGES = ['/truc-ban', '/truc-tiep', '/tuong', '/may-quay', '/dieu-tra', '/chung-cu', '/he-thong'];
/** Each role by itself: where it begins, whether it follows alerts, and the pages in its head line. */
const ROLES = [
  { role: 'duty', home: '/', follows: true, pages: ['Trực ban', 'Trực tiếp', 'Máy quay', 'Chứng cứ', 'Hệ thống'] },
  { role: 'supervisor', home: '/', follows: true, pages: ['Trực ban', 'Trực tiếp', 'Máy quay', 'Chứng cứ', 'Hệ thống'] },
  { role: 'investigator', home: '/dieu-tra', follows: false, pages: ['Máy quay', 'Điều tra', 'Chứng cứ', 'Hệ thống'] },
  { role: 'administrator', home: '/he-thong', follows: false, pages: ['Máy quay', 'Chứng cứ', 'Hệ thống'] },
  { role: 'overseer', home: '/he-thong/nhat-ky', follows: false, pages: ['Chứng cứ', 'Hệ thống'] },
];
const person = (role: string): Person => ({ name: `mot-${role}`, display: `Một ${role}`, password: `mật khẩu của ${role}`, roles: [role] });
const LEAD = person('supervisor');
const site = new Site({
  people: ROLES.map(({ role }) => person(role)),
  config: `[[escalation]]\nseverity = 1\nafter_s = 3\nto = "${LEAD.name}"\n[alerts]\ndesks = 2\n`,
});

beforeAll(() => site.start());
afterAll(() => site.stop());

test.each(ROLES)('every page stands for the role $role', async ({ role, home, follows, pages }) => {
  const { page, complaints, close } = await sitDown(site, '/', { as: person(role) });
  /** The page is there, as it stays. */
  const stands = async (where: string) => {
    await page.locator('main :not(h1):not(:empty)').first().waitFor();
    await expect.poll(() => page.getByText('Đang tải').count(), { message: `${where} is loaded`, timeout: 20_000 }).toBe(0);
    expect(await page.getByText('Mất kết nối máy chủ').count(), where).toBe(0);
  };
  const link = page.locator(`.app[data-link=${follows ? 'fresh' : 'unwatched'}]`);
  await page.waitForURL((url) => url.pathname === home);
  await link.waitFor();
  await stands('where the role begins');
  expect((await page.getByRole('navigation', { name: 'Trang', exact: true }).getByRole('link').allInnerTexts()).map((word) => word.trim())).toEqual(pages);
  for (const address of PAGES) {
    await page.goto(`${site.pages}${address}`);
    await stands(address);
    if (address !== '/tuong') await link.waitFor();
  }
  await page.goto(`${site.pages}/truc-ban`);
  const refused = page.getByText('Trang Trực ban dành cho vai trò Trực ban và Trưởng ca');
  if (follows) await page.getByText('Không có cảnh báo nào').waitFor();
  else {
    await refused.waitFor();
    await shoot(page, `duty-for-${role}`);
    expect(await violations(page)).toEqual([]);
    await page.getByRole('link', { name: 'Về trang đầu' }).click();
    await page.waitForURL((url) => url.pathname === home);
  }
  expect(complaints).toEqual([]);
  await close();
});

test('who may not search is told that past events are not in the list', async () => {
  const { page, close } = await sitDown(site, '/truc-ban', { as: person('duty') });
  await page.getByRole('button', { name: 'Mọi sự kiện' }).click();
  await page.getByText('Chưa có sự kiện nào từ lúc mở trang', { exact: true }).waitFor();
  await page.getByText('cần vai trò Điều tra viên').waitFor();
  await site.tell('low', { kind: 'crowd', ago: 3000 });
  await page.getByRole('option').filter({ hasText: 'Tụ tập đông người' }).waitFor();
  await page.getByText('cần vai trò Điều tra viên').waitFor();
  await close();
});

test('what nobody acknowledges goes to the lead: counted down, in their list, told, and in the log with its reason', async () => {
  const desk = await sitDown(site, '/truc-ban', { as: person('duty') });
  const lead = await sitDown(site, '/truc-ban', { as: LEAD });
  for (const { page } of [desk, lead]) await page.locator('.app[data-link=fresh]').waitFor();
  const id = await site.tell('urgent', { kind: 'wrong_way' });
  // What it counts down is on the screen for three seconds alone: looked for from before it is there.
  await desk.page.getByRole('option').filter({ hasText: new RegExp(`tự chuyển ${LEAD.name} sau 0:0\\d`) }).waitFor();
  await desk.page.getByRole('option').filter({ hasText: `Chưa xác nhận · Đã báo ${LEAD.name}` }).waitFor();
  await lead.page.getByRole('status').filter({ hasText: 'Được chuyển lên bạn: Nghi đi ngược chiều' }).waitFor({ state: 'attached' });
  await lead.page.getByRole('option').filter({ hasText: 'chuyển lên bạn' }).waitFor();
  await lead.page.getByRole('button', { name: /^Của tôi/ }).click();
  await lead.page.getByRole('option').filter({ hasText: 'chuyển lên bạn' }).click();
  await lead.page.waitForURL(`**/truc-ban/${id}*`);
  const log = lead.page.getByRole('complementary').getByRole('listitem').filter({ hasText: LEAD.name });
  await log.filter({ hasText: 'Hệ thống Báo cấp trên' }).waitFor();
  await log.filter({ hasText: 'quá hạn mà chưa ai xác nhận' }).waitFor();
  await shoot(lead.page, 'escalated-to-me');
  expect(await violations(lead.page)).toEqual([]);
  // Another has it now: who was told of it still finds it.
  await desk.page.getByRole('option').first().click();
  await desk.page.getByRole('complementary').getByRole('button', { name: 'Xác nhận' }).waitFor();
  await desk.page.keyboard.press('a');
  await lead.page.getByRole('option').filter({ hasText: 'Đã xác nhận' }).filter({ hasText: 'chuyển lên bạn' }).waitFor();
  expect([...desk.complaints, ...lead.complaints]).toEqual([]);
  await Promise.all([desk.close(), lead.close()]);
});

test('a flood is told with its counts, repeats stand in one row, no event is left out, and it is told no more when it is over', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban', { as: person('duty') });
  await page.locator('.app[data-link=fresh]').waitFor();
  const banner = page.getByRole('status').filter({ hasText: 'Dồn dập cảnh báo' });
  expect(await banner.count()).toBe(0);
  // Raised so long ago that the rate falls by itself soon.
  const LONG_AGO = 570_000;
  const kinds = ['intrusion', 'red_light', 'wrong_way', 'crowd', 'illegal_stop'];
  const all = (['middle', 'low'] as const).flatMap((source) => kinds.flatMap((kind) => ['yard', 'street'].map((camera) => ({ source, kind, camera }))));
  await Promise.all(all.map(({ source, kind, camera }) => site.tell(source, { kind, camera, ago: LONG_AGO })));
  // The same again, too late to be the same happening.
  const repeats = all.slice(0, 4);
  await Promise.all(repeats.map(({ source, kind, camera }) => site.tell(source, { kind, camera, ago: LONG_AGO - 60_000 })));
  await site.tell('urgent', { kind: 'illegal_stop' });
  await banner.filter({ hasText: /\d\d cảnh báo trong 10 phút, 2 bàn trực/ }).filter({ hasText: /[1-9] cảnh báo đã gộp vào dòng khác/ }).waitFor();
  await page.getByRole('option').filter({ hasText: 'nhóm 2' }).first().waitFor();
  const first = page.getByRole('option').first();
  // The critical one stands first.
  await first.filter({ has: page.locator('.alert.s1') }).filter({ hasText: 'Nghi dừng đỗ trái phép' }).filter({ hasText: 'Chưa xác nhận' }).waitFor();
  await shoot(page, 'flood-told');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Mọi sự kiện' }).click();
  await expect.poll(() => page.getByRole('option').first().getAttribute('aria-setsize')).toBe(String(all.length + repeats.length + 1));
  await page.getByRole('button', { name: /^Hàng đợi/ }).click();
  await banner.waitFor({ state: 'detached', timeout: 90_000 });
  expect(complaints).toEqual([]);
  await close();
});
