import type { SensitiveNames } from '../../redaction/mask.ts';
import { namesOfTarget, staticOrigin } from '../../targets/index.ts';
import type { JsonValue } from '../../values.ts';
import { type Field, fieldsOf, type TaskKind } from '../kind.ts';
import { HTTP_TASK, type HttpConfig, type HttpRunTask, type HttpTask, type OAuth2Fields } from './stored.ts';

/** A configuration with its secrets in clear; only the engine has one. */
export type ClearHttpTask = HttpTask<string, JsonValue>;
/** OAuth2 client credentials, in clear text. */
export type ClearClient = OAuth2Fields & { readonly clientSecret: string };

const plain = { holds: 'text', sealed: 'never', boundTo: ['target'] } as const satisfies Field;
const secret = { ...plain, sealed: 'always' } as const satisfies Field;
/** The token URL receives the client's full credentials; the target receives the access token. */
const ofClient = { ...plain, boundTo: ['tokenUrl', 'target'] } as const satisfies Field;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters would end or break a header
const CONTROL = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;
const BREAKS_HEADER = 'the inserted value contains control characters, which a header cannot contain';

/** Sensitive query parameters of one run. */
export const QUERY_OF_RUN = { ...secret, holds: 'texts' } as const satisfies Field;

const FIELDS = fieldsOf({
  '/url': { ...plain, leadsTo: 'target' },
  '/endpoint': { ...plain, leadsTo: 'target' },
  '/path': plain,
  '/headers': {
    ...plain,
    holds: 'texts',
    sealed: 'byName',
    breaks: { by: CONTROL, part: 'header', why: BREAKS_HEADER },
  },
  '/auth/token': secret,
  '/auth/username': plain,
  '/auth/password': secret,
  '/auth/tokenUrl': { ...ofClient, leadsTo: 'tokenUrl' },
  '/auth/clientId': ofClient,
  '/auth/clientSecret': { ...ofClient, sealed: 'always' },
  '/auth/scope': ofClient,
  '/auth/audience': ofClient,
  '/body': { ...plain, holds: 'json', sealed: 'ifConfidential' },
  '/sealedQuery': QUERY_OF_RUN,
});

/** The part of a header that a target may echo: the part after the scheme, or each cookie. */
const ofHeader = (name: string, value: string): string[] =>
  name.toLowerCase() === 'cookie'
    ? value.split(';').map((pair) => pair.slice(pair.indexOf('=') + 1).trim())
    : [value.slice(value.indexOf(' ') + 1)];

/** A client's id and secret before they are base64-encoded in the header `Authorization` (RFC 6749, 2.3.1). */
export const clientCredentials = ({ clientId, clientSecret }: ClearClient): string =>
  `${formEncoded(clientId)}:${formEncoded(clientSecret)}`;

const formEncoded = (text: string): string => new URLSearchParams([['', text]]).toString().slice(1);

const ofAuth = (auth: ClearHttpTask['auth']): string[] => {
  switch (auth?.authMethod) {
    case undefined:
    case 'bearer':
      return [];
    case 'basic':
      return [`${auth.username}:${auth.password}`];
    case 'oauth2':
      return [`${auth.clientId}:${auth.clientSecret}`, clientCredentials(auth)];
  }
};

/** The fields shown in the one-line form of a request. */
type HttpLine = Pick<HttpConfig, 'method' | 'url' | 'endpoint' | 'path'>;

export const httpKind = {
  type: HTTP_TASK,
  delivery: 'called',
  fields: FIELDS,
  originOf: (url) => staticOrigin({ url }),
  target: (task: HttpRunTask) => staticOrigin(task),
  targetNames: (task: HttpRunTask) => namesOfTarget(task),
  line: ({ method, url, endpoint = '', path = '' }: HttpLine) => `${method} ${url ?? `${endpoint}${path}`}`,
  secretForms: ({ auth, headers = {} }: ClearHttpTask, names: SensitiveNames) => [
    ...ofAuth(auth),
    ...Object.entries(headers).flatMap(([name, value]) => (names.header(name) ? ofHeader(name, value) : [])),
  ],
} satisfies TaskKind<HttpRunTask, ClearHttpTask, HttpLine>;
