import { Settings } from '../../src/config/settings.ts';
import { table } from './table.ts';

/** What the command line reads beside the settings of a server. */
const COMMAND_LINE = [
  [
    'CARILLON_SERVER',
    'the context in use, else the server that wrote `run.json`',
    'Server that the commands talk to; with CARILLON_TOKEN. `--server` and `--context` go before it.',
  ],
  [
    'CARILLON_TOKEN',
    'the token of the context, or in `run.json`',
    'Token for the server that CARILLON_SERVER or `--server` names. `--token` goes before it.',
  ],
  [
    'CARILLON_CONTEXT',
    'the context in use',
    'Name of the server that the commands talk to. CARILLON_SERVER goes before it.',
  ],
  ['CARILLON_DATA', '`.carillon`', 'Folder of `run.json`; relative to the working folder.'],
] as const;

type Row = readonly [name: string, byDefault: string, meaning: string];

/** A description that ends with its default in words says it better than the value that it is parsed to. */
const DEFAULT_IN_WORDS = /^(.*?)\s*Default: (.*)\.$/s;

const rowOf = (name: string, schema: (typeof Settings.shape)[keyof typeof Settings.shape]): Row => {
  const description = schema.description ?? '';
  const [, meaning, inWords] = DEFAULT_IN_WORDS.exec(description) ?? [];
  if (meaning !== undefined && inWords !== undefined) return [name, inWords, meaning];
  return [name, schema.def.type === 'default' ? shown(schema.def.defaultValue) : '', description];
};

const shown = (value: unknown): string => {
  if (typeof value === 'string') return value === '' ? '' : `\`${value}\``;
  return typeof value === 'object' ? '' : `\`${String(value)}\``;
};

const tableOf = (rows: readonly Row[]): string =>
  table(
    ['variable', 'default', 'meaning'],
    rows.map(([name, ...cells]) => [`\`${name}\``, ...cells]),
  );

/** docs/reference/settings.md, made of the descriptions that the settings carry. */
export const settingsDocument = (): string => `# Settings

Every environment variable that Carillon reads. An empty one counts as unset; a wrong one ends the start with a message
that names it. Where neither \`DATABASE_URL\` nor \`EVENTSTORE_URL\` is set, it runs in development mode, on embedded parts;
else \`JWT_SECRET\` or \`JWT_JWKS_URL\`, \`JWT_ISSUER\`, \`JWT_AUDIENCE\`, \`PUBLIC_URL\` and \`SECRET_KEYS\` are needed.

This page is made by \`npm run docs\` of what the settings say of themselves.

## Of a server

${tableOf(Object.entries(Settings.shape).map(([name, schema]) => rowOf(name, schema)))}

## Of the command line

${tableOf(COMMAND_LINE)}
`;
