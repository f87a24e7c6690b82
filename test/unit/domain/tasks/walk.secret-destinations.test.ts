import { expect } from 'chai';
import { z } from 'zod';
import { JobDefinition } from '../../../../src/domain/events/index.ts';
import { HTTP_TASK } from '../../../../src/domain/tasks/http/stored.ts';
import type { ClearTask as AnyClear, TaskOf } from '../../../../src/domain/tasks/kinds.ts';
import {
  destinationsOfSecret,
  movableDestination,
  resolveTask,
  secretDestinations,
  secretsNamedIn,
} from '../../../../src/domain/tasks/walk.ts';

/**
 * What each text of a job is to a secret: `destination` decides where secrets are sent, `task` and `auth` can carry a
 * secret, and `none` is never sent with parameters filled in.
 */
const FIELDS: Readonly<Record<string, 'destination' | 'task' | 'auth' | 'worker' | 'none'>> = {
  '/tenant': 'none',
  '/name': 'none',
  '/description': 'none',
  '/pattern': 'none',
  '/schedule/at': 'none',
  '/schedule/every': 'none',
  '/timezone': 'none',
  '/scheduleSince': 'none',
  '/startAt': 'none',
  '/endAt': 'none',
  '/maxLateness': 'none',
  '/deleteAfter': 'none',
  '/jitter': 'none',
  '/calendar/exclude/*': 'none',
  '/calendar/include/*': 'none',
  '/retry/backoff/initial': 'none',
  '/retry/backoff/max': 'none',
  '/retry/maxElapsed': 'none',
  '/limit': 'none',
  '/deadline': 'none',
  '/heartbeatTimeout': 'none',
  '/labels/*': 'none',
  '/retention/maxAge': 'none',
  '/createdAt': 'none',
  '/createdBy': 'none',
  '/updatedAt': 'none',
  '/updatedBy': 'none',
  '/onFailure/url': 'destination',
  '/onFailure/headers/*': 'task',
  '/onSuccess/url': 'destination',
  '/onSuccess/headers/*': 'task',
  '/taskConfig/endpoint': 'destination',
  '/taskConfig/path': 'task',
  '/taskConfig/url': 'destination',
  '/taskConfig/body': 'task',
  '/taskConfig/headers/*': 'task',
  '/taskConfig/timeout': 'none',
  '/taskConfig/auth/token': 'auth',
  '/taskConfig/auth/username': 'auth',
  '/taskConfig/auth/password': 'auth',
  '/taskConfig/auth/tokenUrl': 'destination',
  '/taskConfig/auth/clientId': 'auth',
  '/taskConfig/auth/scope': 'auth',
  '/taskConfig/auth/audience': 'auth',
  '/taskConfig/auth/clientSecret': 'auth',
  // Of a worker task.
  '/taskConfig/queue': 'worker',
  '/taskConfig/task': 'worker',
  '/taskConfig/input': 'worker',
};

const JsonSchema = z.looseObject({
  type: z.unknown().optional(),
  enum: z.unknown().optional(),
  const: z.unknown().optional(),
  get anyOf() {
    return z.array(JsonSchema).optional();
  },
  get oneOf() {
    return z.array(JsonSchema).optional();
  },
  get items() {
    return JsonSchema.optional();
  },
  get properties() {
    return z.record(z.string(), JsonSchema).optional();
  },
  get additionalProperties() {
    return z.union([JsonSchema, z.boolean()]).optional();
  },
});
type JsonSchema = z.infer<typeof JsonSchema>;

/** The places of all texts that a schema allows, fixed words left out. A value that may be sealed is a text too. */
const textsIn = (schema: JsonSchema, place = ''): string[] => {
  const { properties = {}, additionalProperties: others } = schema;
  if (schema.enum !== undefined || schema.const !== undefined) return [];
  if (schema.type === 'string' || properties.$sealed !== undefined) return [place];
  return [
    ...[...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].flatMap((each) => textsIn(each, place)),
    ...Object.entries(properties).flatMap(([name, each]) => textsIn(each, `${place}/${name}`)),
    ...(schema.items === undefined ? [] : textsIn(schema.items, `${place}/*`)),
    ...(typeof others === 'object' ? textsIn(others, `${place}/*`) : []),
  ];
};

