'use strict';

const words = {
  vi: {
    language: 'English', metrics: 'Số liệu', cameras: 'Máy quay', events: 'Sự kiện', close: 'Đóng',
    no_cameras: 'Chưa có máy quay nào trong cấu hình.', no_events: 'Chưa có sự kiện nào.',
    honest: 'Do máy phân tích phát hiện, chưa ai xác minh. Giờ Việt Nam, theo đồng hồ của máy quay.',
    more: 'Xem sự kiện cũ hơn', save: 'Tải đoạn ghi hình (MP4 gốc)', play: 'Xem đoạn ghi hình',
    show_plain: 'Xem hình gốc', show_drawn: 'Xem hình có vẽ vạch', before: 'trước', at: 'lúc đó', after: 'sau', no_still: 'không có hình', waiting: 'đang chờ hình…',
    cannot_play: 'Trình duyệt không phát được đoạn này (có thể là H.265). Hãy tải về và mở bằng VLC.',
    link_on: 'Đang nhận sự kiện', link_off: 'Mất kết nối – danh sách có thể cũ', link_wait: 'Đang kết nối…',
    ok: 'Hoạt động tốt', degraded: 'Hoạt động một phần', failing: 'Không hoạt động',
    unreachable: 'Không liên lạc được với máy chủ',
    sign_in: 'Đăng nhập', sign_out: 'Đăng xuất', name: 'Tên tài khoản', password: 'Mật khẩu',
    wrong_login: 'Sai tên tài khoản hoặc mật khẩu.', wait: 'Sai quá nhiều lần. Thử lại sau',
    seconds: 'giây', only_new: 'Chỉ hiện sự kiện mới: tài khoản này không có quyền tìm kiếm.',
    now: 'Lúc này', lately: '24 giờ qua', seen: 'có hình', recording: 'đang ghi',
    was_recorded: 'đã ghi', analysed: 'phân tích', unknown: 'chưa rõ',
    recorded: 'ghi đến', nothing_recorded: 'chưa ghi hình', up_of: 'đang lên hình',
    sure: 'độ tin cậy', severity: ['', 'KHẨN CẤP', 'CAO', 'TRUNG BÌNH', 'THÔNG TIN'],
    state: {
      up: 'có hình', connecting: 'đang kết nối', no_picture: 'không có hình', down: 'mất kết nối',
      misconfigured: 'sai cấu hình', stopped: 'đã dừng',
    },
    kind: {
      line_crossing: 'Nghi vượt vạch', intrusion: 'Nghi xâm nhập', loitering: 'Nghi lảng vảng',
      count: 'Đếm qua vạch', wrong_way: 'Nghi đi ngược chiều', red_light: 'Nghi vượt đèn đỏ',
      stop_line: 'Nghi dừng quá vạch', illegal_stop: 'Nghi dừng đỗ trái phép',
      forbidden_class: 'Nghi đi vào đường cấm', illegal_turn: 'Nghi rẽ sai quy định',
      box_blocking: 'Nghi chắn giao lộ', speeding: 'Dấu hiệu quá tốc độ', crowd: 'Tụ tập đông người',
      congestion: 'Ùn tắc',
    },
    class: {
      person: 'người', bicycle: 'xe đạp', motorcycle: 'xe máy', car: 'ô tô', bus: 'xe buýt',
      truck: 'xe tải', train: 'tàu', boat: 'thuyền', animal: 'động vật', bag: 'túi',
    },
    version: 'phiên bản luật', model: 'mô hình', clock_error: 'sai lệch đồng hồ', since: 'từ',
    signal: { red: 'đèn đỏ', amber: 'đèn vàng', green: 'đèn xanh', unknown: 'đèn không rõ' },
    crossing: { left_to_right: 'trái sang phải', right_to_left: 'phải sang trái' },
  },
  en: {
    language: 'Tiếng Việt', metrics: 'Metrics', cameras: 'Cameras', events: 'Events', close: 'Close',
    no_cameras: 'No camera is configured.', no_events: 'No events yet.',
    honest: 'Found by machine analysis, verified by no one. Vietnam time, by the camera’s clock.',
    more: 'Show earlier events', save: 'Save the footage (original MP4)', play: 'Play the footage',
    show_plain: 'Show the plain pictures', show_drawn: 'Show the drawn pictures', before: 'before', at: 'then', after: 'after', no_still: 'no picture', waiting: 'picture to come…',
    cannot_play: 'The browser cannot play this clip (H.265, perhaps). Save it and open it with VLC.',
    link_on: 'Receiving events', link_off: 'Connection lost – the list may be old', link_wait: 'Connecting…',
    ok: 'All is well', degraded: 'Partly working', failing: 'Not working',
    unreachable: 'The server cannot be reached',
    sign_in: 'Sign in', sign_out: 'Sign out', name: 'Account', password: 'Password',
    wrong_login: 'The account or the password is wrong.', wait: 'Too many tries. Try again in',
    seconds: 'seconds', only_new: 'New events only: this account may not search.',
    now: 'Now', lately: 'last 24 hours', seen: 'seen', recording: 'recording',
    was_recorded: 'recorded', analysed: 'analysed', unknown: 'not known',
    recorded: 'recorded until', nothing_recorded: 'nothing recorded', up_of: 'up',
    sure: 'confidence', severity: ['', 'URGENT', 'HIGH', 'MEDIUM', 'NOTICE'],
    state: {
      up: 'up', connecting: 'connecting', no_picture: 'no picture', down: 'down',
      misconfigured: 'misconfigured', stopped: 'stopped',
    },
    kind: {
      line_crossing: 'Suspected line crossing', intrusion: 'Suspected intrusion',
      loitering: 'Suspected loitering', count: 'Count over the line',
      wrong_way: 'Suspected wrong way', red_light: 'Suspected red light crossing',
      stop_line: 'Suspected stop beyond the line', illegal_stop: 'Suspected illegal stop',
      forbidden_class: 'Suspected forbidden vehicle or person', illegal_turn: 'Suspected illegal turn',
      box_blocking: 'Suspected blocking of the junction', speeding: 'Sign of speeding', crowd: 'Crowd',
      congestion: 'Congestion',
    },
    class: {
      person: 'person', bicycle: 'bicycle', motorcycle: 'motorcycle', car: 'car', bus: 'bus',
      truck: 'truck', train: 'train', boat: 'boat', animal: 'animal', bag: 'bag',
    },
    version: 'rule version', model: 'model', clock_error: 'clock error', since: 'since',
    signal: { red: 'red', amber: 'amber', green: 'green', unknown: 'signal unknown' },
    crossing: { left_to_right: 'left to right', right_to_left: 'right to left' },
  },
};

