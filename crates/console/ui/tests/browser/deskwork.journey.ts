// What a desk is besides its list: sound, floods, groups, the clock of an escalation, and the
// hand-over of the shift by two signatures.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { OFFICER, Site, eventually } from './site';

const OTHER = { name: 'truc-ban-02', display: 'Trực ban 02', password: 'mật khẩu của trực ban 02', roles: ['duty'] };
const LEAD = { name: 'truong-ca', display: 'Trưởng ca', password: 'mật khẩu của trưởng ca', roles: ['supervisor'] };
const site = new Site({ people: [OTHER, LEAD], config: '[[escalation]]\nseverity = 1\nafter_s = 90\nto = "truong-ca"\n[[escalation]]\nseverity = 4\nafter_s = 1\nto = "truong-ca"\n' });

beforeAll(() => site.start());
afterAll(() => site.stop());

test('a critical alert sounds until it is silenced or acknowledged, and says who is told next', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  await page.getByRole('button', { name: 'Bật âm' }).click();
  const dialog = page.getByRole('dialog', { name: 'Âm báo' });
  await dialog.getByLabel('Bàn này phát âm báo').check();
  await dialog.getByRole('button', { name: 'Mức 1 · Khẩn cấp' }).click();
  await shoot(page, 'sound');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Đóng' }).click();
  const id = await site.tell('urgent', { kind: 'wrong_way' });
  await page.locator('[data-sounding="1"]').waitFor();
  await page.getByRole('option').filter({ hasText: /tự chuyển truong-ca sau 1:\d\d/ }).waitFor();
  await page.getByText('Chờ lâu nhất, mức 1 · hạn 1 ph 30').waitFor();
  await page.keyboard.press('x');
  await page.locator('[data-sounding="0"]').waitFor();
  // What comes later is heard again, until somebody answers for it.
  await site.tell('urgent', { kind: 'illegal_stop', camera: 'street' });
  await page.locator('[data-sounding="1"]').waitFor();
  await page.keyboard.press('j');
  await page.getByRole('complementary').getByRole('heading', { name: /dừng đỗ/ }).waitFor();
  await page.getByRole('complementary').getByRole('timer').waitFor();
  await shoot(page, 'escalates');
  await page.getByRole('complementary').getByRole('button', { name: 'Xác nhận' }).waitFor();
  await page.keyboard.press('a');
  await page.locator('[data-sounding="0"]').waitFor();
  await page.goto(`${site.pages}/truc-ban/${id}?map=off`);
  expect(complaints).toEqual([]);
  await close();
});

test('muted, the desk says until when', async () => {
  const { page, close } = await sitDown(site, '/truc-ban');
  await page.getByRole('button', { name: 'Bật âm' }).click();
  const dialog = page.getByRole('dialog', { name: 'Âm báo' });
  await dialog.getByLabel('Bàn này phát âm báo').check();
  await dialog.getByRole('button', { name: '15 phút' }).click();
  await dialog.getByRole('paragraph').filter({ hasText: /Tắt tiếng đến \d\d:\d\d:\d\d/ }).waitFor();
  await dialog.getByRole('button', { name: 'Bật tiếng lại' }).click();
  await dialog.getByRole('button', { name: 'Đóng' }).click();
  await page.getByRole('button', { name: 'Âm: bật' }).waitFor();
  await close();
});

