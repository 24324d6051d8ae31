// The policy of `require-trusted-types-for 'script'`: nothing becomes a script but our own files.
// MapLibre starts its worker from an address; no library of ours makes HTML or script from text.

interface TrustedTypesFactory {
  createPolicy(name: string, rules: Record<string, (text: string) => string>): unknown;
}

const factory = (globalThis as { trustedTypes?: TrustedTypesFactory }).trustedTypes;

factory?.createPolicy('default', {
  createScriptURL(address) {
    const url = new URL(address, location.href);
    if (url.origin === location.origin && url.pathname.startsWith('/assets/')) return url.href;
    throw new TypeError(`not a script of this console: ${url.href}`);
  },
});
