import type { OAuth2Fields } from '../tasks/http/stored.ts';
import type { TaskConfig } from '../tasks/stored.ts';
import type { JsonValue } from '../values.ts';
import { ParameterRejected } from './rejected.ts';
import {
  type FilledParameters,
  fillTemplate,
  nothingFilled,
  type ParameterContext,
  type ResolvedParameter,
} from './resolve.ts';
import { parseTemplate } from './template.ts';

export type ClearAuth =
  | { readonly authMethod: 'bearer'; readonly token: string }
  | { readonly authMethod: 'basic'; readonly username: string; readonly password: string }
  | ClearClient;
/** OAuth2 client credentials, in clear text. */
export type ClearClient = OAuth2Fields & { readonly clientSecret: string };

/** A task's configuration with its secrets in clear text. Only the engine has one. */
export type ClearTask = Omit<TaskConfig, 'headers' | 'auth' | 'body'> & {
  readonly headers?: Readonly<Record<string, string>>;
  readonly auth?: ClearAuth;
  readonly body?: JsonValue;
};

export type ResolvedTask = {
  readonly task: ClearTask;
  readonly resolvedParameters: ResolvedParameter[];
  /** The clear values of the secrets that were filled in. */
  readonly secretsUsed: string[];
};

const fillText = (text: string, context: ParameterContext, filled: FilledParameters): string =>
  text.includes('${') ? fillTemplate(parseTemplate(text), context, filled) : text;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these characters would end or break a header
const BREAKS_HEADER = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f]/;

const fillHeaders = (headers: Readonly<Record<string, string>>, context: ParameterContext, filled: FilledParameters) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, template]) => {
      const value = fillText(template, context, filled);
      if (value !== template && BREAKS_HEADER.test(value)) {
        throw new ParameterRejected(
          `header ${name}`,
          'the value that is filled in has control characters, which would break the header',
        );
      }
      return [name, value];
    }),
  );

const fillJson = (value: JsonValue, context: ParameterContext, filled: FilledParameters): JsonValue => {
  if (typeof value === 'string') return fillText(value, context, filled);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => fillJson(item, context, filled));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillJson(item, context, filled)]));
};

const fillAuth = (auth: ClearAuth, context: ParameterContext, filled: FilledParameters): ClearAuth => {
  switch (auth.authMethod) {
    case 'bearer':
      return { ...auth, token: fillText(auth.token, context, filled) };
    case 'basic':
      return {
        ...auth,
        username: fillText(auth.username, context, filled),
        password: fillText(auth.password, context, filled),
      };
    case 'oauth2':
      return {
        ...auth,
        tokenUrl: fillText(auth.tokenUrl, context, filled),
        clientId: fillText(auth.clientId, context, filled),
        clientSecret: fillText(auth.clientSecret, context, filled),
        ...(auth.scope !== undefined && { scope: fillText(auth.scope, context, filled) }),
        ...(auth.audience !== undefined && { audience: fillText(auth.audience, context, filled) }),
      };
  }
};

/**
 * Fills in a task for one instant: endpoint, path and url, the values of headers, auth, and every string of the body
 * but its keys. Values are put into a URL without escaping. The URL that results is judged as a target before the call.
 * @throws ParameterRejected
 */
export const resolveTask = (task: ClearTask, context: ParameterContext): ResolvedTask => {
  const filled = nothingFilled();
  const { endpoint, path, url, headers, auth, body } = task;
  const resolved: ClearTask = {
    ...task,
    ...(endpoint !== undefined && { endpoint: fillText(endpoint, context, filled) }),
    ...(path !== undefined && { path: fillText(path, context, filled) }),
    ...(url !== undefined && { url: fillText(url, context, filled) }),
    ...(headers !== undefined && { headers: fillHeaders(headers, context, filled) }),
    ...(auth !== undefined && { auth: fillAuth(auth, context, filled) }),
    ...(body !== undefined && { body: fillJson(body, context, filled) }),
  };
  return { task: resolved, resolvedParameters: [...filled.resolved.values()], secretsUsed: [...filled.secrets] };
};
