// The investigator's evening: what for, around an event, over a gate, in a region, kept and exported.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, eventually } from './site';

const site = new Site({ hasPurpose: false });

beforeAll(async () => {
  await site.start();
  const began = Date.now();
  for (const [source, kind, camera] of [
    ['high', 'intrusion', 'yard'], ['middle', 'red_light', 'yard'], ['middle', 'red_light', 'street'], ['low', 'crowd', 'yard'],
  ] as const) await site.tell(source, { kind, camera, ago: 3000 });
  // What is still being written does not leave: a new start closes it, as after a power cut.
  await eventually('the event has its pictures', async () => {
    const { spans } = (await site.ask(`/api/v1/cameras/yard/recordings?start=${encodeURIComponent(new Date(began).toISOString())}&end=${encodeURIComponent(new Date(Date.now() + 60_000).toISOString())}`)) as { spans: { end: string }[] };
    return Date.parse(spans.at(-1)?.end ?? '') > began + 15_000 || undefined;
  });
  await site.kill();
  await site.run();
});
afterAll(() => site.stop());

test('nothing is searched or looked back at before it is said what for', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra');
  const bar = page.getByRole('region', { name: 'Mục đích', exact: true });
  await bar.getByText('Nêu mục đích trước khi tìm kiếm và xem lại').waitFor();
  const find = page.getByRole('button', { name: /^Tìm Enter$/ });
  expect(await find.isDisabled()).toBe(true);
  await shoot(page, 'investigate-purpose');
  expect(await violations(page)).toEqual([]);
  // On the duty page it is asked for where footage is replayed.
  const duty = await sitDown(site, '/truc-ban');
  await duty.page.getByRole('option').first().waitFor();
  await duty.page.keyboard.press('j');
  await duty.page.getByRole('complementary').getByRole('button', { name: /Phát lại/ }).click();
  await duty.page.getByRole('complementary').getByText('Nêu mục đích trước khi tìm kiếm và xem lại').waitFor();
  await shoot(duty.page, 'duty-purpose');
  await duty.close();

  await bar.getByLabel('Số vụ việc').fill('VV-1187/2026');
  await bar.getByLabel('Lý do').fill('Va chạm rồi bỏ chạy');
  await page.keyboard.press('Enter');
  await bar.getByText('VV-1187/2026', { exact: true }).waitFor();
  await find.click();
  await page.getByText('4 kết quả').waitFor();
  const entries = (await site.ask('/api/v1/audit?action=searched&limit=1')) as { entries: { case: string }[] };
  expect(entries.entries[0]?.case).toBe('VV-1187/2026');
  // A second one; then back to the first.
  const open = bar.getByRole('combobox', { name: 'Mục đích đang mở' });
  await open.selectOption({ label: 'Mục đích khác…' });
  await bar.getByLabel('Số vụ việc').fill('VV-1190/2026');
  await bar.getByLabel('Lý do').fill('Mất xe');
  await bar.getByRole('button', { name: 'Bắt đầu', exact: true }).click();
  await bar.getByText('VV-1190/2026', { exact: true }).waitFor();
  await open.selectOption({ label: 'VV-1187/2026 · Va chạm rồi bỏ chạy' });
  await bar.getByText('VV-1187/2026', { exact: true }).waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('the answer says what it covers; an event is searched around; a search is kept', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?kind=red_light');
  const results = page.getByRole('region', { name: 'Kết quả' });
  await results.getByText('2 kết quả').waitFor();
  await results.getByText('Đã hỏi 2 máy quay').waitFor();
  await results.getByRole('button', { name: /Nghi vượt đèn đỏ/ }).first().click();
  await page.getByRole('button', { name: 'Tìm quanh lúc này', exact: true }).click();
  await page.getByText('Quanh sự kiện đã chọn, ± 10 phút').waitFor();
  await page.waitForURL('**around=*');
  await results.getByText('2 kết quả').waitFor();
  await page.getByRole('button', { name: 'Bỏ, tìm theo khoảng thời gian', exact: true }).click();
  const saved = page.getByRole('region', { name: 'Tìm kiếm đã lưu', exact: true });
  await saved.getByRole('button', { name: 'Lưu tìm kiếm này', exact: true }).click();
  await saved.getByLabel('Tên tìm kiếm').fill('Đèn đỏ');
  await saved.getByLabel('Cho mọi người tìm kiếm cùng dùng').check();
  await saved.getByLabel('Tên tìm kiếm').press('Enter');
  await saved.getByText('Đã lưu', { exact: true }).waitFor();
  await shoot(page, 'investigate-saved');
  await page.goto(`${site.pages}/dieu-tra`);
  await saved.getByRole('combobox').selectOption({ label: 'Đèn đỏ' });
  await page.getByRole('button', { name: 'Nghi vượt đèn đỏ', pressed: true, exact: true }).waitFor();
  await page.getByRole('button', { name: /^Tìm Enter$/ }).click();
  await results.getByText('2 kết quả').waitFor();
  expect(await violations(page)).toEqual([]);
  await saved.getByRole('button', { name: 'Xoá tìm kiếm đã lưu này', exact: true }).click();
  await saved.getByText('Chưa lưu tìm kiếm nào').waitFor({ state: 'attached' });
  await saved.getByText('Đã xoá “Đèn đỏ”').waitFor();
  await saved.getByRole('button', { name: 'Hoàn tác', exact: true }).click();
  await saved.getByRole('combobox').selectOption({ label: 'Đèn đỏ' });
  expect(complaints).toEqual([]);
  await close();
});

