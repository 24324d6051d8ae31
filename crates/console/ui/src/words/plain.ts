// Words as people type them in a hurry: without marks, in small letters.

/** "Cầu Chương Dương" becomes "cau chuong duong". */
export function plain(text: string): string {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').replaceAll(/[đĐ]/g, 'd').toLowerCase().trim();
}
