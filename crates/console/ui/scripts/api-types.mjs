// Writes src/api/schema.d.ts from docs/ref/openapi.json; `--check` fails when it would change.
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const document = new URL('../../../../docs/ref/openapi.json', import.meta.url);
const target = new URL('../src/api/schema.d.ts', import.meta.url);

const types = await openapiTS(document, { alphabetize: false });
const text = `// Made from docs/ref/openapi.json by \`npm run api\`; not edited by hand.\n\n${astToString(types)}`;
if (!process.argv.includes('--check')) {
  writeFileSync(target, text);
} else if (readFileSync(target, 'utf8') !== text) {
  console.error('src/api/schema.d.ts is not what docs/ref/openapi.json says: run `npm run api` in crates/console/ui');
  process.exit(1);
}
