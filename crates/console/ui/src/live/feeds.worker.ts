// Holds the stream of every tab of a browser: one connection, however many tabs there are. Owned by
// the browser; ends with the last tab. Accounts have one each: what one may see is not told to another.
import { Hub, eventSource, type Follower } from './hub';
import type { Asked, Said } from './shared';

const hubs = new Map<string, Hub>();
const followers = new Map<MessagePort, Map<number, { hub: Hub; follower: Follower }>>();
const say = (port: MessagePort, what: Said) => port.postMessage(what);

function leave(port: MessagePort, feed: number) {
  const known = followers.get(port)?.get(feed);
  if (!known) return;
  followers.get(port)?.delete(feed);
  known.hub.leave(known.follower);
  for (const [who, hub] of hubs) if (hub.isEmpty) hubs.delete(who);
}

function hear(port: MessagePort, asked: Asked) {
  const own = followers.get(port) ?? new Map<number, { hub: Hub; follower: Follower }>();
  followers.set(port, own);
  if (asked.do === 'bye') for (const feed of [...own.keys()]) leave(port, feed);
  else if (asked.do === 'leave') leave(port, asked.feed);
  else {
    const { feed, topic, who, known } = asked;
    leave(port, feed);
    const hub = hubs.get(who) ?? new Hub(eventSource);
    hubs.set(who, hub);
    const follower: Follower = { topic, say: (told) => say(port, { ...told, feed }) };
    own.set(feed, { hub, follower });
    hub.join(follower, known);
  }
}

(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports: [port] }) => {
  if (!port) return;
  port.addEventListener('message', ({ data }: MessageEvent<Asked>) => hear(port, data));
  // A tab that is gone without a word.
  port.addEventListener('close', () => {
    hear(port, { do: 'bye' });
    followers.delete(port);
  });
  port.start();
  say(port, { say: 'here' });
};