const api = '/api/v1';
const mostRows = 300;
const cameraEvery = 5000;
const stillRetries = [1000, 1000, 2000, 4000, 8000, 16000];
const at = (id) => document.getElementById(id);
const names = new Map();
const rows = new Map();
let language = localStorage.getItem('language') === 'en' ? 'en' : 'vi';
let said = words[language];
let linkState = 'link_wait';
let source = null;
let older = null;
let features = [];
let me = null;

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

function shown(time, withDate) {
  const date = withDate ? { day: '2-digit', month: '2-digit', year: 'numeric' } : {};
  return new Date(time).toLocaleString(language === 'vi' ? 'vi-VN' : 'en-GB', {
    timeZone: 'Asia/Ho_Chi_Minh', hour: '2-digit', minute: '2-digit', second: '2-digit', ...date,
  });
}

async function ask(path) {
  const answer = await fetch(api + path, { headers: { accept: 'application/json' } });
  if (answer.status === 401) askToSignIn();
  const body = await answer.json();
  if (!answer.ok && !path.startsWith('/health')) throw new Error(body.detail);
  return body;
}

function may(permission) {
  return Boolean(me && me.can[permission]);
}

function askToSignIn() {
  me = null;
  source?.close();
  showWho();
  const dialog = at('sign-in');
  if (!dialog.open) dialog.showModal();
}

function showWho() {
  at('who').textContent = me ? me.display_name : '';
  at('sign-out').hidden = !me;
}

async function signIn(event) {
  event.preventDefault();
  const problem = at('sign-in-problem');
  const credentials = { name: at('sign-in-name').value, password: at('sign-in-password').value };
  let answer;
  try {
    answer = await fetch(`${api}/session`, {
      method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(credentials),
    });
  } catch {
    answer = null;
  }
  at('sign-in-password').value = '';
  problem.hidden = Boolean(answer?.ok);
  if (!answer) {
    problem.textContent = said.unreachable;
  } else if (answer.status === 429) {
    problem.textContent = `${said.wait} ${answer.headers.get('retry-after')} ${said.seconds}.`;
  } else if (!answer.ok) {
    problem.textContent = said.wrong_login;
  } else {
    at('sign-in').close();
    start();
  }
}

