// Zones and tripwires are drawn on the picture, by hand and by keyboard; a rule over them is tried on
// what went by, and comes out as the configuration reads it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { shoot, sitDown, violations } from './desk';
import { Site, eventually } from './site';

const site = new Site({ isAnalysed: true });

beforeAll(async () => {
  await site.start();
  await eventually('somebody went by', async () => {
    const [start, end] = [new Date(Date.now() - 600_000), new Date()].map((time) => encodeURIComponent(time.toISOString()));
    const { tracks } = (await site.ask(`/api/v1/tracks?start=${start}&end=${end}&limit=5`)) as { tracks: unknown[] };
    return tracks.length > 0 || undefined;
  });
});
afterAll(() => site.stop());

test('a zone is drawn by mouse, a rule over it is tried on the past, and written', async () => {
  const { page, complaints, close } = await sitDown(site, '/he-thong/vung');
  await page.getByText('Chọn một máy quay để vẽ.').waitFor();
  await page.getByRole('combobox', { name: 'Máy quay' }).selectOption('yard');
  const drawing = page.getByRole('application', { name: 'Khung vẽ trên hình máy quay' });
  await page.locator('.picture img').waitFor();
  await page.getByRole('button', { name: 'Vẽ vùng' }).click();
  const box = await drawing.boundingBox();
  if (!box) throw new Error('the drawing is not there');
  for (const [x, y] of [[.03, .03], [.97, .03], [.97, .97], [.03, .97]] as const) await page.mouse.click(box.x + x * box.width, box.y + y * box.height);
  await page.keyboard.press('Enter');
  await page.getByRole('textbox', { name: 'Tên: vung-1' }).waitFor();
  await page.getByLabel('Ít nhất (giây)').fill('0');
  await page.getByRole('button', { name: 'Thử trên quá khứ' }).click();
  await page.getByText(/sự kiện trong .* vết/).waitFor();
  await page.locator('.found button').first().click();
  await page.locator('rect.looked').waitFor();
  await shoot(page, 'scene');
  expect(await violations(page)).toEqual([]);
  // What it says is what the program reads.
  const written = await page.locator('pre').innerText();
  expect(written).toContain('[[camera.scene.zones]]');
  expect(written).toContain('kind = "intrusion"');
  const [before, after] = site.config().split('[[camera]]\nid = "street"');
  expect(site.check(`${before}\n${written}\n[[camera]]\nid = "street"${after}`)).toBe('');
  expect(complaints).toEqual([]);
  await close();
});

test('a tripwire is drawn and moved by keyboard alone, and a mask beside it', async () => {
  const { page, complaints, close } = await sitDown(site, '/he-thong/vung?camera=yard');
  const drawing = page.getByRole('application', { name: 'Khung vẽ trên hình máy quay' });
  await page.getByRole('button', { name: 'Vẽ vạch' }).focus();
  await page.keyboard.press('Enter');
  await eventually('the drawing has the keyboard', async () => (await drawing.evaluate((element) => element === document.activeElement)) || undefined);
  for (const key of ['Shift+ArrowLeft', 'Shift+ArrowLeft', ' ', 'Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+ArrowDown', ' ']) await page.keyboard.press(key);
  const corner = page.getByRole('button', { name: /^vach-1, góc 2/ });
  await corner.focus();
  await page.keyboard.press('Shift+ArrowDown');
  await page.getByRole('button', { name: /^vach-1, góc 2: .*, 70% từ trên/ }).waitFor();
  await page.getByRole('combobox', { name: 'Loại quy tắc' }).selectOption('line_crossing');
  await page.getByRole('combobox', { name: 'Vạch', exact: true }).waitFor();
  await page.getByRole('button', { name: 'Vẽ mặt nạ' }).click();
  for (const key of [' ', 'Shift+ArrowRight', ' ', 'Shift+ArrowUp', ' ', 'Enter']) await page.keyboard.press(key);
  const written = await page.locator('pre').innerText();
  expect(written).toContain('tripwire = "vach-1"');
  expect(written).toMatch(/^masks = \[/);
  const [before, after] = site.config().split('[[camera]]\nid = "street"');
  expect(site.check(`${before}\n${written}\n[[camera]]\nid = "street"${after}`)).toBe('');
  await shoot(page, 'scene-keyboard');
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
  await close();
});
