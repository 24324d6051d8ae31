// What the service refuses with, in the languages of the console: by the type of the problem, of which
// `crates/api/src/problem.rs` is the list (a test compares them). What a problem says of its own request is
// in English, and is told beneath.
import { say, speech } from '../words/words.svelte';
import type { Refused } from './client';

const PREFIX = 'urn:watchpost:problem:';

export const vi = {
  'account-exists': 'Tên tài khoản này đã có',
  busy: 'Máy chủ đang bận: thử lại sau vài giây',
  'case-exists': 'Số vụ việc này đã có',
  export: 'Gói xuất này không quyết định như vậy được',
  'foreign-origin': 'Yêu cầu đến từ một trang khác nên không được nhận',
  hold: 'Lưu giữ này không đổi như vậy được',
  internal: 'Máy chủ gặp lỗi: báo người quản trị',
  'invalid-parameters': 'Có chỗ điền chưa đúng',
  masked: 'Có vùng che riêng tư hoặc làm mờ người',
  'method-not-allowed': 'Địa chỉ này không nhận cách gọi đó',
  'no-footage': 'Không có bản ghi nào để xem',
  'no-object': 'Hình này không có đối tượng của sự kiện',
  'no-purpose': 'Chưa nêu mục đích, hoặc mục đích đã hết hạn',
  'no-sources': 'Chưa cấu hình hệ thống đối tác nào',
  'no-such-account': 'Không có tài khoản này',
  'no-such-alert': 'Không có cảnh báo này',
  'no-such-camera': 'Không có máy quay này',
  'no-such-case': 'Không có vụ việc này',
  'no-such-event': 'Không có sự kiện này',
  'no-such-export': 'Không có gói xuất này',
  'no-such-handover': 'Không có lần bàn giao này',
  'no-such-hold': 'Không có lưu giữ này, hoặc đã hết hiệu lực',
  'no-such-incident': 'Không có sự vụ này',
  'no-such-page': 'Không có mục này',
  'no-such-region-search': 'Không còn lượt tìm trong vùng này',
  'no-such-saved-search': 'Không có tìm kiếm đã lưu này',
  'no-such-segment': 'Không có tệp ghi hình này',
  'no-such-stream': 'Máy quay không có luồng này',
  'no-such-target': 'Không có nơi nhận thông báo này',
  'no-such-token': 'Mã xác thực không đúng',
  'no-such-unmasking': 'Không có lượt xem không che này',
  'not-first': 'Người khác đã làm trước',
  'not-json': 'Máy chủ không đọc được yêu cầu',
  'not-now': 'Lúc này chưa làm được việc đó với cảnh báo',
  'not-of-this-source': 'Hệ thống đối tác này không được báo điều đó',
  'not-permitted': 'Tài khoản này không được làm việc đó',
  'not-recorded': 'Không có bản ghi lúc đó',
  'not-signed-in': 'Chưa đăng nhập',
  'not-so-changed': 'Tài khoản không đổi như vậy được',
  'not-stored': 'Máy chủ chưa lưu được: thử lại',
  'not-taken': 'Máy chủ chưa nhận được: thử lại',
  'not-upgraded': 'Địa chỉ này chỉ nhận WebSocket',
  'not-yet': 'Chưa có hình: đợi vài giây',
  'not-your-handover': 'Lần bàn giao này không phải do bạn ký',
  'other-request': 'Yêu cầu trùng mã với một yêu cầu khác',
  'password-given': 'Hãy đặt mật khẩu của riêng bạn trước',
  'range-not-satisfiable': 'Phần yêu cầu nằm ngoài tệp',
  'second-person-needed': 'Cần người thứ hai đồng ý trước',
  stopping: 'Máy chủ đang dừng: thử lại sau',
  'timed-out': 'Máy chủ xử lý quá lâu nên đã dừng: thu hẹp yêu cầu rồi thử lại',
  'too-grave': 'Cảnh báo mức này phải xử lý từng cái một',
  'too-large': 'Yêu cầu quá lớn',
  'too-long': 'Đoạn yêu cầu quá dài: chọn đoạn ngắn hơn',
  'too-many': 'Gửi quá nhiều: đợi một lát',
  'too-many-logins': 'Đăng nhập sai quá nhiều lần: đợi một lát',
  unfinished: 'Chưa rõ yêu cầu trước đã xong chưa: xem lại rồi làm tiếp',
  'unknown-host': 'Máy chủ không mang tên này',
  unmasking: 'Lượt xem không che này không quyết định như vậy được',
  'unsupported-media-type': 'Máy chủ không nhận loại nội dung này',
  'wrong-login': 'Tên hoặc mật khẩu không đúng',
  'wrong-password': 'Mật khẩu hiện tại không đúng',
  /** Any that is not known yet. */
  other: 'Máy chủ không làm được việc đó',
};