async function signOut() {
  await fetch(`${api}/session`, { method: 'DELETE' }).catch(() => {});
  location.reload();
}

async function refreshHealth() {
  const chip = at('health');
  const bar = at('reasons');
  let health;
  try {
    health = await ask('/health');
  } catch {
    health = { status: 'failing', reasons: [said.unreachable] };
  }
  const status = health.status || 'failing';
  chip.className = `chip ${status}`;
  chip.textContent = said[status];
  const reasons = health.reasons || [health.detail];
  const text = reasons.join(' · ');
  if (bar.textContent !== text) bar.textContent = text;
  bar.hidden = reasons.length === 0;
}

async function refreshCameras() {
  if (!me) return;
  try {
    features = (await ask('/cameras')).features;
  } catch {
    return;
  }
  drawCameras();
}

async function refreshCoverage() {
  if (!may('follow') && !may('search') && !may('monitor')) return;
  const end = Date.now();
  const range = [end - 24 * 3600 * 1000, end].map((time) => new Date(time).toISOString());
  let told;
  try {
    told = await ask(`/coverage?gaps=0&start=${range[0]}&end=${range[1]}`);
  } catch {
    return;
  }
  const now = told.now;
  const of = (count) => `${count}/${now.configured}`;
  // Rounded down: what is not whole must not look whole.
  const share = (aspect) => (aspect.share === null ? said.unknown
    : `${(Math.floor(aspect.share * 1000) / 10).toLocaleString(language)} %`);
  const { seen, recorded, analysed } = told.total;
  const current = now ? `${said.now}: ${of(now.connected)} ${said.seen} · ${of(now.recording)} ${said.recording}`
    + ` · ${of(now.analysed)} ${said.analysed}. ` : '';
  at('coverage').textContent = `${current}${said.lately}: ${share(seen)} ${said.seen} · `
    + `${share(recorded)} ${said.was_recorded} · ${share(analysed)} ${said.analysed}.`;
}

function drawCameras() {
  const up = features.filter((camera) => camera.properties.state === 'up').length;
  at('cameras-count').textContent = `${up}/${features.length} ${said.up_of}`;
  at('cameras-none').hidden = features.length > 0;
  const list = at('cameras');
  const cards = new Map([...list.children].map((card) => [card.dataset.id, card]));
  for (const camera of features) {
    names.set(camera.id, camera.properties.name);
    const card = cards.get(camera.id) || cameraCard(camera.id);
    cards.delete(camera.id);
    fillCamera(card, camera);
    if (!card.parentNode) list.append(card);
  }
  for (const gone of cards.values()) gone.remove();
}

function cameraCard(id) {
  const card = element('li', 'camera');
  card.dataset.id = id;
  const words = element('div');
  const picture = element('img');
  picture.alt = '';
  picture.hidden = true;
  picture.addEventListener('error', () => { picture.hidden = true; });
  picture.addEventListener('load', () => { picture.hidden = false; });
  words.append(element('h3'), element('p', 'state'), element('p', 'small'), element('p', 'small'));
  card.append(picture, words);
  return card;
}

function fillCamera(card, camera) {
  const { name, place, state, streams } = camera.properties;
  const main = streams[0] || {};
  const [title, condition, where, figures] = card.lastChild.children;
  title.textContent = name;
  condition.className = `state ${state}`;
  condition.textContent = main.detail ? `${said.state[state]} – ${main.detail}` : said.state[state];
  where.textContent = place.join(', ');
  const until = main.recorded_until;
  const size = main.width ? `${main.width}×${main.height} ${main.codec} · ` : '';
  const rate = main.pictures_per_second ? `${main.pictures_per_second.toFixed(1)}/s · ` : '';
  const recorded = until ? `${said.recorded} ${shown(until)}` : said.nothing_recorded;
  figures.textContent = size + rate + recorded;
  const picture = card.firstChild;
  picture.alt = name;
  const isShown = may('live') || may('play');
  if (isShown && until && card.dataset.until !== until && isOnScreen(card)) {
    card.dataset.until = until;
    picture.src = `${api}/cameras/${camera.id}/frame.jpg?width=480&time=${justBefore(until)}`;
  }
}

