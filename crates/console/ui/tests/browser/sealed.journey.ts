// From opening the search page to a sealed clip: what for, where and what, the moment, I and O, X. Its time is told.
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown } from './desk';
import { Site, eventually } from './site';

const site = new Site({ hasPurpose: false });

beforeAll(async () => {
  await site.start();
  await site.tell('high', { kind: 'wrong_way', ago: 3000 });
  await site.tell('low', { kind: 'crowd', camera: 'street', ago: 3000 });
  const told = Date.now();
  await eventually('what follows the event is recorded', async () => {
    const found = (await site.ask('/api/v1/cameras')) as { features: { id: string; properties: { streams: { recorded_until?: string }[] } }[] };
    const until = found.features.find(({ id }) => id === 'yard')?.properties.streams[0]?.recorded_until;
    return Date.parse(until ?? '') > told + 15_000 ? true : undefined;
  });
  // What is still being written does not leave: a new start closes it, as after a power cut.
  await site.kill();
  await site.run();
});
afterAll(() => site.stop());

test('a white van on the bridge, from the page to the sealed package', async () => {
  const began = Date.now();
  const { page, complaints, close } = await sitDown(site, '/dieu-tra');
  const bar = page.getByRole('region', { name: 'Mục đích', exact: true });
  await bar.getByLabel('Số vụ việc').fill('VV-1187/2026');
  await bar.getByLabel('Lý do').fill('Xe tải van trắng gây tai nạn rồi bỏ chạy');
  await page.keyboard.press('Enter');
  await bar.getByText('VV-1187/2026', { exact: true }).waitFor();
  await page.locator('#search-place').waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('cau chuong duong');
  await page.keyboard.press('Enter');
  const results = page.getByRole('region', { name: 'Kết quả' });
  await results.getByText('1 kết quả').waitFor();
  await results.getByRole('button', { name: /Nghi đi ngược chiều/ }).click();
  await page.waitForFunction(() => (document.querySelector('video')?.currentTime ?? 0) > 0);
  await page.keyboard.press('i');
  await page.keyboard.press('ArrowRight');
  const marks = page.getByRole('group', { name: 'Đoạn đánh dấu' });
  await eventually('the end is marked after the beginning', async () => {
    await page.keyboard.press('o');
    return (await marks.getByRole('button', { name: /Xuất niêm phong/ }).isEnabled()) || undefined;
  });
  await page.keyboard.press('x');
  const dialog = page.getByRole('dialog', { name: 'Tạo đoạn phim có niêm phong', exact: true });
  await expect.poll(() => dialog.getByLabel('Số vụ việc', { exact: true }).inputValue()).toBe('VV-1187/2026');
  await dialog.getByRole('button', { name: 'Niêm phong', exact: true }).click();
  await dialog.locator('[data-state="done"]').waitFor();
  console.log(`a sealed clip ${((Date.now() - began) / 1000).toFixed(1)} s after the search page was opened`);
  await shoot(page, 'sealed-from-search');
  const [download] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('link', { name: 'Tải gói', exact: true }).click()]);
  const file = join(site.folder, 'van.zip');
  await download.saveAs(file);
  const key = (await dialog.locator('[data-fact="key"]').textContent()) ?? '';
  expect(site.tool('verify', file, '--key', key).said).toContain('HOLDS');
  expect(complaints).toEqual([]);
  await close();
});
