// What setting one's own password says, in both languages.
import { speech } from '../words/words.svelte';

const number = (value: number, language: string) => value.toLocaleString(language);

export const vi = {
  change: 'Đổi mật khẩu',
  title: 'Đổi mật khẩu của bạn',
  first: (name: string) => `${name}, hãy đặt mật khẩu của riêng bạn`,
  why: 'Mật khẩu này do người khác đặt và người đó biết. Đặt mật khẩu mới rồi mới bắt đầu làm việc được.',
  present: 'Mật khẩu hiện tại',
  new: 'Mật khẩu mới',
  again: 'Nhập lại mật khẩu mới',
  hint: 'Từ 12 đến 256 ký tự. Vài từ ghép lại dễ nhớ và khó đoán hơn một từ có ký hiệu.',
  others: 'Những nơi khác đang đăng nhập bằng tài khoản này sẽ bị thoát ngay.',
  differ: 'Hai lần nhập mật khẩu mới không giống nhau',
  wrong: 'Mật khẩu hiện tại không đúng',
  too_many: (seconds: number) => `Thử quá nhiều lần, đợi ${number(seconds, 'vi-VN')} giây rồi thử lại`,
  set: 'Đặt mật khẩu mới',
  setting: 'Đang đổi…',
  done: 'Đã đổi mật khẩu. Các phiên khác đã kết thúc.',
  cancel: 'Thôi',
  close: 'Đóng',
};

export const en: typeof vi = {
  change: 'Change password',
  title: 'Change your password',
  first: (name: string) => `${name}, set a password of your own`,
  why: 'Somebody else chose this password, and knows it. Set another before you begin to work.',
  present: 'Present password',
  new: 'New password',
  again: 'New password once more',
  hint: '12 to 256 characters. Several words are easier to remember, and harder to guess, than one with signs.',
  others: 'Wherever else this account is signed in, it is signed out at once.',
  differ: 'The new password was not typed the same twice',
  wrong: 'The present password is another',
  too_many: (seconds: number) => `Too many attempts: wait ${number(seconds, 'en-GB')} seconds and try again`,
  set: 'Set the new password',
  setting: 'Changing…',
  done: 'The password is changed. Other sessions have ended.',
  cancel: 'Cancel',
  close: 'Close',
};

/** Returns the words of the language spoken now. */
export const tell = (): typeof vi => (speech.language === 'vi' ? vi : en);