function justBefore(time) {
  return new Date(Date.parse(time) - 20).toISOString();
}

function isOnScreen(card) {
  if (!card.parentNode) return true;
  const box = card.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight && document.visibilityState === 'visible';
}

function eventRow(event, isNew) {
  const row = element('li', `event s${event.severity}`);
  const text = element('div', 'words');
  const play = element('button', '', said.play);
  play.type = 'button';
  play.hidden = !may('play');
  play.addEventListener('click', () => openPlayer(event));
  text.append(
    element('p', 'severity', `${event.severity} · ${said.severity[event.severity]}`),
    element('h3', '', headline(event)),
    element('p', '', names.get(event.camera) || event.camera),
    element('p', 'small', shown(event.time, true)),
    element('p', 'small', details(event)),
    element('p', 'small', evidence(event)),
  );
  const stills = element('div', 'stills');
  const choice = element('button', '', said.show_plain);
  choice.type = 'button';
  let view = 'drawn';
  choice.addEventListener('click', () => {
    view = view === 'drawn' ? 'plain' : 'drawn';
    choice.textContent = view === 'drawn' ? said.show_plain : said.show_drawn;
    showStills(stills, event, view, []);
  });
  const choices = element('div', 'choices');
  choices.append(play, choice);
  text.append(choices);
  showStills(stills, event, view, isNew ? stillRetries : []);
  row.append(text, stills);
  return row;
}

// A picture opens whole in a window of its own.
function showStills(stills, event, view, retries) {
  stills.replaceChildren();
  for (const which of ['before', 'at', 'after']) {
    const still = event.stills[which];
    const address = new URL(view === 'drawn' ? still.drawn : still.href, location.href);
    const figure = element('figure');
    const whole = element('a');
    whole.href = address.pathname + address.search;
    whole.target = '_blank';
    address.searchParams.set('width', '320');
    const picture = element('div', 'absent', said.waiting);
    whole.append(picture);
    figure.append(whole, element('figcaption', '', said[which]));
    stills.append(figure);
    loadStill(picture, address.pathname + address.search, `${headline(event)}, ${said[which]}`, retries);
  }
}

function headline(event) {
  const parts = [said.kind[event.kind] || event.kind];
  if (event.kind === 'count') parts.push(String(event.count));
  if (event.class) parts.push(said.class[event.class] || event.class);
  if (event.crossing) parts.push(said.crossing[event.crossing]);
  return parts.join(' · ');
}

function details(event) {
  return `${event.rule} · ${said.sure} ${Math.round(event.confidence * 100)} %${event.sequence === null ? '' : ` · #${event.sequence}`}`;
}

function evidence(event) {
  const parts = [`${said.version} ${event.rule_version}`];
  if (event.source.model) parts.push(`${said.model} ${event.source.model.slice(0, 8)}`);
  parts.push(`${said.clock_error} ${event.clock_error_ms} ms`);
  for (const change of event.signal) parts.push(`${said.signal[change.state]} ${said.since} ${shown(change.time)}`);
  return parts.join(' · ');
}

// The one after has its own moment, and a camera its own delay: it is asked for again.
function loadStill(placeholder, href, alt, [wait, ...waits]) {
  const picture = new Image();
  picture.loading = 'lazy';
  picture.alt = alt;
  picture.addEventListener('error', () => {
    const absent = element('div', 'absent', wait ? said.waiting : said.no_still);
    picture.replaceWith(absent);
    if (wait) setTimeout(() => loadStill(absent, href, alt, waits), wait);
  });
  picture.src = href;
  placeholder.replaceWith(picture);
}

function show(event, place) {
  if (rows.has(event.id)) return;
  const list = at('events');
  const row = eventRow(event, place === 'above');
  rows.set(event.id, { event, row });
  if (place === 'above') {
    keepPlace(list.parentNode, () => list.prepend(row));
  } else {
    list.append(row);
  }
  while (place === 'above' && list.children.length > mostRows) {
    const oldest = list.lastChild;
    for (const [id, kept] of rows) if (kept.row === oldest) rows.delete(id);
    oldest.remove();
    older = null;
    at('more').hidden = true;
  }
  countEvents();
}

// What one is reading does not move when something new arrives above it.
function keepPlace(scroller, change) {
  const before = scroller.scrollHeight;
  change();
  if (scroller.scrollTop > 40) scroller.scrollTop += scroller.scrollHeight - before;
}