export type ProblemWords = typeof vi;

export const en: ProblemWords = {
  'account-exists': 'There is an account of this name already',
  busy: 'The service is busy: try again in a few seconds',
  'case-exists': 'There is a case of this number already',
  export: 'The package cannot be decided like that',
  'foreign-origin': 'Asked by a page from elsewhere, and not taken',
  hold: 'The hold cannot be changed like that',
  internal: 'The service failed: tell the administrator',
  'invalid-parameters': 'Something is not filled in as it should be',
  masked: 'Privacy masks lie over it, or persons are softened',
  'method-not-allowed': 'This address is not called like that',
  'no-footage': 'There is no footage to look at',
  'no-object': 'The object of the event is not in this picture',
  'no-purpose': 'No purpose is stated, or it is no longer good',
  'no-sources': 'No partner system is configured',
  'no-such-account': 'There is no such account',
  'no-such-alert': 'There is no such alert',
  'no-such-camera': 'There is no such camera',
  'no-such-case': 'There is no such case',
  'no-such-event': 'There is no such event',
  'no-such-export': 'There is no such package',
  'no-such-handover': 'There is no such hand-over',
  'no-such-hold': 'There is no such hold in force',
  'no-such-incident': 'There is no such incident',
  'no-such-page': 'There is nothing of this name',
  'no-such-region-search': 'This region search is no longer there',
  'no-such-saved-search': 'There is no such saved search',
  'no-such-segment': 'There is no such recorded file',
  'no-such-stream': 'The camera has no such stream',
  'no-such-target': 'There is no such target of notifications',
  'no-such-token': 'The token is wrong',
  'no-such-unmasking': 'There is no such look without masks',
  'not-first': 'Somebody was first',
  'not-json': 'The service cannot read the request',
  'not-now': 'That cannot be done about the alert now',
  'not-of-this-source': 'This partner system may not tell of that',
  'not-permitted': 'This account may not do that',
  'not-recorded': 'Nothing is recorded of then',
  'not-signed-in': 'Nobody is signed in',
  'not-so-changed': 'The account cannot be changed like that',
  'not-stored': 'It could not be stored: try again',
  'not-taken': 'It could not be taken: try again',
  'not-upgraded': 'This address is a WebSocket',
  'not-yet': 'There is no picture yet: wait a few seconds',
  'not-your-handover': 'This hand-over is not yours to sign',
  'other-request': 'The key belongs to another request',
  'password-given': 'Set a password of your own first',
  'range-not-satisfiable': 'The part asked for lies beyond the file',
  'second-person-needed': 'A second person must agree first',
  stopping: 'The service is stopping: try again later',
  'timed-out': 'It took too long and was given up: ask for less',
  'too-grave': 'Alerts of this severity are dealt with one by one',
  'too-large': 'The request is too large',
  'too-long': 'The span is too long: choose a shorter one',
  'too-many': 'Too much at once: wait a moment',
  'too-many-logins': 'Too many log-ins failed: wait a moment',
  unfinished: 'Whether the request was done is not known: look, and go on from there',
  'unknown-host': 'The service is not called that',
  unmasking: 'This look without masks cannot be decided so',
  'unsupported-media-type': 'The service takes no content of this kind',
  'wrong-login': 'Name or password is wrong',
  'wrong-password': 'The present password is another',
  other: 'The service could not do that',
};

/** Why the service would not, in the language spoken; and what it says itself, in English. */
export interface Told {
  word: string;
  detail: string | undefined;
}

export function tellRefusal(error: Refused): Told {
  if (error.status === 0) return { word: say().shell.unreachable, detail: undefined };
  const words: Record<string, string> = speech.language === 'vi' ? vi : en;
  const word = words[error.problem.type?.replace(PREFIX, '') ?? ''] ?? words['other'] ?? '';
  const params = error.problem['invalid-params']?.map(({ name, reason }) => `${name}: ${reason}`).join(' · ');
  return { word, detail: params || error.message };
}