test('a gate is drawn on the view by keyboard, and asked of', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?cameras=yard');
  await page.getByText('3 kết quả').waitFor();
  await page.getByRole('button', { name: 'Vẽ cổng', exact: true }).click();
  const stage = page.getByRole('button', { name: /Vẽ trên hình của Cầu Chương Dương/ });
  await stage.locator('img').waitFor();
  await stage.focus();
  for (let step = 0; step < 5; step += 1) await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  for (let step = 0; step < 15; step += 1) await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: /Vẽ trên hình của .*, 2 điểm/ }).waitFor();
  await page.getByRole('group', { name: 'Chiều qua cổng' }).getByRole('button', { name: 'Theo mũi tên', exact: true }).click();
  await shoot(page, 'investigate-gate');
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: /^Tìm Enter$/ }).click();
  await page.waitForURL('**gate=0.5%2C0.6%3B0.5%2C0.3*sense=left_to_right*');
  // What the partner system told has no track, and so went over nothing.
  await page.getByText('Không tìm thấy sự kiện nào khớp').waitFor();
  expect(complaints).toEqual([]);
  await close();
});

test('a region of the past is searched with progress, and its findings are played', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?cameras=yard');
  await page.getByText('3 kết quả').waitFor();
  await page.getByRole('group', { name: 'Cách tìm' }).getByRole('button', { name: 'Trong vùng hình', exact: true }).click();
  const form = page.getByRole('form', { name: 'Tìm trong một vùng của hình' });
  expect(await form.getByRole('combobox', { name: 'Máy quay' }).inputValue()).toBe('yard');
  const stage = page.getByRole('button', { name: /Vẽ trên hình của Cầu Chương Dương/ });
  await stage.locator('img').waitFor();
  const box = await stage.boundingBox();
  if (!box) throw new Error('the view is not drawn');
  for (const [x, y] of [[0.05, 0.3], [0.95, 0.3], [0.95, 0.95], [0.05, 0.95]] as const) await page.mouse.click(box.x + box.width * x, box.y + box.height * y);
  await form.getByText('Vùng 4 góc').waitFor();
  await form.getByRole('button', { name: 'Cao', exact: true }).click();
  await form.getByRole('button', { name: 'Tìm trong vùng', exact: true }).click();
  await form.getByText('Đã tìm xong').waitFor();
  const found = page.getByRole('region', { name: 'Kết quả' });
  const first = found.getByRole('button', { name: /Hình thay đổi/ }).first();
  await first.waitFor();
  await first.click();
  await page.getByRole('complementary').locator('video').waitFor();
  await shoot(page, 'investigate-region');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});

test('I and O mark a span on the timeline, and X has it sealed', async () => {
  const { page, complaints, close } = await sitDown(site, '/dieu-tra?kind=intrusion');
  await page.getByRole('region', { name: 'Kết quả' }).getByRole('button', { name: /Nghi xâm nhập/ }).click();
  await page.getByRole('complementary').locator('video').waitFor();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  await page.keyboard.press('i');
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 2);
  const marks = page.getByRole('group', { name: 'Đoạn đánh dấu' });
  await page.keyboard.press('ArrowRight');
  await eventually('the end is marked after the beginning', async () => {
    await page.keyboard.press('o');
    return (await marks.getByRole('button', { name: /Xuất niêm phong/ }).isEnabled()) || undefined;
  });
  await page.keyboard.press('x');
  const dialog = page.getByRole('dialog', { name: 'Tạo đoạn phim có niêm phong', exact: true });
  // The case of the purpose in force stands there already.
  await expect.poll(() => dialog.getByLabel('Số vụ việc', { exact: true }).inputValue()).toBe('VV-1187/2026');
  // The range stands there to the second, and an entry that cannot be read says so and is not sent.
  const begin = dialog.getByLabel('Từ', { exact: true });
  const marked = await begin.inputValue();
  expect(marked).toContain(await marks.locator('b').first().innerText());
  await begin.fill('hôm qua');
  await begin.press('Tab');
  await dialog.getByRole('alert').getByText(/^Không đọc được: viết ngày/).waitFor();
  expect(await begin.getAttribute('aria-invalid')).toBe('true');
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  expect(await dialog.locator('form').count(), 'nothing was ordered').toBe(1);
  await begin.fill(marked);
  await begin.press('Shift+ArrowDown');
  await begin.press('Shift+ArrowUp');
  expect(await begin.inputValue()).toBe(marked);
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  await dialog.locator('[data-state="done"]').waitFor();
  await shoot(page, 'investigate-export');
  expect(await violations(page)).toEqual([]);
  const download = page.waitForEvent('download');
  await dialog.getByRole('link', { name: 'Tải gói', exact: true }).click();
  expect((await download).suggestedFilename()).toMatch(/\.zip$/);
  expect(complaints).toEqual([]);
  await close();
});