function countEvents() {
  at('events-count').textContent = rows.size ? String(rows.size) : '';
  at('events-none').hidden = rows.size > 0;
}

async function start() {
  try {
    me = await ask('/me');
  } catch {
    if (!at('sign-in').open) setTimeout(start, 3000);
    return;
  }
  showWho();
  await refreshCameras();
  speak(language);
  begin();
}

async function begin() {
  source?.close();
  if (!me) return;
  setLink('link_wait');
  at('only-new').hidden = may('search');
  if (!may('search')) {
    rows.clear();
    at('events').replaceChildren();
    if (may('follow')) follow();
    return;
  }
  let page;
  try {
    page = await ask('/events?limit=30');
  } catch {
    setLink('link_off');
    setTimeout(begin, 3000);
    return;
  }
  rows.clear();
  at('events').replaceChildren();
  // Before the pictures, which would take every connection that the browser allows.
  if (may('follow')) follow(page.as_of);
  for (const event of page.events) show(event, 'below');
  older = page.next;
  at('more').hidden = !older;
  countEvents();
}

function follow(after) {
  source = new EventSource(`${api}/events/stream${after === undefined ? '' : `?after=${encodeURIComponent(after)}`}`);
  source.addEventListener('open', () => setLink('link_on'));
  source.addEventListener('error', () => {
    setLink('link_off');
    if (source.readyState === EventSource.CLOSED) setTimeout(begin, 3000);
  });
  source.addEventListener('event', (message) => show(JSON.parse(message.data), 'above'));
  source.addEventListener('reset', begin);
}

async function showOlder() {
  if (!older) return;
  const page = await ask(`/events?limit=30&cursor=${encodeURIComponent(older)}`);
  for (const event of page.events) show(event, 'below');
  older = page.next;
  at('more').hidden = !older;
}

function setLink(state) {
  linkState = state;
  const chip = at('link');
  chip.className = `chip ${{ link_on: 'ok', link_off: 'failing', link_wait: '' }[state]}`;
  chip.textContent = said[state];
}

function openPlayer(event) {
  at('player-title').textContent =
    `${headline(event)} · ${names.get(event.camera) || event.camera} · ${shown(event.time, true)}`;
  at('player-problem').hidden = true;
  at('player-save').href = event.footage;
  const video = at('video');
  video.src = event.footage;
  at('player').showModal();
  video.play().catch(() => {});
}

async function sayWhyNot() {
  const video = at('video');
  if (!video.getAttribute('src')) return;
  const problem = at('player-problem');
  let text = said.cannot_play;
  try {
    const answer = await fetch(video.getAttribute('src'), { headers: { range: 'bytes=0-0' } });
    if (!answer.ok) text = (await answer.json()).detail;
  } catch {
    text = said.unreachable;
  }
  problem.textContent = text;
  problem.hidden = false;
}

function closePlayer() {
  const video = at('video');
  video.removeAttribute('src');
  video.load();
}

function speak(next) {
  language = next;
  said = words[language];
  localStorage.setItem('language', language);
  document.documentElement.lang = language;
  for (const marked of document.querySelectorAll('[data-text]')) {
    marked.textContent = said[marked.dataset.text];
  }
  at('language').textContent = said.language;
  at('language').lang = language === 'vi' ? 'en' : 'vi';
  setLink(linkState);
  drawCameras();
  for (const kept of rows.values()) {
    const row = eventRow(kept.event, false);
    kept.row.replaceWith(row);
    kept.row = row;
  }
  refreshHealth();
  refreshCoverage();
}

at('language').addEventListener('click', () => speak(language === 'vi' ? 'en' : 'vi'));
at('more').addEventListener('click', showOlder);
at('player-close').addEventListener('click', () => at('player').close());
at('player').addEventListener('close', closePlayer);
at('video').addEventListener('error', sayWhyNot);
at('sign-in-form').addEventListener('submit', signIn);
at('sign-in').addEventListener('cancel', (event) => event.preventDefault());
at('sign-out').addEventListener('click', signOut);
setInterval(() => { at('clock').textContent = shown(Date.now(), true); }, 1000);
setInterval(refreshCameras, cameraEvery);
setInterval(refreshHealth, cameraEvery);
setInterval(refreshCoverage, cameraEvery);
speak(language);
start();