type ClearTask = AnyClear<typeof HTTP_TASK>;

const TARGET = 'https://target.example';
const TOKEN_URL = 'https://tokens.example/token';
const METHODS: Readonly<Record<string, 'bearer' | 'basic'>> = { token: 'bearer', username: 'basic', password: 'basic' };

const authWith = (field: string | undefined, text: string): ClearTask['auth'] => {
  const method = field === undefined ? undefined : (METHODS[field] ?? 'oauth2');
  const given = { ...(field !== undefined && { [field]: text }) };
  switch (method) {
    case undefined:
      return undefined;
    case 'bearer':
      return { authMethod: method, token: '', ...given };
    case 'basic':
      return { authMethod: method, username: '', password: '', ...given };
    case 'oauth2':
      return { authMethod: method, tokenUrl: TOKEN_URL, clientId: '', clientSecret: '', ...given };
  }
};

/** A task, or a hook as it is called, that has this text in this place. */
const taskWith = (place: string, text: string): TaskOf<ClearTask, typeof HTTP_TASK> => {
  const [, , field = '', of] = place.split('/');
  const auth = field === 'auth' ? authWith(of, text) : undefined;
  const given = field === 'auth' ? {} : { [field]: of === undefined ? text : { 'X-Given': text } };
  const target = field === 'endpoint' || field === 'path' ? { endpoint: TARGET } : { url: TARGET };
  return { taskType: HTTP_TASK, taskConfig: { method: 'POST', ...target, ...(auth && { auth }), ...given } };
};

const secrets = { get: (name: string) => `secret ${name}` };
const context = { atMs: 0, timezone: 'UTC', variables: new Map<string, string>(), secrets };

describe('the destinations of secrets', () => {
  const placesOf = (...kinds: readonly string[]) =>
    Object.entries(FIELDS).flatMap(([place, kind]) => (kinds.includes(kind) ? [place] : []));

  it('are decided for every text of a job', () => {
    const schema = JsonSchema.parse(z.toJSONSchema(JobDefinition, { io: 'input', unrepresentable: 'any' }));
    expect(Object.keys(FIELDS)).to.have.members([...new Set(textsIn(schema))]);
  });

  for (const place of placesOf('destination')) {
    it(`include ${place}, which no parameter can move unnoticed`, () => {
      const moved = taskWith(place, 'https://${HOST}/');
      const pointer = `/${place.split('/').slice(2).join('/')}`;
      expect(movableDestination(moved)).to.include({ pointer, url: 'https://${HOST}/' });
      expect(movableDestination(taskWith(place, 'https://fixed.example/${HOST}'))).to.equal(undefined);
      expect(secretDestinations(moved).map((each) => each.pointer)).to.include(pointer);
    });
  }

  for (const place of placesOf('task', 'auth')) {
    it(`are known of a secret in ${place}`, () => {
      const task = taskWith(place, '${secret:KEY}');
      expect(resolveTask(task, context).secretsUsed).to.deep.equal(['secret KEY']);
      const isClient = task.taskConfig.auth?.authMethod === 'oauth2';
      const urls = destinationsOfSecret(secretsNamedIn(task).get('KEY') ?? [], task);
      expect(urls).to.have.members(isClient ? [TARGET, TOKEN_URL] : [TARGET]);
    });
  }

  for (const place of placesOf('none').filter((each) => each.startsWith('/taskConfig'))) {
    it(`are none of ${place}, which is filled in with nothing`, () => {
      expect(resolveTask(taskWith(place, '${secret:KEY}'), context).secretsUsed).to.deep.equal([]);
    });
  }
});
