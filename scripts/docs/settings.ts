import { Settings } from '../../src/config/settings.ts';
import { table } from './table.ts';

/** Variables of the command line, which are no settings of a server. */
const COMMAND_LINE = [
  [
    'CARILLON_SERVER',
    'the current context, or the server that wrote `run.json`',
    'Server for the commands; with CARILLON_TOKEN. `--server` and `--context` override it.',
  ],
  [
    'CARILLON_TOKEN',
    'the token of the context or of `run.json`',
    'Token for the server in CARILLON_SERVER or `--server`. `--token` overrides it.',
  ],
  ['CARILLON_CONTEXT', 'the current context', 'Name of the context to use. CARILLON_SERVER overrides it.'],
  ['CARILLON_DATA', '`.carillon`', 'Folder of `run.json`; relative to the working folder.'],
] as const;

type Row = readonly [name: string, byDefault: string, meaning: string];

/** If a description ends with its default, the page shows that text instead of the parsed value. */
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

/** Generates docs/reference/settings.md from the descriptions of the settings. */
export const settingsDocument = (): string => `# Settings

Configure Carillon with these environment variables. An empty variable counts as unset. If a variable is invalid, Carillon does
not start and names the variable.

If neither \`DATABASE_URL\` nor \`EVENTSTORE_URL\` is set, Carillon runs in development mode on embedded parts. Otherwise these
settings are required: \`JWT_SECRET\` or \`JWT_JWKS_URL\`, \`JWT_ISSUER\`, \`JWT_AUDIENCE\`, \`PUBLIC_URL\` and \`SECRET_KEYS\`.

\`npm run docs\` generates this page from the code.

## Server

${tableOf(Object.entries(Settings.shape).map(([name, schema]) => rowOf(name, schema)))}

## Command line

${tableOf(COMMAND_LINE)}
`;
