// A camera's section of the configuration (TOML 1.0). Passwords go into files of their own, never here.

export interface NewCamera {
  id: string;
  name: string;
  url: string;
  username: string;
  isUdp: boolean;
  lat: number | null;
  lon: number | null;
  places: string[];
}

const text = (value: string) => JSON.stringify(value);

export function cameraToml({ id, name, url, username, isUdp, lat, lon, places }: NewCamera): string {
  return [
    '[[camera]]',
    `id = ${text(id)}`,
    `name = ${text(name)}`,
    ...(lat !== null && lon !== null ? [`location = { lat = ${lat}, lon = ${lon} }`] : []),
    ...(places.length > 0 ? [`places = [${places.map(text).join(', ')}]`] : []),
    ...(username.trim() ? [`username = ${text(username.trim())}`, `password_file = ${text(`secrets/${id}.password`)}`] : []),
    `main = { url = ${text(url.trim())}${isUdp ? ', transport = "udp"' : ''} }`,
    '',
  ].join('\n');
}