test('what cannot be given is refused with its reason; colleagues are offered', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  const id = await site.tell('high', { kind: 'crowd' });
  await page.goto(`${site.pages}/truc-ban/${id}?map=off`);
  const detail = page.getByRole('complementary');
  await detail.getByRole('button', { name: 'Giao' }).click();
  const dialog = page.getByRole('dialog', { name: 'Giao' });
  await dialog.locator('option[value="truc-ban-02"]').waitFor({ state: 'attached' });
  await dialog.getByLabel('Cho tài khoản').fill('khong-co-ai');
  await page.keyboard.press('Enter');
  await detail.getByText(/no account "khong-co-ai" may handle this alert/).waitFor();
  await detail.getByRole('button', { name: 'Giao' }).click();
  await dialog.getByLabel('Cho tài khoản').fill('truc-ban-02');
  await page.keyboard.press('Enter');
  await detail.getByText('Đang xử lý · truc-ban-02').first().waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('a flood is told, repeats stand in one row, and a group is closed at once', async () => {
  const { page, complaints, close } = await sitDown(site, '/truc-ban');
  // The same again and again, each too late to be the same happening.
  for (const ago of [160_000, 120_000, 80_000, 40_000]) await site.tell('middle', { kind: 'red_light', ago });
  for (const kind of ['intrusion', 'crowd', 'illegal_stop', 'wrong_way']) for (const camera of ['yard', 'street']) await site.tell('low', { kind, camera, ago: 2000 });
  await page.getByText('Dồn dập cảnh báo').waitFor();
  const row = page.getByRole('option').filter({ hasText: 'Nghi vượt đèn đỏ' });
  await row.getByText('nhóm 4').waitFor();
  // Nobody has answered those of severity 4 within their second.
  await page.getByRole('option').filter({ hasText: /trễ .* · hạn 1 giây/ }).first().waitFor();
  expect(await row.count()).toBe(1);
  await row.click();
  await shoot(page, 'flood');
  expect(await violations(page)).toEqual([]);
  const detail = page.getByRole('complementary');
  await detail.getByRole('button', { name: 'Đóng cả nhóm (4)' }).click();
  const dialog = page.getByRole('dialog', { name: 'Đóng' });
  await dialog.getByLabel('Sai', { exact: true }).check();
  await dialog.getByLabel('Lý do').fill('đèn đang sửa');
  await dialog.getByRole('button', { name: 'Đóng', exact: true }).click();
  await row.waitFor({ state: 'detached' });
  // Filters are kept beside the groups.
  await page.keyboard.press('/');
  await page.getByRole('searchbox', { name: 'Máy quay, địa bàn, quy tắc' }).fill('trang tien');
  await eventually('one camera is left', async () => {
    const rows = await page.locator('[role=option]').allInnerTexts();
    return (rows.length > 0 && rows.every((text) => text.includes('Tràng Tiền'))) || undefined;
  });
  await page.getByRole('button', { name: 'Bỏ lọc' }).click();
  expect(complaints).toEqual([]);
  await close();
});

test('the shift is handed over by two signatures', async () => {
  const one = await sitDown(site, '/truc-ban');
  await one.page.getByRole('link', { name: 'Bàn giao ca' }).click();
  await one.page.getByRole('heading', { name: 'Bàn giao ca trực' }).waitFor();
  await one.page.getByLabel('Người nhận ca').selectOption(OTHER.name);
  await one.page.getByLabel('Điều người nhận cần biết').fill('Cổng 2 đang sửa, xe ra vào cổng 1.');
  await one.page.getByRole('button', { name: 'Ký bàn giao' }).click();
  await one.page.getByText(`Ca được bàn giao khi ${OTHER.display}`).waitFor();
  expect(await violations(one.page)).toEqual([]);
  await shoot(one.page, 'handover');
  const other = await sitDown(site, '/truc-ban', { as: OTHER });
  await other.page.getByText(`${OFFICER.name} bàn giao ca cho bạn`).waitFor();
  await other.page.getByRole('link', { name: 'Xem và ký nhận' }).click();
  await other.page.getByText('Cổng 2 đang sửa').waitFor();
  await other.page.getByRole('button', { name: 'Ký nhận ca' }).click();
  await other.page.getByText('Đã ký nhận ca.').waitFor();
  await one.page.getByText(new RegExp(`${OTHER.display} nhận ca lúc`)).waitFor();
  expect([...one.complaints, ...other.complaints]).toEqual([]);
  await Promise.all([one.close(), other.close()]);
});
