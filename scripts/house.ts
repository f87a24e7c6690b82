import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * npx node scripts/house.ts [field]: measures the code: files and lines, small files with a single importer, files and lines
 * of each journey in docs/architecture.md, and files that name a field of an execution, by default `lastHeartbeatAt`.
 * Generated code does not count.
 */
const [, , field = 'lastHeartbeatAt'] = process.argv;
const SMALL_LINES = 50;
const IMPORT = /(?:from|import\() ?'(\.[^']+\.ts)'/g;
const JOURNEY = /^## (Journey \d+[^\n]*)\n(.*?)(?=^## )/gms;

const GENERATED = ['packages/client/src/schema.ts', 'src/cli/operations.ts'];
const written = globSync('{src,packages/*/src}/**/*.ts').filter((file) => !GENERATED.includes(file));
const texts = new Map(written.map((file) => [file, readFileSync(file, 'utf8')]));
const linesOf = (file: string): number => (texts.get(file) ?? '').split('\n').length - 1;
const sum = (files: Iterable<string>): number => [...files].reduce((lines, file) => lines + linesOf(file), 0);

const importers = new Map<string, number>();
for (const [file, text] of texts) {
  const imported = [...text.matchAll(IMPORT)].map(([, to = '']) => path.join(path.dirname(file), to));
  for (const each of new Set(imported)) importers.set(each, (importers.get(each) ?? 0) + 1);
}
const small = [...texts.keys()].filter((file) => linesOf(file) < SMALL_LINES && importers.get(file) === 1);

const snakeCase = field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const naming = [...texts].filter(([, text]) => text.includes(field) || text.includes(snakeCase));

const journeys = [...readFileSync('docs/architecture.md', 'utf8').matchAll(JOURNEY)].map(
  ([, title = '', text = '']) => {
    const rows = text.split('\n').filter((line) => /^\| \d/.test(line));
    const files = new Set(rows.join().match(/src\/[\w/.-]+\.ts/g));
    return { what: title, files: files.size, lines: sum(files) };
  },
);

console.table([
  { what: 'src', files: texts.size, lines: sum(texts.keys()) },
  { what: `under ${SMALL_LINES} lines, with one importer`, files: small.length, lines: sum(small) },
  { what: `name ${field}`, files: naming.length, lines: sum(naming.map(([file]) => file)) },
  ...journeys,
]);
